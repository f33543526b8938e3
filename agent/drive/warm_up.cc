#include "agent/drive/warm_up.h"

#include <algorithm>

namespace wattfleet::agent {

namespace {

// Longer without work, and clocks and silicon have cooled down.
constexpr std::chrono::minutes kCold{1};

}  // namespace

void WarmUp::Begin() {
  sent_ = 0;
  has_settled_ = false;
  first_.reset();
  last_.reset();
}

Flags WarmUp::OnSend(MonotonicTime now, bool is_steady) {
  if (last_ && now - *last_ > kCold) {
    Begin();
  }
  first_ = first_.value_or(now);
  last_ = now;
  has_settled_ = has_settled_ || is_steady || now - *first_ >= options_.steady;
  const bool is_early = sent_ < options_.requests || now - *first_ < options_.time || !has_settled_;
  sent_ = std::min(sent_ + 1, options_.requests);
  return is_early ? kFlagWarmup : 0;
}

}  // namespace wattfleet::agent
