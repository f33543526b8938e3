// From a fake sensor to the energy of requests, with the production sources, samplers, reducers and
// books: figures equal the closed form of what the fake drew.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <gtest/gtest.h>

#include "agent/energy/open_energy_meter.h"
#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_amd_script.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeAmdScript;
using testing::FakeGpuScript;
using testing::FakeNvmlScript;
using testing::SimWorld;
using testing::SysfsTree;

double Joules(const std::optional<Microjoules>& energy) {
  return energy ? static_cast<double>(*energy) * 1e-6 : std::nan("");
}

// A GPU that idles at 60 W and draws 400 W from 2.5 s to 4 s of its script.
FakeGpuScript& BusyFor1500Ms(FakeGpuScript& script, const std::string& gpu, MonotonicTime zero) {
  script.Line("gpu " + gpu).Zero(zero);
  script.Line("power 0 60").Line("power 2.5 400").Line("power 4 60");
  return script;
}

MeterOptions QuickBaseline() {
  MeterOptions options;
  options.baseline.settle = milliseconds(300);
  options.baseline.span = milliseconds(1'500);
  options.baseline.window = milliseconds(300);
  return options;
}

// A meter over the fake GPU, with threads of its own, and the runner of a driver.
class RealTimeMachine {
 public:
  explicit RealTimeMachine(MonotonicTime zero) : zero_(zero), runner_("driver", clock_) {}

  void Open(const MeterOptions& options) {
    PowerConfig config;
    config.paths.nvml_library = testing::FakeNvmlLibrary();
    config.paths.amd_smi_library = testing::FakeAmdSmiLibrary();
    config.paths.sysfs_root = "/nowhere";
    auto sources = OpenPowerSources(config);
    ASSERT_THAT(sources, testing::IsOk());
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (auto& source : *sources) {
      samplers.push_back(std::make_unique<Sampler>(std::move(source), clock_));
    }
    meter_ = std::make_unique<SampledEnergyMeter>(std::move(samplers), clock_, options);
    meter_->Start();
  }
  // Runs `task` on the runner that many seconds after zero, and waits for it.
  void At(double s, const std::function<void()>& task) {
    absl::Notification done;
    runner_.PostAfter(Moment(s) - clock_.MonotonicNow(), [&] {
      task();
      done.Notify();
    });
    EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(30)));
  }
  MonotonicTime Moment(double s) const {
    return zero_ +
           std::chrono::duration_cast<MonotonicTime::duration>(std::chrono::duration<double>(s));
  }

  SampledEnergyMeter& meter() { return *meter_; }
  TaskRunner& runner() { return runner_; }

 private:
  const MonotonicTime zero_;
  SystemClock clock_;
  std::unique_ptr<SampledEnergyMeter> meter_;
  ThreadTaskRunner runner_;
};

// What a request from 2.5 s to 4 s on `device` was given, after a baseline at idle.
struct Outcome {
  std::vector<ChannelEnergy> energies;
  std::vector<LedgerEntry> ledger;
};

Outcome MeasureBusyRequest(RealTimeMachine& machine, const std::string& device) {
  absl::Notification baseline;
  absl::Notification settled;
  Outcome outcome;
  std::unique_ptr<EnergyAccount> account;
  machine.At(0.1, [&] {
    machine.meter().MeasureBaseline({device}, machine.runner(), [&] { baseline.Notify(); });
  });
  EXPECT_TRUE(baseline.WaitForNotificationWithTimeout(absl::Seconds(30)));
  machine.At(2.3, [&] { account = machine.meter().OpenAccount({device}, machine.runner()); });
  machine.At(2.5, [&] { account->RequestStarted(1, machine.Moment(2.5)); });
  machine.At(4.0, [&] {
    account->RequestEnded(1, machine.Moment(4.0), RequestFate::kCounted,
                          [&](std::vector<ChannelEnergy> e) {
                            outcome.energies = std::move(e);
                            settled.Notify();
                          });
  });
  EXPECT_TRUE(settled.WaitForNotificationWithTimeout(absl::Seconds(30)));
  machine.At(4.4, [&] {
    outcome.ledger = account->Close();
    account.reset();
  });
  return outcome;
}

void ExpectClosedForm(const Outcome& outcome) {
  ASSERT_EQ(outcome.energies.size(), 1U);
  const ChannelEnergy& energy = outcome.energies[0];
  EXPECT_EQ(energy.status, EnergyStatus::kMeasured);
  const double u = Joules(energy.random);
  EXPECT_LT(u, 20);
  EXPECT_NEAR(Joules(energy.gross), 1.5 * 400, 3 * u);
  EXPECT_NEAR(Joules(energy.net), 1.5 * 340, 3 * u);
  EXPECT_GE(energy.samples, 10);
  ASSERT_EQ(outcome.ledger.size(), 1U);
  EXPECT_TRUE(outcome.ledger[0].Balances());
  EXPECT_EQ(outcome.ledger[0].attributed, energy.gross);
  EXPECT_NEAR(static_cast<double>(outcome.ledger[0].baseline_uw.value_or(0)) * 1e-6, 60, 6);
}

