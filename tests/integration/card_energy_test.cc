// From the kernel's values of a graphics card to the energy of a request, in simulated time:
// figures equal the closed form of what the card drew.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SimWorld;
using testing::SysfsTree;

struct CardKind {
  std::string name;
  std::string driver;
  std::string file;
  bool is_counter = false;
};

// A card whose driver tells its power, or its energy, anew every 10 ms.
class SimulatedCard {
 public:
  explicit SimulatedCard(const CardKind& kind) : kind_(kind) {
    tree_.Write(hwmon_ + "name", kind.driver + "\n");
    tree_.Write(device_ + "uevent", "PCI_SLOT_NAME=0000:03:00.0\n");
    tree_.Write(device_ + "power/runtime_status", "active\n");
    Step();
    PowerConfig config;
    config.automatic = false;
    config.paths.sysfs_root = tree_.sysfs_root();
    config.sources = {{kind.driver == "amdgpu" ? "amdgpu" : "intel_gpu", {}}};
    auto sources = OpenPowerSources(config);
    EXPECT_THAT(sources, testing::IsOk());
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (auto& source : *sources) {
      samplers.push_back(std::make_unique<Sampler>(std::move(source), world));
      Poll(*samplers.back());
    }
    meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), world);
  }

  // The energy of one request of `span` at `watts_then`, after a baseline at idle.
  ChannelEnergy Measure(double watts_then, milliseconds span, const std::string& status) {
    world.RunFor(seconds(1));
    meter->MeasureBaseline({"0000:03:00.0"}, world, [] {});
    world.RunFor(seconds(60));
    const auto account = meter->OpenAccount({"0000:03:00.0"}, world);
    world.RunFor(milliseconds(1'037));
    std::vector<ChannelEnergy> energies;
    account->RequestStarted(1, world.MonotonicNow());
    watts = watts_then;
    tree_.Write(device_ + "power/runtime_status", status);
    world.RunFor(span);
    watts = kIdleWatts;
    tree_.Write(device_ + "power/runtime_status", "active\n");
    account->RequestEnded(1, world.MonotonicNow(), RequestFate::kCounted,
                          [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
    world.RunFor(seconds(6));
    EXPECT_EQ(energies.size(), 1U);
    EXPECT_TRUE(account->Close()[0].Balances());
    return energies.empty() ? ChannelEnergy{} : energies[0];
  }

  static constexpr double kIdleWatts = 20;

  SimWorld world;
  std::unique_ptr<SampledEnergyMeter> meter;
  double watts = kIdleWatts;

 private:
  void Poll(Sampler& sampler) {
    sampler.PollOnce();
    world.PostAfter(sampler.source().poll_period(), [this, &sampler] { Poll(sampler); });
  }
  void Step() {
    joules_ += watts * 0.01;
    const double value = kind_.is_counter ? joules_ * 1e6 : watts * 1e6;
    tree_.Write(hwmon_ + kind_.file, std::to_string(std::llround(value)) + "\n");
    world.PostAfter(milliseconds(10), [this] { Step(); });
  }

  const CardKind kind_;
  SysfsTree tree_;
  const std::string device_ = tree_.sysfs_root() + "/class/drm/card0/device/";
  const std::string hwmon_ = device_ + "hwmon/hwmon2/";
  double joules_ = 1'000;
};

class CardEnergyTest : public ::testing::TestWithParam<CardKind> {};

TEST_P(CardEnergyTest, ARequestCostsWhatTheCardDrewMeanwhile) {
  SimulatedCard card(GetParam());
  const ChannelEnergy energy = card.Measure(250, milliseconds(5'000), "active\n");

  ASSERT_EQ(energy.status, EnergyStatus::kMeasured);
  const double u = static_cast<double>(*energy.random) * 1e-6;
  EXPECT_LT(u, 0.05 * 250 * 5);
  EXPECT_NEAR(static_cast<double>(*energy.gross) * 1e-6, 250 * 5, 2 * u);
  ASSERT_TRUE(energy.net.has_value());
  EXPECT_NEAR(static_cast<double>(*energy.net) * 1e-6, 230 * 5, 2 * u);
}

TEST_P(CardEnergyTest, ARequestWhileTheCardSleptHasNoEnergy) {
  SimulatedCard card(GetParam());
  const ChannelEnergy energy = card.Measure(0, milliseconds(5'000), "suspended\n");

  EXPECT_NE(energy.status, EnergyStatus::kMeasured);
  EXPECT_EQ(energy.gross, std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    CardEnergy, CardEnergyTest,
    ::testing::Values(CardKind{"AmdgpuPower", "amdgpu", "power1_input", false},
                      CardKind{"AmdgpuMeanPower", "amdgpu", "power1_average", false},
                      CardKind{"AmdgpuEnergy", "amdgpu", "energy1_input", true},
                      CardKind{"IntelEnergy", "xe", "energy1_input", true}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace wattfleet::agent
