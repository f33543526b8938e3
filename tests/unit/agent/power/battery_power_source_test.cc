#include "agent/power/battery/battery_power_source.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

class Laptop {
 public:
  void Supply(const std::string& file, const std::string& text) {
    tree.Write(tree.sysfs_root() + "/class/power_supply/" + file, text + "\n");
  }
  void OnBattery() {
    Supply("AC/type", "Mains");
    Supply("AC/online", "0");
    Supply("BAT0/type", "Battery");
    Supply("BAT0/status", "Discharging");
    Supply("BAT0/power_now", "12500000");
    Supply("mouse/type", "Battery");
    Supply("mouse/scope", "Device");
    Supply("mouse/status", "Discharging");
  }
  absl::StatusOr<std::unique_ptr<PowerSource>> Open() const {
    PowerPaths paths;
    paths.sysfs_root = tree.sysfs_root();
    return BatteryPowerSource::Open({"battery", {}}, paths);
  }

  SysfsTree tree;
};

ChannelValue ReadOne(PowerSource& source) {
  std::vector<ChannelValue> values(1);
  source.Read(values);
  return values[0];
}

TEST(BatteryPowerSourceTest, TellsTheWholeMachinesPowerWhileItDischarges) {
  Laptop laptop;
  laptop.OnBattery();
  WF_ASSERT_OK_AND_ASSIGN(const auto source, laptop.Open());

  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.scope, Scope::kNode);
  EXPECT_EQ(spec.kind, SampleKind::kPowerAverage);
  EXPECT_EQ(10 * spec.window, std::chrono::minutes(1));  // the least that has a figure
  EXPECT_THAT(spec.facts_json, HasSubstr("untested on hardware"));
  EXPECT_EQ(ReadOne(*source).raw, 12'500'000U);
}

TEST(BatteryPowerSourceTest, MultipliesCurrentAndVoltageOfAnySign) {
  Laptop laptop;
  laptop.OnBattery();
  laptop.tree.Remove(laptop.tree.sysfs_root() + "/class/power_supply/BAT0/power_now");
  laptop.Supply("BAT0/current_now", "-1500000");
  laptop.Supply("BAT0/voltage_now", "12000000");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, laptop.Open());

  EXPECT_EQ(ReadOne(*source).raw, 18'000'000U);
}

TEST(BatteryPowerSourceTest, AddsBatteriesAndNeedsAllOfThem) {
  Laptop laptop;
  laptop.OnBattery();
  laptop.Supply("BAT1/type", "Battery");
  laptop.Supply("BAT1/status", "Discharging");
  laptop.Supply("BAT1/power_now", "500000");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, laptop.Open());
  EXPECT_EQ(ReadOne(*source).raw, 13'000'000U);

  laptop.Supply("BAT1/status", "Not charging");

  EXPECT_EQ(ReadOne(*source).fault, ReadFault::kUnavailable);
}

TEST(BatteryPowerSourceTest, HasNoValueOnMainsNorWithoutANumber) {
  Laptop laptop;
  laptop.OnBattery();
  WF_ASSERT_OK_AND_ASSIGN(const auto source, laptop.Open());

  laptop.Supply("AC/online", "1");
  EXPECT_EQ(ReadOne(*source).fault, ReadFault::kUnavailable);
  laptop.Supply("AC/online", "0");
  for (const char* text : {"", "0", "x", "99999999999999999999"}) {
    laptop.Supply("BAT0/power_now", text);
    EXPECT_EQ(ReadOne(*source).fault, ReadFault::kUnavailable) << text;
  }
  laptop.Supply("BAT0/power_now", "1");
  EXPECT_EQ(ReadOne(*source).fault, ReadFault::kNone);
}

TEST(BatteryPowerSourceTest, SaysWhyThereIsNone) {
  Laptop laptop;
  EXPECT_THAT(laptop.Open(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no battery")));
  laptop.Supply("BAT0/type", "Battery");
  laptop.Supply("BAT0/status", "Full");
  EXPECT_THAT(laptop.Open(), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("no power")));
}

TEST(SupplyWatcherTest, FollowsMainsAndBattery) {
  Laptop laptop;
  EXPECT_FALSE(SupplyWatcher(laptop.tree.sysfs_root()).is_able());
  EXPECT_EQ(SupplyWatcher(laptop.tree.sysfs_root()).Read(), std::nullopt);
  laptop.OnBattery();
  laptop.Supply("ucsi-source-psy-1/type", "USB");
  laptop.Supply("ucsi-source-psy-1/online", "0");
  const SupplyWatcher watcher(laptop.tree.sysfs_root());

  EXPECT_EQ(watcher.Read(), SupplyState::kBattery);
  laptop.Supply("ucsi-source-psy-1/online", "1");
  EXPECT_EQ(watcher.Read(), SupplyState::kMains);
  laptop.Supply("ucsi-source-psy-1/online", "?");
  EXPECT_EQ(watcher.Read(), std::nullopt);
}

TEST(SupplyWatcherTest, BatteriesAloneTellByWhetherOneDischarges) {
  Laptop laptop;
  laptop.Supply("BAT0/type", "Battery");
  laptop.Supply("BAT0/status", "Charging");
  laptop.Supply("BAT1/type", "Battery");
  laptop.Supply("BAT1/status", "Full");
  const SupplyWatcher watcher(laptop.tree.sysfs_root());

  EXPECT_EQ(watcher.Read(), SupplyState::kMains);
  laptop.Supply("BAT1/status", "Discharging");
  EXPECT_EQ(watcher.Read(), SupplyState::kBattery);
}

TEST(SupplyWatcherTest, AMachineWithoutABatteryOfItsOwnRunsOnMains) {
  Laptop laptop;
  laptop.Supply("AC/type", "Mains");
  laptop.Supply("AC/online", "0");

  EXPECT_EQ(SupplyWatcher(laptop.tree.sysfs_root()).Read(), SupplyState::kMains);
}

}  // namespace
}  // namespace wattfleet::agent
