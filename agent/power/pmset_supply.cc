#include "agent/power/pmset_supply.h"

#include <cstddef>
#include <utility>

#include <unistd.h>

namespace wattfleet::agent {

namespace {

constexpr std::chrono::seconds kAskEvery{2};
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kGood{10};

}  // namespace

std::optional<SupplyState> ParsePmset(std::string_view output) {
  constexpr std::string_view kSays = "Now drawing from '";
  const std::size_t at = output.find(kSays);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  output.remove_prefix(at + kSays.size());
  const std::string_view source = output.substr(0, output.find('\''));
  if (source == "AC Power" || source == "UPS Power") {
    return SupplyState::kMains;
  }
  return source == "Battery Power" ? std::optional(SupplyState::kBattery) : std::nullopt;
}

std::unique_ptr<PmsetSupply> PmsetSupply::Open(const std::string& program, const Clock& clock) {
  if (access(program.c_str(), X_OK) != 0) {
    return nullptr;
  }
  return std::unique_ptr<PmsetSupply>(new PmsetSupply(program, clock));
}

std::optional<SupplyState> PmsetSupply::Read() {
  absl::MutexLock lock(&mutex_);
  return ReadLocked();
}

std::optional<SupplyState> PmsetSupply::Await(std::chrono::milliseconds span) {
  absl::MutexLock lock(&mutex_);
  ReadLocked();
  if (asked_ != nullptr) {
    asked_->WaitForExit(span);
  }
  return ReadLocked();
}

void PmsetSupply::TakeAnswer(MonotonicTime now) {
  if (asked_->exit()) {
    if (const auto answer = ParsePmset(asked_->OutputTail())) {
      answer_ = answer;
      answered_at_ = now;
    }
    asked_.reset();
  } else if (now - *asked_at_ >= kPatience) {
    asked_.reset();
  }
}

std::optional<SupplyState> PmsetSupply::ReadLocked() {
  const MonotonicTime now = clock_.MonotonicNow();
  if (asked_ != nullptr) {
    TakeAnswer(now);
  }
  if (asked_ == nullptr && (!asked_at_ || now - *asked_at_ >= kAskEvery)) {
    asked_at_ = now;
    ProcessSpec spec;
    spec.argv = {program_, "-g", "batt"};
    auto process = launcher_.Launch(spec);
    asked_ = process.ok() ? *std::move(process) : nullptr;
  }
  return answer_ && now - answered_at_ < kGood ? answer_ : std::nullopt;
}

}  // namespace wattfleet::agent