TEST(EnergyEndToEndTest, ARequestOnAGpuCostsWhatTheGpuDrewMeanwhile) {
  const MonotonicTime zero = SystemClock().MonotonicNow() + milliseconds(100);
  FakeNvmlScript script;
  BusyFor1500Ms(script, "GPU-aa NVIDIA H200", zero);
  RealTimeMachine machine(zero);
  machine.Open(QuickBaseline());

  ExpectClosedForm(MeasureBusyRequest(machine, "GPU-aa"));
}

class AmdGpuEndToEndTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AmdGpuEndToEndTest, ARequestCostsWhatTheGpuDrewMeanwhile) {
  const MonotonicTime zero = SystemClock().MonotonicNow() + milliseconds(100);
  FakeAmdScript script;
  BusyFor1500Ms(script, "0000:c3:00.0 AMD Instinct MI300X", zero).Line(GetParam());
  RealTimeMachine machine(zero);
  machine.Open(QuickBaseline());

  const Outcome outcome = MeasureBusyRequest(machine, "0000:c3:00.0");
  ExpectClosedForm(outcome);
  EXPECT_EQ((outcome.energies[0].flags & kFlagPowerIntegrated) != 0, GetParam()[0] == 'f');
}

// With a counter that is accepted before the request, and without one that can be tried: by power.
INSTANTIATE_TEST_SUITE_P(EnergyEndToEnd, AmdGpuEndToEndTest,
                         ::testing::Values("resolution 15.3", "fail energy 2 1 1000"),
                         [](const auto& line) {
                           return line.param[0] == 'r' ? "ByItsCounter" : "ByItsPower";
                         });

struct Fault {
  std::string name;
  std::string line;  // of the fake's script
  Flags flag;
};

class FaultyGpuTest : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyGpuTest, GivesAFlagAndNoNumber) {
  const MonotonicTime zero = SystemClock().MonotonicNow() + milliseconds(100);
  FakeNvmlScript script;
  BusyFor1500Ms(script, "GPU-aa NVIDIA H200", zero).Line(GetParam().line);
  RealTimeMachine machine(zero);
  MeterOptions options;
  options.account.settle_deadline = milliseconds(500);
  machine.Open(options);
  absl::Notification settled;
  std::vector<ChannelEnergy> energies;
  std::unique_ptr<EnergyAccount> account;

  machine.At(0.3, [&] { account = machine.meter().OpenAccount({"GPU-aa"}, machine.runner()); });
  machine.At(0.5, [&] { account->RequestStarted(1, machine.Moment(0.5)); });
  machine.At(1.4, [&] {
    account->RequestEnded(1, machine.Moment(1.4), RequestFate::kCounted,
                          [&](std::vector<ChannelEnergy> e) {
                            energies = std::move(e);
                            settled.Notify();
                          });
  });
  ASSERT_TRUE(settled.WaitForNotificationWithTimeout(absl::Seconds(30)));
  LedgerEntry ledger;
  machine.At(1.5, [&] {
    ledger = account->Close()[0];
    account.reset();
  });

  EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
  EXPECT_EQ(energies[0].gross, std::nullopt);
  EXPECT_EQ(energies[0].net, std::nullopt);
  EXPECT_NE(energies[0].flags & GetParam().flag, 0U);
  EXPECT_EQ(ledger.attributed, 0);
  EXPECT_TRUE(ledger.Balances());
}

INSTANTIATE_TEST_SUITE_P(
    EnergyEndToEnd, FaultyGpuTest,
    ::testing::Values(Fault{"Lost", "fail all 15 0.9 1000", kFlagChannelLost},
                      Fault{"CounterRestarts", "restart_s 0.9", kFlagCounterReset},
                      Fault{"CounterFrozen", "update_s 1000", kFlagCounterStalled},
                      Fault{"Silent", "fail all 999 0.9 1000", kFlagNoPostroll},
                      Fault{"Partitioned", "mig", kFlagMigShared}),
    [](const auto& fault) { return fault.param.name; });

