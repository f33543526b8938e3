// Why AMD's data-centre cards are held back, from the table that their kernel driver gives.
#include "agent/power/amd_metrics.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/power/amd_smi/amd_smi_power_source.h"
#include "tests/support/fake_amd_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using testing::FakeAmdScript;
using testing::SysfsTree;

// A table of form 1.`revision` as the kernel's kgd_pp_interface.h lays it out.
std::string Table(int revision, const AmdResidencies& counts) {
  const std::size_t size = revision == 6 ? 1'664 : 2'208;
  std::string table(size, '\xff');
  table[0] = static_cast<char>(size & 0xff);
  table[1] = static_cast<char>(size >> 8);
  table[2] = 1;
  table[3] = static_cast<char>(revision);
  std::size_t at = revision == 6 ? 32 : 40;
  for (const std::uint32_t count : {counts.cycles, counts.prochot, counts.power, counts.socket_heat,
                                    counts.regulator_heat, counts.memory_heat}) {
    for (int byte = 0; byte < 4; ++byte) {
      table[at++] = static_cast<char>(count >> (8 * byte) & 0xff);
    }
  }
  return table;
}

constexpr AmdResidencies kCounts{.cycles = 100'000,
                                 .prochot = 1,
                                 .power = 2,
                                 .socket_heat = 3,
                                 .regulator_heat = 4,
                                 .memory_heat = 5};

TEST(AmdMetricsTest, ReadsResidenciesWhereTheFormHasThem) {
  for (const int revision : {6, 7, 8}) {
    EXPECT_EQ(ResidenciesOf(Table(revision, kCounts)), kCounts) << revision;
    EXPECT_EQ(ThrottleFlagsOf(Table(revision, kCounts)), std::nullopt) << revision;
  }
}

TEST(AmdMetricsTest, AnotherFormIsUnknownAndNotUnthrottled) {
  // Whose word of throttling the driver leaves 0.
  for (const int revision : {3, 4, 5, 9}) {
    EXPECT_EQ(ResidenciesOf(Table(revision, kCounts)), std::nullopt) << revision;
  }
  std::string apu = Table(6, kCounts);
  apu[2] = 2;
  EXPECT_EQ(ResidenciesOf(apu), std::nullopt);
  EXPECT_EQ(ResidenciesOf(Table(6, kCounts).substr(0, 55)), std::nullopt) << "cut short";
  EXPECT_EQ(ResidenciesOf(""), std::nullopt);
  AmdResidencies absent = kCounts;
  absent.cycles = ~0U;
  EXPECT_EQ(ResidenciesOf(Table(7, absent)), std::nullopt);
}

TEST(AmdMetricsTest, MoreThanAHundredthOfTheCyclesIsHeldBack) {
  AmdResidencies after = kCounts;
  EXPECT_EQ(ThrottleFlagsBetween(kCounts, after), std::nullopt) << "nothing new";
  after.cycles += 1'000;
  EXPECT_EQ(ThrottleFlagsBetween(kCounts, after), Flags{0});
  after.power += 10;
  EXPECT_EQ(ThrottleFlagsBetween(kCounts, after), Flags{0}) << "a hundredth";
  after.power += 1;
  EXPECT_EQ(ThrottleFlagsBetween(kCounts, after), kFlagPowerCapped);
  for (std::uint32_t AmdResidencies::*heat :
       {&AmdResidencies::prochot, &AmdResidencies::socket_heat, &AmdResidencies::regulator_heat,
        &AmdResidencies::memory_heat}) {
    AmdResidencies hot = kCounts;
    hot.cycles += 1'000;
    hot.*heat += 500;
    EXPECT_EQ(ThrottleFlagsBetween(kCounts, hot), kFlagThermalThrottled);
  }
}

TEST(AmdMetricsTest, CountsWrapAndWhatIsNotToldRaisesNothing) {
  AmdResidencies before = kCounts;
  before.cycles = ~0U - 99;
  before.socket_heat = ~0U - 9;
  AmdResidencies after = before;
  after.cycles += 1'000;
  after.socket_heat += 500;
  EXPECT_EQ(ThrottleFlagsBetween(before, after), kFlagThermalThrottled);
  before.memory_heat = after.memory_heat = ~0U;
  after.socket_heat = before.socket_heat;
  EXPECT_EQ(ThrottleFlagsBetween(before, after), Flags{0});
  after.memory_heat = 7;
  EXPECT_EQ(ThrottleFlagsBetween(before, after), Flags{0}) << "told from now on";
  after.power -= 1;
  EXPECT_EQ(ThrottleFlagsBetween(before, after), Flags{0}) << "the driver began anew";
}

