#include "agent/doctor/meter.h"

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/agent/doctor/sensed_machine.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::optional<double> WattsOf(const MeterLine& line, const std::string& name) {
  for (const MeteredClass& total : line.classes) {
    if (total.name == name) {
      return total.watts;
    }
  }
  return std::nullopt;
}

class MeterTest : public ::testing::Test {
 protected:
  MeterTest() {
    machine_.Add(SensedMachine::Spec("nvml/GPU-a/energy", Scope::kAccelerator, "GPU-a"), 400);
    machine_.Add(SensedMachine::Spec("nvml/GPU-b/energy", Scope::kAccelerator, "GPU-b"), 300);
    machine_.Add(SensedMachine::Spec("rapl/package-0", Scope::kCpuPackage), 90);
    machine_.Add(SensedMachine::Spec("rapl/psys", Scope::kPlatform), 120);
    machine_.Add(SensedMachine::Spec("modelled/cpu", Scope::kModelled), 16);
    meter_.emplace(machine_.Open(),
                   std::vector<InstanceOffer>{
                       {.name = "0", .accelerator = "nvidia-h200", .device_ids = {"GPU-a"}},
                       {.name = "1", .accelerator = "nvidia-h200", .device_ids = {"GPU-b"}}});
  }
  MeterLine Look() {
    machine_.Wait(std::chrono::seconds(1));
    meter_->Look();
    machine_.Wait(std::chrono::seconds(1));
    return meter_->Look();
  }

  SensedMachine machine_;
  std::optional<Meter> meter_;
};

TEST_F(MeterTest, SumsWhatDoesNotOverlapAndNothingElse) {
  const MeterLine line = Look();

  ASSERT_EQ(line.channels.size(), 5U);
  EXPECT_NEAR(*line.channels[3].watts, 120, 0.1);
  EXPECT_NEAR(*WattsOf(line, "paper"), 700, 0.1);
  EXPECT_NEAR(*WattsOf(line, "host-nodram"), 790, 0.1);
  EXPECT_EQ(line.classes.size(), 2U);
}

TEST_F(MeterTest, ASumWithAMissingPartIsMissing) {
  machine_.Silence("nvml/GPU-b/energy");

  const MeterLine line = Look();

  EXPECT_EQ(line.channels[1].watts, std::nullopt);
  EXPECT_EQ(WattsOf(line, "host-nodram"), std::nullopt);
  EXPECT_THAT(MeterText(line, 3), HasSubstr("nvml/GPU-b/energy"));
  EXPECT_THAT(MeterText(line, 3), HasSubstr("no reading"));
}

TEST_F(MeterTest, AJsonLineIsOneObjectWithNullForWhatIsMissing) {
  machine_.Silence("nvml/GPU-b/energy");

  const std::string text = MeterJson(Look(), 7);

  EXPECT_THAT(text.substr(0, text.size() - 1), Not(HasSubstr("\n")));
  const nlohmann::json line = nlohmann::json::parse(text);
  EXPECT_EQ(line["schema"], "wattfleet.meter/1");
  EXPECT_EQ(line["second"], 7);
  EXPECT_TRUE(line["channels"][1]["watts"].is_null());
  EXPECT_NEAR(line["channels"][2]["watts"], 90, 0.1);
  EXPECT_EQ(line["channels"][4]["scope"], "modelled");
}

TEST_F(MeterTest, WhatIsNotMeasuredHereIsMarked) {
  EXPECT_THAT(MeterText(Look(), 1), HasSubstr("16.00 W  (not measured here)"));
}

}  // namespace
}  // namespace wattfleet::agent
