#include "agent/power/asked_source.h"

#include <utility>

#include "agent/power/network_options.h"

namespace wattfleet::agent {

AskedSource::AskedSource(std::string name, ChannelSpec spec, std::chrono::nanoseconds poll_period,
                         Question question)
    : name_(std::move(name)),
      specs_({std::move(spec)}),
      poll_period_(poll_period),
      question_(std::move(question)) {}

void AskedSource::Read(std::span<ChannelValue> values) {
  values[0] = ChannelValue{};
  if (breaker_.LeavesOut()) {
    return;
  }
  const absl::StatusOr<double> value = question_.ask();
  if (!value.ok()) {
    breaker_.Failed(absl::IsUnauthenticated(value.status()));
    return;
  }
  breaker_.Succeeded();
  values[0] = RawReading(*value, question_.per_raw);
}

}  // namespace wattfleet::agent