// An MI300X of the fake library with its card in a tree like /sys.
class AmdSmiThrottleTest : public ::testing::Test {
 protected:
  AmdSmiThrottleTest() {
    script_.Line("gpu 0000:c3:00.0 AMD Instinct MI300X").Line("power 0 140");
    script_.Line("gpu 0000:c4:00.0 AMD Instinct MI300X").Line("power 0 140");
    Write("hwmon/hwmon3/name", "amdgpu\n");
    Write("hwmon/hwmon3/temp2_input", "48000\n");
    Write("uevent", "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:c3:00.0\n");
  }
  void Write(const std::string& file, const std::string& text) {
    tree_.Write(tree_.sysfs_root() + "/class/drm/card1/device/" + file, text);
  }
  std::unique_ptr<PowerSource> Open(const std::string& library) {
    PowerPaths paths;
    paths.amd_smi_library = library;
    paths.rocm_smi_library = testing::FakeRocmSmiLibrary();
    paths.sysfs_root = tree_.sysfs_root();
    auto source = AmdSmiPowerSource::Open({"amd_smi", {}}, paths);
    EXPECT_THAT(source, testing::IsOk());
    return *std::move(source);
  }
  std::vector<ChannelValue> Read(PowerSource& source) {
    std::vector<ChannelValue> values(source.channels().size());
    do {  // after a second in which this machine did something else there is none
      source.Read(values);
    } while (values[0].fault == ReadFault::kLost);
    return values;
  }
  std::string WayOf(const PowerSource& source, std::size_t channel) {
    return nlohmann::json::parse(source.channels()[channel].facts_json)["throttle_by"];
  }

  FakeAmdScript script_;
  SysfsTree tree_;
};

TEST_F(AmdSmiThrottleTest, TheLibrariesGpusAreThoseOfTheKernelsCards) {
  for (const std::string& library : {testing::FakeAmdSmiLibrary(), std::string("/nowhere/it")}) {
    AmdResidencies counts = kCounts;
    Write("gpu_metrics", Table(6, counts));
    const auto source = Open(library);
    ASSERT_EQ(source->channels().size(), 2U);
    EXPECT_EQ(WayOf(*source, 0), "residencies");
    EXPECT_EQ(WayOf(*source, 1), "not told");
    EXPECT_TRUE(source->channels()[0].has_temperature);
    EXPECT_FALSE(source->channels()[1].has_temperature);

    EXPECT_EQ(Read(*source)[0].millicelsius, 48'000);
    counts.cycles += 100;
    counts.socket_heat += 60;
    Write("gpu_metrics", Table(6, counts));
    EXPECT_EQ(Read(*source)[0].flags & kFlagThermalThrottled, kFlagThermalThrottled);
    EXPECT_EQ(Read(*source)[0].flags & kFlagThermalThrottled, kFlagThermalThrottled)
        << "the table has no news";
    EXPECT_EQ(Read(*source)[1].flags & kFlagThermalThrottled, 0U);
    counts.cycles += 100;
    counts.power += 60;
    Write("gpu_metrics", Table(6, counts));
    EXPECT_EQ(Read(*source)[0].flags & (kFlagThermalThrottled | kFlagPowerCapped),
              kFlagPowerCapped);
  }
}

TEST_F(AmdSmiThrottleTest, ACardWhoseTableSaysNothingIsUnknown) {
  Write("gpu_metrics", Table(5, kCounts));
  const auto source = Open(testing::FakeAmdSmiLibrary());
  EXPECT_EQ(WayOf(*source, 0), "not told");
  EXPECT_EQ(Read(*source)[0].flags & (kFlagThermalThrottled | kFlagPowerCapped), 0U);
  EXPECT_EQ(Read(*source)[0].fault, ReadFault::kNone);
}

}  // namespace
}  // namespace wattfleet::agent