TEST(EnergyEndToEndTest, TheAgentsOwnMeterFindsTheSensorsByItself) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 60");
  const SystemClock clock;
  PowerConfig config;
  config.paths.nvml_library = testing::FakeNvmlLibrary();
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 262'143'328'850);
  config.paths.sysfs_root = tree.sysfs_root();
  WF_ASSERT_OK_AND_ASSIGN(const auto meter, OpenEnergyMeter(config, {}, clock));

  EXPECT_EQ(meter->ChannelNames(),
            (std::vector<std::string>{"nvml/GPU-aa/energy", "rapl/package-0"}));
  EXPECT_TRUE(meter->HasMeasuredChannel({"GPU-aa"}));
  config.paths.nvml_library = "/nowhere/libnvidia-ml.so";
  config.paths.sysfs_root = "/nowhere";
  WF_ASSERT_OK_AND_ASSIGN(const auto blind, OpenEnergyMeter(config, {}, clock));
  EXPECT_FALSE(blind->HasMeasuredChannel({"GPU-aa"}));
}

// A CPU package and a model of it, read from a fake tree that moves in simulated time.
class SimulatedHost {
 public:
  SimulatedHost() {
    tree_.AddZone("intel-rapl:0", "package-0", kStart, kMaxRange);
    tree_.SetBusyTicks(0);
    PowerConfig config;
    config.paths.nvml_library = "/nowhere/libnvidia-ml.so";
    config.paths.sysfs_root = tree_.sysfs_root();
    config.paths.proc_root = tree_.proc_root();
    config.sources = {{"modelled", {{"watts_per_busy_core", "8"}}}};
    auto sources = OpenPowerSources(config);
    EXPECT_THAT(sources, testing::IsOk());
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (auto& source : *sources) {
      samplers.push_back(std::make_unique<Sampler>(std::move(source), world));
      Poll(*samplers.back());
    }
    meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), world);
    Step();
  }

  SimWorld world;
  std::unique_ptr<SampledEnergyMeter> meter;
  double watts = 30;
  double busy_cores = 0;
  bool has_wrapped = false;

 private:
  static constexpr std::uint64_t kMaxRange = 262'143'328'850;
  // The counter wraps 2,000 J after the start: 62 s at idle and a second of work.
  static constexpr std::uint64_t kStart = kMaxRange - 2'000'000'000;

  void Poll(Sampler& sampler) {
    sampler.PollOnce();
    world.PostAfter(sampler.source().poll_period(), [this, &sampler] { Poll(sampler); });
  }
  void Step() {
    constexpr double kStepSeconds = 0.01;
    joules_ += watts * kStepSeconds;
    busy_seconds_ += busy_cores * kStepSeconds;
    const auto uj = static_cast<std::uint64_t>(joules_ * 1e6) + kStart;
    has_wrapped = uj > kMaxRange;
    tree_.SetEnergy("intel-rapl:0", uj % (kMaxRange + 1));
    tree_.SetBusyTicks(static_cast<std::uint64_t>(std::lround(busy_seconds_ * 100)));
    world.PostAfter(milliseconds(10), [this] { Step(); });
  }

  SysfsTree tree_;
  double joules_ = 0;
  double busy_seconds_ = 0;
};

TEST(EnergyEndToEndTest, ACpuCounterThatWrapsIsFollowedAndAModelStaysAModel) {
  SimulatedHost host;
  bool has_baseline = false;
  host.world.RunFor(seconds(1));
  host.meter->MeasureBaseline({}, host.world, [&has_baseline] { has_baseline = true; });
  host.world.RunFor(seconds(60));
  ASSERT_TRUE(has_baseline);
  const auto account = host.meter->OpenAccount({}, host.world);
  host.world.RunFor(seconds(1));

  ASSERT_FALSE(host.has_wrapped);
  host.watts = 110;
  host.busy_cores = 2;
  account->RequestStarted(1, host.world.MonotonicNow());
  host.world.RunFor(seconds(3));
  ASSERT_TRUE(host.has_wrapped);
  host.watts = 30;
  host.busy_cores = 0;
  std::vector<ChannelEnergy> energies;
  account->RequestEnded(1, host.world.MonotonicNow(), RequestFate::kCounted,
                        [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
  host.world.RunFor(seconds(1));

  ASSERT_EQ(energies.size(), 2U);
  const std::size_t model = account->channels()[0].source == "modelled" ? 0 : 1;
  EXPECT_EQ(energies[model].status, EnergyStatus::kModelled);
  EXPECT_NEAR(Joules(energies[model].gross), 2 * 8 * 3, 3 * Joules(energies[model].random));
  EXPECT_EQ(energies[1 - model].status, EnergyStatus::kMeasured);
  EXPECT_NEAR(Joules(energies[1 - model].gross), 110 * 3, 2 * Joules(energies[1 - model].random));
  EXPECT_NEAR(Joules(energies[1 - model].net), 80 * 3, 2 * Joules(energies[1 - model].random));
  for (const LedgerEntry& entry : account->Close()) {
    EXPECT_TRUE(entry.Balances());
  }
}

}  // namespace
}  // namespace wattfleet::agent
