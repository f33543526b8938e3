// What sampling costs at its defaults, on 8 fake GPUs and a fake CPU with DRAM. `core_percent` is
// the share of one core that the step takes at 20 reads a second; RunMeter runs the
// agent's own meter for 3 s and show the processor time of all its threads.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <benchmark/benchmark.h>

#include "agent/energy/open_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "agent/power/sampler.h"
#include "common/check/check.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

constexpr double kReadsPerSecond = 20;

class FakeHost {
 public:
  FakeHost() {
    for (int i = 0; i < 8; ++i) {
      devices.push_back("GPU-" + std::to_string(i));
      script_.Line("gpu " + devices.back() + " NVIDIA H200").Line("power 0 100");
    }
    for (int i = 0; i < 2; ++i) {
      const std::string zone = "intel-rapl:" + std::to_string(i);
      tree_.AddZone(zone, "package-" + std::to_string(i), 1'000, 262'143'328'850);
      tree_.AddZone(zone + ":0", "dram", 1'000, 65'712'999'613);
    }
    config.paths.nvml_library = testing::FakeNvmlLibrary();
    config.paths.sysfs_root = tree_.sysfs_root();
  }

  PowerConfig config;
  std::vector<std::string> devices;

 private:
  testing::FakeNvmlScript script_;
  testing::SysfsTree tree_;
};

void ShowCoreShare(benchmark::State& state) {
  state.counters["core_percent"] = benchmark::Counter(
      1 / (100 * kReadsPerSecond),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void PollSource(benchmark::State& state, const std::string& name) {
  const FakeHost host;
  const SystemClock clock;
  auto source = OpenPowerSource({name, {}}, host.config.paths);
  WF_CHECK(source.ok());
  Sampler sampler(*std::move(source), clock);
  for (auto _ : state) {
    sampler.PollOnce();
  }
  ShowCoreShare(state);
}
BENCHMARK_CAPTURE(PollSource, nvml_8_gpus, "nvml");
BENCHMARK_CAPTURE(PollSource, rapl_4_zones, "rapl");

void RunMeter(benchmark::State& state, std::uint64_t requests) {
  const FakeHost host;
  const SystemClock clock;
  const auto meter = OpenEnergyMeter(host.config, {}, clock);
  WF_CHECK(meter.ok());
  ThreadTaskRunner runner("driver", clock);
  for (auto _ : state) {
    std::unique_ptr<EnergyAccount> account;
    if (requests > 0) {
      runner.Post([&] {
        account = (*meter)->OpenAccount(host.devices, runner);
        for (std::uint64_t i = 0; i < requests; ++i) {
          account->RequestStarted(i, clock.MonotonicNow());
        }
      });
    }
    absl::Notification never;
    never.WaitForNotificationWithTimeout(absl::Seconds(3));
    absl::Notification closed;
    runner.Post([&] {
      account.reset();
      closed.Notify();
    });
    closed.WaitForNotification();
  }
}
BENCHMARK_CAPTURE(RunMeter, idle, 0)->Iterations(1)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(RunMeter, with_8_requests, 8)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace wattfleet::agent

BENCHMARK_MAIN();
