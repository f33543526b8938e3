#include "agent/power/jetson/jetson_power_source.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

constexpr char kHwmon[] = "/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3";
constexpr char kIio[] = "/bus/i2c/drivers/ina3221x/1-0040/iio:device0";

class Board {
 public:
  void Hwmon(const std::string& file, const std::string& text) {
    tree.Write(tree.sysfs_root() + kHwmon + "/" + file, text + "\n");
  }
  void Iio(const std::string& file, const std::string& text) {
    tree.Write(tree.sysfs_root() + kIio + "/" + file, text + "\n");
  }
  void OrinNano() {
    const char* labels[] = {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"};
    for (int k = 1; k <= 3; ++k) {
      const std::string n = std::to_string(k);
      Hwmon("in" + n + "_label", labels[k - 1]);
      Hwmon("in" + n + "_enable", "1");
      Hwmon("in" + n + "_input", std::to_string(5'000 + k));
      Hwmon("curr" + n + "_input", std::to_string(1'000 * k));
      Hwmon("in" + std::to_string(k + 3) + "_input", "77");  // of the shunt, uV
    }
    Hwmon("in7_label", "sum of shunt voltages");
    Hwmon("in7_input", "231");
    Hwmon("update_interval", "2");
    Hwmon("samples", "1");
  }
  absl::StatusOr<std::unique_ptr<PowerSource>> Open() const {
    PowerPaths paths;
    paths.sysfs_root = tree.sysfs_root();
    return JetsonPowerSource::Open({"jetson", {}}, paths);
  }

  SysfsTree tree;
};

std::vector<ChannelValue> ReadAll(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values;
}

TEST(JetsonPowerSourceTest, MultipliesTheVoltageAndCurrentOfEachRailThatItKnows) {
  Board board;
  board.OrinNano();
  WF_ASSERT_OK_AND_ASSIGN(const auto source, board.Open());

  ASSERT_EQ(source->channels().size(), 2U);  // VDD_SOC is no part that a scope names
  EXPECT_EQ(source->channels()[0].name, "jetson/VDD_IN");
  EXPECT_EQ(source->channels()[0].scope, Scope::kNode);
  EXPECT_EQ(source->channels()[1].scope, Scope::kSocCompute);
  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerInstant);
  EXPECT_TRUE(source->channels()[0].part_time);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr(R"("window_ms":2)"));
  const auto values = ReadAll(*source);
  EXPECT_EQ(values[0].raw, 5'001U * 1'000);
  EXPECT_EQ(values[1].raw, 5'002U * 2'000);
}

TEST(JetsonPowerSourceTest, AMonitorThatAveragesForLongIsAMeanOverItsWindow) {
  Board board;
  board.OrinNano();
  board.Hwmon("update_interval", "844");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, board.Open());

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerAverage);
  EXPECT_EQ(source->channels()[0].window, milliseconds(844));
  EXPECT_EQ(source->channels()[0].update_period, milliseconds(844));
}

TEST(JetsonPowerSourceTest, ReadsTheFilesOfOlderReleases) {
  Board board;
  board.Iio("rail_name_0", "POM_5V_IN");
  board.Iio("in_power0_input", "4500");
  board.Iio("rail_name_1", "POM_5V_GPU");
  board.Iio("in_power1_input", "1200");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, board.Open());

  EXPECT_EQ(source->channels()[0].scope, Scope::kNode);
  EXPECT_EQ(source->channels()[0].unit, (RawUnit{1'000, 1}));
  EXPECT_EQ(source->channels()[1].scope, Scope::kSocGpu);
  EXPECT_EQ(ReadAll(*source)[0].raw, 4'500U);
}

TEST(JetsonPowerSourceTest, LeavesADisabledRailOut) {
  Board board;
  board.OrinNano();
  board.Hwmon("in1_enable", "0");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, board.Open());

  ASSERT_EQ(source->channels().size(), 1U);
  EXPECT_EQ(source->channels()[0].name, "jetson/VDD_CPU_GPU_CV");
}

TEST(JetsonPowerSourceTest, WhatIsNotANumberOrDoesNotBelongTogetherIsNoValue) {
  Board board;
  board.OrinNano();
  WF_ASSERT_OK_AND_ASSIGN(const auto source, board.Open());

  for (const char* text : {"", "-3", "1.5", "junk", "99999999999999999999", "5000000"}) {
    board.Hwmon("curr1_input", text);
    EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kUnavailable) << text;
    EXPECT_EQ(ReadAll(*source)[1].fault, ReadFault::kNone);
  }
  board.Hwmon("curr1_input", "10");
  EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);
}

TEST(JetsonPowerSourceTest, SaysWhichRailsABoardHasThatItDoesNotKnow) {
  Board board;
  EXPECT_THAT(board.Open(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no INA3221")));
  board.OrinNano();
  board.Hwmon("in1_label", "VIN_SYS_5V0");  // the ports of AGX Orin, not the whole machine
  board.Hwmon("in2_label", "NC");

  EXPECT_THAT(board.Open(),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("VIN_SYS_5V0, NC, VDD_SOC")));
  EXPECT_EQ(ScopeOfRail("VDD_GPU_SOC"), Scope::kSocGpu);
  EXPECT_EQ(ScopeOfRail("VDD_CPU_CV"), Scope::kSocCpu);
  EXPECT_EQ(ScopeOfRail(""), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::agent
