#include "agent/monitor/telemetry.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"

namespace wattfleet::agent {

namespace {

using energy::TelemetryReading;

// The first of these that is measured is the machine's main rail.
constexpr Scope kMainScopes[] = {Scope::kAccelerator,  Scope::kSocGpu, Scope::kSocCompute,
                                 Scope::kSystemOnChip, Scope::kModule, Scope::kCpuPackage};

std::string PlatformOf(const SourceChannel& channel) {
  switch (channel.spec.scope) {
    case Scope::kSocGpu:
    case Scope::kSocCompute:
    case Scope::kSystemOnChip:
      return "macos";
    case Scope::kCpuPackage:
      return "rapl";
    case Scope::kModule:
      return channel.source == "nvml" ? "nvidia" : "jetson";
    default:
      return absl::StartsWith(channel.source, "amd") || absl::StartsWith(channel.source, "rocm")
                 ? "amd"
                 : "nvidia";
  }
}

std::string VendorOf(const std::string& platform) {
  if (platform == "amd") {
    return "AMD";
  }
  if (platform == "macos") {
    return "Apple";
  }
  return platform == "nvidia" || platform == "jetson" ? "NVIDIA" : "";
}

void SetMissing(TelemetryReading& reading) {
  reading.set_temperature_celsius(-1);
  reading.set_gpu_memory_usage_mb(-1);
  reading.set_cpu_memory_usage_mb(-1);
  reading.set_gpu_compute_utilization_pct(-1);
  reading.set_gpu_memory_bandwidth_utilization_pct(-1);
  reading.set_gpu_tensor_core_utilization_pct(-1);
  reading.set_gpu_memory_total_mb(-1);
}

}  // namespace

Telemetry::Telemetry(const std::vector<SourceChannel>& channels, MonitoredHost host) {
  for (const Scope scope : kMainScopes) {
    main_ = MakeRail(channels, scope);
    if (!main_.empty()) {
      break;
    }
  }
  cpu_ = MakeRail(channels, Scope::kCpuPackage);
  if (cpu_.empty()) {
    cpu_ = MakeRail(channels, Scope::kSocCpu);
  }
  neural_engine_ = MakeRail(channels, Scope::kSocNeuralEngine);
  SetMissing(blank_);
  energy::SystemInfo& system = *blank_.mutable_system_info();
  system.set_os_name(std::move(host.os_name));
  system.set_kernel_version(std::move(host.kernel_version));
  system.set_host_name(std::move(host.host_name));
  system.set_cpu_brand(std::move(host.cpu_brand));
  system.set_cpu_count(host.cpu_count);
  if (!main_.empty()) {
    const SourceChannel& first = channels[main_.front().channel];
    platform_ = PlatformOf(first);
    energy::GpuInfo& gpu = *blank_.mutable_gpu_info();
    gpu.set_name(std::move(host.accelerators));
    gpu.set_vendor(VendorOf(platform_));
    gpu.set_device_type(platform_ == "rapl" ? "cpu" : "gpu");
    gpu.set_backend(first.source);
  }
  blank_.set_platform(platform_);
}

Telemetry::Rail Telemetry::MakeRail(const std::vector<SourceChannel>& channels, Scope scope) {
  constexpr std::chrono::nanoseconds kStale = std::chrono::seconds(5);
  Rail rail;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const ChannelSpec& spec = channels[i].spec;
    const bool is_same_source =
        rail.empty() || channels[rail.front().channel].source == channels[i].source;
    if (spec.scope == scope && is_same_source) {
      const auto stale = std::max(kStale, 3 * spec.update_period + spec.window);
      rail.push_back({.channel = i, .stale_ns = stale.count(), .last = {}, .watts = -1});
    }
  }
  return rail;
}

Telemetry::Numbers Telemetry::Sum(Rail& rail, std::span<const ChannelTotal> totals,
                                  std::int64_t now_ns) {
  if (rail.empty()) {
    return {};
  }
  Numbers sum{0, 0};
  bool is_whole = true;
  for (Part& part : rail) {
    const ChannelTotal& total = totals[part.channel];
    const std::int64_t measured_ns = total.measured_ns - part.last.measured_ns;
    if (measured_ns > 0) {
      part.watts = static_cast<double>(total.energy - part.last.energy) * 1e3 /
                   static_cast<double>(measured_ns);
      part.last = total;
    }
    is_whole = is_whole && total.is_measured && now_ns - total.until_ns < part.stale_ns;
    sum.watts += part.watts;
    sum.joules += static_cast<double>(total.energy) * 1e-6;
  }
  return is_whole ? sum : Numbers{};
}

TelemetryReading Telemetry::Next(std::span<const ChannelTotal> totals, MonotonicTime now,
                                 WallTime wall) {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const std::int64_t now_ns = duration_cast<nanoseconds>(now.time_since_epoch()).count();
  TelemetryReading reading = blank_;
  reading.set_timestamp_nanos(duration_cast<nanoseconds>(wall.time_since_epoch()).count());
  const Numbers main = Sum(main_, totals, now_ns);
  reading.set_power_watts(main.watts);
  reading.set_energy_joules(main.joules);
  const Numbers cpu = Sum(cpu_, totals, now_ns);
  reading.set_cpu_power_watts(cpu.watts);
  reading.set_cpu_energy_joules(cpu.joules);
  const Numbers neural_engine = Sum(neural_engine_, totals, now_ns);
  reading.set_ane_power_watts(neural_engine.watts);
  reading.set_ane_energy_joules(neural_engine.joules);
  return reading;
}

}  // namespace wattfleet::agent
