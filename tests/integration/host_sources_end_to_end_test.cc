// From the sensors of Macs, Jetson boards and laptops to the energy of requests, with the
// production sources, samplers, reducers and books: figures equal the closed form of what the fakes
// drew.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <gtest/gtest.h>

#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/ioreport/ioreport_power_source.h"
#include "agent/power/open_power_source.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_powermetrics.h"
#include "tests/support/scripted_energy_model.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakePowermetrics;
using testing::ScriptedEnergyModel;
using testing::SimWorld;
using testing::SysfsTree;

double Joules(const std::optional<Microjoules>& energy) {
  return energy ? static_cast<double>(*energy) * 1e-6 : std::nan("");
}

// A machine in simulated time whose parts draw constant watts, changed by hand.
class SimulatedMachine {
 public:
  void Open(std::vector<std::unique_ptr<PowerSource>> sources, SamplerOptions options = {}) {
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (auto& source : sources) {
      samplers.push_back(std::make_unique<Sampler>(std::move(source), world, options));
      Poll(*samplers.back());
    }
    meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), world);
  }
  // Waits for idle power, then makes one request during which `busy` holds, and what comes of it.
  std::vector<ChannelEnergy> Ask(const std::map<std::string, double>& idle,
                                 const std::map<std::string, double>& busy, milliseconds duration) {
    Set(idle);
    bool has_baseline = false;
    meter->MeasureBaseline({}, world, [&has_baseline] { has_baseline = true; });
    world.RunFor(seconds(130));
    EXPECT_TRUE(has_baseline);
    account = meter->OpenAccount({}, world);
    world.RunFor(milliseconds(5'017));
    Set(busy);
    account->RequestStarted(1, world.MonotonicNow());
    world.RunFor(duration);
    Set(idle);
    std::vector<ChannelEnergy> energies;
    account->RequestEnded(1, world.MonotonicNow(), RequestFate::kCounted,
                          [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
    world.RunFor(seconds(61));
    for (const LedgerEntry& entry : account->Close()) {
      EXPECT_TRUE(entry.Balances());
    }
    return energies;
  }
  double JoulesOf(const std::string& part) {
    Advance();
    return joules_[part];
  }
  const ChannelFacts& FactsOf(std::size_t channel) const { return account->channels()[channel]; }

  SimWorld world;
  std::map<std::string, double> watts;
  std::unique_ptr<SampledEnergyMeter> meter;
  std::unique_ptr<EnergyAccount> account;
  std::function<void()> on_change = [] {};

 private:
  void Poll(Sampler& sampler) {
    sampler.PollOnce();
    world.PostAfter(sampler.source().poll_period(), [this, &sampler] { Poll(sampler); });
  }
  void Set(const std::map<std::string, double>& to) {
    Advance();
    watts = to;
    on_change();
  }
  void Advance() {
    const MonotonicTime now = world.MonotonicNow();
    for (const auto& [part, w] : watts) {
      joules_[part] += w * std::chrono::duration<double>(now - last_).count();
    }
    last_ = now;
  }

  MonotonicTime last_{};
  std::map<std::string, double> joules_;
};

void ExpectClosedForm(const ChannelEnergy& energy, double idle, double busy, double s) {
  const double u = Joules(energy.random);
  EXPECT_EQ(energy.status, EnergyStatus::kMeasured) << "flags " << energy.flags;
  EXPECT_LT(u, 0.15 * busy * s + 0.01);
  EXPECT_NEAR(Joules(energy.gross), busy * s, 3 * u);
  EXPECT_NEAR(Joules(energy.net), (busy - idle) * s, 3 * u);
}

using Entries = std::vector<EnergyModelEntry>;

std::unique_ptr<PowerSource> AppleChip(ScriptedEnergyModel::Script script) {
  auto source = IoReportPowerSource::OpenOn(
      {"ioreport", {}}, std::make_unique<ScriptedEnergyModel>(std::move(script)));
  EXPECT_THAT(source, testing::IsOk());
  return *std::move(source);
}

const std::map<std::string, double> kIdleChip = {
    {"cpu0", 0.5}, {"cpu1", 0.25}, {"gpu", 0.06}, {"ane", 0}, {"dram", 0.4}};
const std::map<std::string, double> kBusyChip = {
    {"cpu0", 6}, {"cpu1", 3}, {"gpu", 55}, {"ane", 0}, {"dram", 9}};

TEST(IoReportEndToEndTest, AnUltrasFiguresAreTheSumsOfItsDies) {
  SimulatedMachine machine;
  machine.watts = kIdleChip;
  std::vector<std::unique_ptr<PowerSource>> sources;
  sources.push_back(AppleChip([&machine](Entries& out) {
    const auto count = [&machine](const char* part, double per_joule) {
      return static_cast<std::int64_t>(machine.JoulesOf(part) * per_joule);
    };
    out = {{"DIE_0_CPU Energy", "mJ", count("cpu0", 1e3) + 149'863'636},
           {"DIE_1_CPU Energy", "mJ", count("cpu1", 1e3) + 63'132'475},
           {"DIE_0_PACC0_CPU", "mJ", count("cpu0", 1e3)},
           {"GPU Energy", "nJ", count("gpu", 1e9)},
           {"GPU0_0", "mJ", count("gpu", 1e3)},
           {"ANE0_0", "mJ", 17},
           {"DRAM0_0", "mJ", count("dram", 0.5e3)},
           {"DRAM0_1", "mJ", count("dram", 0.5e3)}};
    return absl::OkStatus();
  }));
  machine.Open(std::move(sources));

  const auto energies = machine.Ask(kIdleChip, kBusyChip, milliseconds(3'030));

  ASSERT_EQ(energies.size(), 4U);
  EXPECT_EQ(machine.FactsOf(0).name, "ioreport/cpu");
  ExpectClosedForm(energies[0], 0.75, 9, 3.03);
  ExpectClosedForm(energies[1], 0.06, 55, 3.03);
  EXPECT_EQ(machine.FactsOf(2).scope, Scope::kSocNeuralEngine);
  EXPECT_EQ(energies[2].status, EnergyStatus::kMeasured);
  EXPECT_EQ(energies[2].gross, 0);  // switched off, and counted
  ExpectClosedForm(energies[3], 0.4, 9, 3.03);
}

TEST(IoReportEndToEndTest, CountersThatComeInBatchesAreFollowed) {
  SimulatedMachine machine;
  machine.watts = kIdleChip;
  std::int64_t published = 0;
  MonotonicTime next{};
  std::vector<std::unique_ptr<PowerSource>> sources;
  sources.push_back(AppleChip([&](Entries& out) {
    if (machine.world.MonotonicNow() >= next) {
      next = machine.world.MonotonicNow() + milliseconds(2'100);
      published = static_cast<std::int64_t>(machine.JoulesOf("cpu0") * 1e3);
    }
    out = {{"CPU Energy", "mJ", published}};
    return absl::OkStatus();
  }));
  machine.Open(std::move(sources));

  const auto energies = machine.Ask(kIdleChip, kBusyChip, milliseconds(30'000));

  ExpectClosedForm(energies[0], 0.5, 6, 30);
}

TEST(IoReportEndToEndTest, ACounterThatNeverComesHasNoFigure) {
  SimulatedMachine machine;
  std::vector<std::unique_ptr<PowerSource>> sources;
  sources.push_back(AppleChip([](Entries& out) {
    out = {{"CPU Energy", "mJ", 0}};
    return absl::OkStatus();
  }));
  machine.Open(std::move(sources));

  const auto energies = machine.Ask({}, {}, milliseconds(3'000));

  EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
  EXPECT_EQ(energies[0].gross, std::nullopt);
  EXPECT_NE(energies[0].flags & kFlagCounterStalled, 0U);
}

// Files below /sys that follow the machine's watts.
class SysfsMachine : public SimulatedMachine {
 public:
  void Write(const std::string& path, const std::string& text) {
    tree.Write(absl::StrCat(tree.sysfs_root(), "/", path), text + "\n");
  }
  void OpenSources(const std::vector<SourceRequest>& requests, SamplerOptions options = {}) {
    PowerConfig config;
    config.automatic = false;
    config.paths.sysfs_root = tree.sysfs_root();
    config.paths.proc_root = tree.proc_root();
    config.sources = requests;
    auto sources = OpenPowerSources(config);
    ASSERT_THAT(sources, testing::IsOk());
    Open(*std::move(sources), std::move(options));
  }
  // Widths are constant, as a rewrite must not change a file's length.
  void WriteBoard() {
    Write(kMonitor + "in1_input", "05000");
    Write(kMonitor + "curr1_input",
          absl::StrCat(100'000 + static_cast<int>(std::lround(watts["board"] * 200))).substr(1));
  }

  const std::string kMonitor = "bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3/";
  SysfsTree tree;
};

TEST(JetsonEndToEndTest, ABoardsFigureIsItsVoltageTimesItsCurrent) {
  SysfsMachine machine;
  machine.watts["board"] = 7;
  machine.on_change = [&machine] { machine.WriteBoard(); };
  machine.WriteBoard();
  machine.Write(machine.kMonitor + "in1_label", "VDD_IN");
  machine.Write(machine.kMonitor + "update_interval", "2");
  machine.OpenSources({{"jetson", {}}});

  const auto energies = machine.Ask({{"board", 7}}, {{"board", 31}}, milliseconds(3'030));

  EXPECT_EQ(machine.FactsOf(0).scope, Scope::kNode);
  ExpectClosedForm(energies[0], 7, 31, 3.03);
}

TEST(JetsonEndToEndTest, AMonitorWithoutANumberLeavesAGapAndNoFigure) {
  SysfsMachine machine;
  machine.watts["board"] = 7;
  machine.on_change = [&machine] {
    machine.watts["board"] > 7 ? machine.Write(machine.kMonitor + "curr1_input", "gone")
                               : machine.WriteBoard();
  };
  machine.WriteBoard();
  machine.Write(machine.kMonitor + "in1_label", "VDD_IN");
  machine.OpenSources({{"jetson", {}}});

  const auto energies = machine.Ask({{"board", 7}}, {{"board", 31}}, milliseconds(3'030));

  EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
  EXPECT_EQ(energies[0].gross, std::nullopt);
  EXPECT_NE(energies[0].flags & kFlagGap, 0U);
}

TEST(BatteryEndToEndTest, AMinuteOnBatteryHasAFigureAndASecondHasNone) {
  for (const auto duration : {milliseconds(90'000), milliseconds(5'000)}) {
    SysfsMachine machine;
    const std::string battery = "class/power_supply/BAT0/";
    machine.watts["laptop"] = 6;
    // The mean of the last 6 s, anew each second.
    std::vector<double> seconds_ago(7, 0);
    std::function<void()> tick = [&] {
      seconds_ago.erase(seconds_ago.begin());
      seconds_ago.push_back(machine.JoulesOf("laptop"));
      const double mean = (seconds_ago.back() - seconds_ago.front()) / 6;
      machine.Write(battery + "power_now",
                    absl::StrCat(100'000'000 + std::lround(mean * 1e6)).substr(1));
      machine.world.PostAfter(seconds(1), tick);
    };
    tick();
    machine.Write("class/power_supply/AC/type", "Mains");
    machine.Write("class/power_supply/AC/online", "0");
    machine.Write(battery + "type", "Battery");
    machine.Write(battery + "status", "Discharging");
    SamplerOptions options;
    options.supply = [watcher = std::make_shared<SupplyWatcher>(machine.tree.sysfs_root())] {
      return watcher->Read();
    };
    machine.OpenSources({{"battery", {}}}, options);

    const auto energies = machine.Ask({{"laptop", 6}}, {{"laptop", 40}}, duration);

    EXPECT_NE(energies[0].flags & kFlagOnBattery, 0U);
    if (duration > seconds(60)) {
      ExpectClosedForm(energies[0], 6, 40, 90);
    } else {
      EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
      EXPECT_EQ(energies[0].gross, std::nullopt);
    }
  }
}

TEST(SupplyEndToEndTest, AChangeToBatteryDuringARequestLeavesItWithoutAFigure) {
  SysfsMachine machine;
  machine.watts["board"] = 7;
  machine.WriteBoard();
  machine.Write(machine.kMonitor + "in1_label", "VDD_IN");
  machine.Write("class/power_supply/AC/type", "Mains");
  machine.Write("class/power_supply/AC/online", "1");
  machine.Write("class/power_supply/BAT0/type", "Battery");
  machine.on_change = [&machine] {
    machine.Write("class/power_supply/AC/online", machine.watts["board"] > 7 ? "0" : "1");
  };
  SamplerOptions options;
  options.supply = [watcher = std::make_shared<SupplyWatcher>(machine.tree.sysfs_root())] {
    return watcher->Read();
  };
  machine.OpenSources({{"jetson", {}}}, options);

  const auto energies = machine.Ask({{"board", 7}}, {{"board", 8}}, milliseconds(3'030));

  EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
  EXPECT_EQ(energies[0].gross, std::nullopt);
  EXPECT_NE(energies[0].flags & kFlagPowerSourceChanged, 0U);
  EXPECT_NE(energies[0].flags & kFlagOnBattery, 0U);
}

// The child process runs at real pace.
class PowermetricsMachine {
 public:
  explicit PowermetricsMachine(const FakePowermetrics& fake) : runner_("driver", clock_) {
    auto source = OpenPowerSource({"powermetrics",
                                   {{"program", fake.path()},
                                    {"sudo", "none"},
                                    {"interval_ms", "100"},
                                    {"patience_ms", "60000"}}},
                                  {});
    EXPECT_THAT(source, testing::IsOk());
    std::vector<std::unique_ptr<Sampler>> samplers;
    samplers.push_back(std::make_unique<Sampler>(*std::move(source), clock_));
    MeterOptions options;
    options.baseline.settle = milliseconds(100);
    options.baseline.span = milliseconds(1'200);
    options.baseline.window = milliseconds(300);
    meter_ = std::make_unique<SampledEnergyMeter>(std::move(samplers), clock_, options);
    meter_->Start();
  }
  void At(MonotonicTime moment, const std::function<void()>& task) {
    absl::Notification done;
    runner_.PostAfter(moment - clock_.MonotonicNow(), [&] {
      task();
      done.Notify();
    });
    EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(30)));
  }
  SampledEnergyMeter& meter() { return *meter_; }
  TaskRunner& runner() { return runner_; }

 private:
  SystemClock clock_;
  std::unique_ptr<SampledEnergyMeter> meter_;
  ThreadTaskRunner runner_;
};

// One request from 4 s to 5.5 s after the script's beginning.
ChannelEnergy AskPowermetrics(FakePowermetrics& fake) {
  const MonotonicTime zero = SystemClock().MonotonicNow();
  const auto moment = [zero](int ms) { return zero + milliseconds(ms); };
  fake.Zero(zero).Line("power 0 4").Line("power 4 44").Line("power 5.5 4");
  PowermetricsMachine machine(fake);
  absl::Notification baseline;
  absl::Notification settled;
  ChannelEnergy energy;
  std::unique_ptr<EnergyAccount> account;
  machine.At(moment(2'000), [&] {
    machine.meter().MeasureBaseline({}, machine.runner(), [&] { baseline.Notify(); });
  });
  EXPECT_TRUE(baseline.WaitForNotificationWithTimeout(absl::Seconds(30)));
  machine.At(moment(3'900), [&] { account = machine.meter().OpenAccount({}, machine.runner()); });
  machine.At(moment(4'000), [&] { account->RequestStarted(1, moment(4'000)); });
  machine.At(moment(5'500), [&] {
    account->RequestEnded(1, moment(5'500), RequestFate::kCounted,
                          [&](std::vector<ChannelEnergy> e) {
                            energy = e.at(0);
                            settled.Notify();
                          });
  });
  EXPECT_TRUE(settled.WaitForNotificationWithTimeout(absl::Seconds(30)));
  machine.At(moment(5'600), [&] {
    EXPECT_TRUE(account->Close().at(0).Balances());
    account.reset();
  });
  return energy;
}

TEST(PowermetricsEndToEndTest, AReportsEnergyBecomesThatOfTheRequestsInIt) {
  FakePowermetrics fake;
  const ChannelEnergy energy = AskPowermetrics(fake);

  ExpectClosedForm(energy, 4, 44, 1.5);
}

TEST(PowermetricsEndToEndTest, AProgramThatEndsLeavesTheRequestWithoutAFigure) {
  FakePowermetrics fake;
  fake.Line("reports 45");  // until 4.5 s, or somewhat later

  const ChannelEnergy energy = AskPowermetrics(fake);

  EXPECT_EQ(energy.status, EnergyStatus::kInvalid);
  EXPECT_EQ(energy.gross, std::nullopt);
  EXPECT_NE(energy.flags & kFlagChannelLost, 0U);
}

}  // namespace
}  // namespace wattfleet::agent
