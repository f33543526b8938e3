#include "agent/power/amd_smi/amd_gpu_energy.h"

#include <chrono>
#include <cmath>

namespace wattfleet::agent {

double AmdGpuEnergy::Joules(std::uint64_t count) const {
  return static_cast<double>(count) * static_cast<double>(unit_.numerator) /
         static_cast<double>(unit_.denominator) * 1e-6;
}

void AmdGpuEnergy::Forget() {
  last_count_.reset();
  last_watts_.reset();
  trial_.Restart();
  watch_.Restart();
}

ChannelValue AmdGpuEnergy::Add(const AmdGpuSample& sample) {
  ChannelValue value;
  if (sample.is_lost) {
    Forget();
    value.fault = ReadFault::kLost;
    return value;
  }
  if (trial_.verdict() == CounterTrial::Verdict::kAccepted) {
    Advance(sample, value);
    if (sample.count && sample.watts) {
      watch_.Add(sample.at, Joules(*sample.count), *sample.watts);
    }
    value.flags |= watch_.is_suspect() ? kFlagCounterSuspect : 0;
  } else {
    value.fault = AddPower(sample);
    if (sample.count && sample.watts) {
      trial_.Add(sample.at, Joules(*sample.count), *sample.watts);
    }
    value.flags |= kFlagPowerIntegrated;
    last_count_ = sample.count;
  }
  value.raw = total_;
  return value;
}

ReadFault AmdGpuEnergy::AddPower(const AmdGpuSample& sample) {
  constexpr std::chrono::seconds kLongestStep(1);
  if (!sample.watts) {
    return ReadFault::kUnavailable;
  }
  const auto step = sample.at - last_power_;
  const bool follows = last_watts_ && step <= kLongestStep;
  const bool is_gap = last_watts_ && step > kLongestStep;
  if (follows) {
    const double seconds = std::chrono::duration<double>(step).count();
    const double joules = (*last_watts_ + *sample.watts) / 2 * seconds;
    const double counts = joules / Joules(1) + fraction_;
    total_ += static_cast<std::uint64_t>(counts);
    fraction_ = counts - std::floor(counts);
  }
  last_power_ = sample.at;
  last_watts_ = sample.watts;
  return is_gap ? ReadFault::kLost : ReadFault::kNone;
}

void AmdGpuEnergy::Advance(const AmdGpuSample& sample, ChannelValue& value) {
  if (!sample.count) {
    return;
  }
  value.fault = ReadFault::kNone;
  constexpr std::uint64_t kShortModulus = 1ULL << 32;
  const std::uint64_t last = last_count_.value_or(*sample.count);
  last_count_ = sample.count;
  if (*sample.count >= last) {
    total_ += *sample.count - last;
  } else if (is_short_ && last < kShortModulus) {
    total_ += kShortModulus - last + *sample.count;
  } else {
    value.flags |= kFlagCounterReset;
    total_ = 0;
  }
}

}  // namespace wattfleet::agent
