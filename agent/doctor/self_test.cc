#include "agent/doctor/self_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace wattfleet::agent {

namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds kWindow(1);
constexpr std::size_t kLeastWindows = 3;

// The windows of each channel in one phase; those without measured time are left out.
using Windows = std::vector<std::vector<double>>;

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The square of the standard error of the mean.
double MeanVariance(std::span<const double> values) {
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  const auto n = static_cast<double>(values.size());
  return squares / (n - 1) / n;
}

std::optional<double> MeanIfAny(std::span<const double> values) {
  return values.empty() ? std::nullopt : std::optional(Mean(values));
}

// False when `wait` ended it early.
bool WatchPhase(LivePower& power, const Wait& wait, const SelfTestOptions& options,
                Windows& windows) {
  windows.assign(power.channel_count(), {});
  if (!wait(options.settle)) {
    return false;
  }
  power.Look();
  for (auto left = options.phase; left.count() > 0; left -= kWindow) {
    if (!wait(kWindow)) {
      return false;
    }
    const std::vector<ChannelPower> seen = power.Look();
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i].watts) {
        windows[i].push_back(*seen[i].watts);
      }
    }
  }
  return true;
}

bool Reaches(const LoadTrial& load, const ChannelSpec& spec) {
  const std::vector<std::string>& devices = load.reach.device_ids;
  const bool same_device =
      devices.empty() || spec.device_id.empty() ||
      std::find(devices.begin(), devices.end(), spec.device_id) != devices.end();
  return load.failure.empty() && same_device && (RowOf(spec.scope).parts & load.reach.parts) != 0;
}

bool IsTooSlow(const ChannelSpec& spec, const SelfTestOptions& options) {
  constexpr int kUpdatesPerPhase = 3;
  return kUpdatesPerPhase * std::max(spec.update_period, spec.window) > nanoseconds(options.phase);
}

Reaction Judge(const ChannelSpec& spec, const SelfTest& test, const SelfTestOptions& options,
               std::span<const double> idle, std::span<const double> load) {
  if (std::none_of(test.loads.begin(), test.loads.end(),
                   [&](const LoadTrial& made) { return Reaches(made, spec); })) {
    return Reaction::kNotLoaded;
  }
  if (IsTooSlow(spec, options)) {
    return Reaction::kTooSlow;
  }
  if (idle.size() < kLeastWindows || load.size() < kLeastWindows) {
    return Reaction::kSilent;
  }
  return StandsOut(idle, load) ? Reaction::kTellsLoadFromIdle : Reaction::kDoesNotReact;
}

}  // namespace

std::string ReactionName(Reaction reaction) {
  switch (reaction) {
    case Reaction::kTellsLoadFromIdle:
      return "tells load from idle";
    case Reaction::kDoesNotReact:
      return "does not react";
    case Reaction::kSilent:
      return "stands still, or brings no reading";
    case Reaction::kNotLoaded:
      return "not tested: no load could be made";
    case Reaction::kTooSlow:
      return "not tested: changes too seldom";
  }
  return "";
}

bool StandsOut(std::span<const double> idle_watts, std::span<const double> load_watts) {
  constexpr double kLeastRise = 0.02;
  constexpr double kStandardErrors = 3;
  const double rise = Mean(load_watts) - Mean(idle_watts);
  const double error = std::sqrt(MeanVariance(idle_watts) + MeanVariance(load_watts));
  return rise > kLeastRise * Mean(idle_watts) && rise > kStandardErrors * error;
}

SelfTest RunSelfTest(LivePower& power, const std::vector<std::unique_ptr<Load>>& loads,
                     const Wait& wait, const SelfTestOptions& options) {
  SelfTest test;
  Windows idle;
  Windows loaded;
  test.was_stopped = !WatchPhase(power, wait, options, idle);
  if (test.was_stopped) {
    return test;
  }
  for (const std::unique_ptr<Load>& load : loads) {
    const absl::Status started = load->Start();
    test.loads.push_back({load->reach(), std::string(started.message())});
  }
  test.was_stopped = !WatchPhase(power, wait, options, loaded);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const absl::Status stopped = loads[i]->Stop();
    if (test.loads[i].failure.empty()) {
      test.loads[i].failure = std::string(stopped.message());
    }
  }
  for (std::size_t i = 0; i < power.channel_count() && !test.was_stopped; ++i) {
    const ChannelSpec& spec = power.spec(i);
    if (IsSensorScope(spec.scope)) {
      test.channels.push_back({.channel = i,
                               .idle_watts = MeanIfAny(idle[i]),
                               .load_watts = MeanIfAny(loaded[i]),
                               .reaction = Judge(spec, test, options, idle[i], loaded[i])});
    }
  }
  return test;
}

}  // namespace wattfleet::agent
