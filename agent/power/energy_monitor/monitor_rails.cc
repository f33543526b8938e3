#include "agent/power/energy_monitor/monitor_rails.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "agent/power/network_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using energy::TelemetryReading;

// One in the last place of what a monitor counts: a microjoule, or a microwatt.
constexpr double kPerRaw = 1e-6;

struct Numbers {
  double watts;
  double joules;
};

Numbers NumbersOf(const TelemetryReading& reading, MonitorRail rail) {
  switch (rail) {
    case MonitorRail::kMain:
      return {reading.power_watts(), reading.energy_joules()};
    case MonitorRail::kCpu:
      return {reading.cpu_power_watts(), reading.cpu_energy_joules()};
    case MonitorRail::kNeuralEngine:
      return {reading.ane_power_watts(), reading.ane_energy_joules()};
  }
  return {-1, -1};
}

absl::StatusOr<Scope> ScopeOfMain(const std::string& platform, bool is_newer) {
  if (platform == "nvidia" || platform == "amd") {
    return Scope::kAccelerator;
  }
  if (platform == "jetson") {
    return Scope::kModule;
  }
  if (platform == "rapl") {
    return Scope::kCpuPackage;
  }
  if (platform == "macos" && is_newer) {
    return Scope::kSocGpu;
  }
  return absl::FailedPreconditionError(
      platform == "macos"
          ? "an older monitor on a Mac may mean CPU, GPU and neural engine, or the GPU alone: say "
            "which with scope: soc-compute or scope: soc-gpu"
          : absl::StrFormat("nobody knows what the platform \"%s\" covers: say it with scope",
                            platform));
}

Scope ScopeOfCpu(const std::string& platform) {
  return platform == "macos" ? Scope::kSocCpu : Scope::kCpuPackage;
}

bool Overlap(Scope a, Scope b) {
  return (RowOf(a).parts & RowOf(b).parts) != 0;
}

}  // namespace

const char* NameOf(MonitorRail rail) {
  switch (rail) {
    case MonitorRail::kMain:
      return "main";
    case MonitorRail::kCpu:
      return "cpu";
    case MonitorRail::kNeuralEngine:
      return "neural-engine";
  }
  return "";
}

bool KnowsNewerFields(std::span<const TelemetryReading> readings) {
  return std::any_of(readings.begin(), readings.end(), [](const TelemetryReading& r) {
    const double newer[] = {r.cpu_power_watts(),
                            r.cpu_energy_joules(),
                            r.ane_power_watts(),
                            r.ane_energy_joules(),
                            r.gpu_compute_utilization_pct(),
                            r.gpu_memory_bandwidth_utilization_pct(),
                            r.gpu_tensor_core_utilization_pct(),
                            r.gpu_memory_total_mb()};
    return std::any_of(std::begin(newer), std::end(newer), [](double x) { return x != 0; });
  });
}

absl::StatusOr<std::vector<MonitorChannel>> FindMonitorChannels(
    std::span<const TelemetryReading> readings, std::optional<Scope> main_scope) {
  if (readings.empty()) {
    return absl::UnavailableError("the monitor says nothing");
  }
  const TelemetryReading& first = readings.front();
  if (first.platform() == "null") {
    return absl::FailedPreconditionError("the monitor has no collector: it measures nothing");
  }
  const bool is_newer = KnowsNewerFields(readings);
  std::vector<MonitorChannel> channels;
  const auto add = [&](MonitorRail rail, Scope scope) {
    for (const bool is_energy : {true, false}) {
      const MonitorChannel channel{rail, is_energy, scope};
      if (ValueOf(first, channel).fault == ReadFault::kNone) {
        channels.push_back(channel);
        return;
      }
    }
  };
  Scope scope = main_scope.value_or(Scope::kAccelerator);
  if (!main_scope) {
    WF_ASSIGN_OR_RETURN(scope, ScopeOfMain(first.platform(), is_newer));
  }
  add(MonitorRail::kMain, scope);
  if (is_newer && !Overlap(scope, ScopeOfCpu(first.platform()))) {
    add(MonitorRail::kCpu, ScopeOfCpu(first.platform()));
  }
  if (is_newer && !Overlap(scope, Scope::kSocNeuralEngine)) {
    add(MonitorRail::kNeuralEngine, Scope::kSocNeuralEngine);
  }
  if (channels.empty()) {
    return absl::UnavailableError("the monitor says neither energy nor power");
  }
  return channels;
}

ChannelValue ValueOf(const TelemetryReading& reading, const MonitorChannel& channel) {
  const Numbers numbers = NumbersOf(reading, channel.rail);
  return RawReading(channel.is_energy ? numbers.joules : numbers.watts, kPerRaw);
}

}  // namespace wattfleet::agent
