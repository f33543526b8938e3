#include "agent/doctor/diagnose.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/time/system_clock.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using testing::FakeNvmlScript;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SysfsTree;

// A machine of fakes, examined without letting time pass.
class DiagnoseTest : public ::testing::Test {
 protected:
  DiagnoseTest() {
    patient_.power.paths.nvml_library = testing::FakeNvmlLibrary();
    patient_.power.paths.sysfs_root = tree_.sysfs_root();
    patient_.power.paths.proc_root = tree_.proc_root();
    patient_.instances = {{.name = "cpu-epyc", .accelerator = "cpu-epyc"}};
    tree_.SetBusyTicks(1);
  }
  Diagnosis Run(bool self_test = false) {
    DiagnoseOptions options;
    options.run_self_test = self_test;
    options.self_test = {.phase = std::chrono::seconds(3), .settle = std::chrono::seconds(0)};
    options.probe = std::chrono::seconds(0);
    return Diagnose(patient_, options, SystemClock(),
                    [](std::chrono::nanoseconds) { return true; });
  }
  static const SourceDiagnosis& Source(const Diagnosis& diagnosis, const std::string& name) {
    for (const SourceDiagnosis& source : diagnosis.sources) {
      if (source.name == name) {
        return source;
      }
    }
    ADD_FAILURE() << "no source " << name;
    return diagnosis.sources.front();
  }

  SysfsTree tree_;
  FakeNvmlScript script_;
  Patient patient_;
};

TEST_F(DiagnoseTest, AMachineWithoutSensorsIsToldWhatItWouldNeedAndIsNoError) {
  const Diagnosis diagnosis = Run(true);

  EXPECT_EQ(diagnosis.trust, Trust::kNothingToMeasure);
  EXPECT_EQ(ExitCodeOf(diagnosis), 0);
  const std::string text = DiagnosisText(diagnosis);
  EXPECT_THAT(text, HasSubstr("nothing can be measured on this machine"));
  EXPECT_THAT(text, HasSubstr("host           out of reach: needs cpu-package + dram"));
  EXPECT_THAT(text, HasSubstr("sudo modprobe intel_rapl_msr"));
  EXPECT_THAT(text, Not(HasSubstr("self-test:")));
}

TEST_F(DiagnoseTest, AModelOfTheMachineMeasuresNothing) {
  patient_.power.sources = {{"modelled", {{"watts_per_busy_core", "8"}}}};

  const Diagnosis diagnosis = Run(true);

  EXPECT_TRUE(Source(diagnosis, "modelled").is_usable());
  EXPECT_EQ(diagnosis.trust, Trust::kNothingToMeasure);
  EXPECT_FALSE(diagnosis.self_test);
}

TEST_F(DiagnoseTest, NamesTheClassesAndTheChannelsThatTheySum) {
  script_.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100");
  tree_.AddZone("intel-rapl:0", "package-0", 1'000, 0);
  patient_.instances = {
      {.name = "nvidia-h200", .accelerator = "nvidia-h200", .device_ids = {"GPU-aa"}}};

  const Diagnosis diagnosis = Run();

  EXPECT_EQ(diagnosis.trust, Trust::kNotTested);
  EXPECT_EQ(ExitCodeOf(diagnosis), 0);
  EXPECT_THAT(DiagnosisText(diagnosis),
              HasSubstr("host-nodram    nvml/GPU-aa/energy + rapl/package-0\n"));
  const auto json = nlohmann::json::parse(DiagnosisJson(diagnosis));
  EXPECT_EQ(json["schema"], "wattfleet.doctor/1");
  EXPECT_EQ(json["instances"][0]["classes"][1]["class"], "host-nodram");
  EXPECT_EQ(json["instances"][0]["classes"][3]["asked"], "wall");
  EXPECT_TRUE(json["instances"][0]["classes"][3]["class"].is_null());
}

TEST_F(DiagnoseTest, ASourceThatTheFileAsksForAndThatIsMissingFails) {
  patient_.power.sources = {{"rapl", {}}};

  const Diagnosis diagnosis = Run();

  EXPECT_EQ(diagnosis.trust, Trust::kNotTrusted);
  EXPECT_EQ(ExitCodeOf(diagnosis), 1);
  EXPECT_THAT(diagnosis.conclusion, HasSubstr("asks for rapl"));
}

TEST_F(DiagnoseTest, ChannelsOfAClassThatSeeTheSamePartAreNamed) {
  tree_.AddZone("intel-rapl:0", "package-0", 1'000, 0);
  patient_.power.automatic = false;
  patient_.power.sources = {{"rapl", {}}, {"rapl", {}}};

  const Diagnosis diagnosis = Run(true);

  EXPECT_EQ(diagnosis.trust, Trust::kNotTrusted);
  EXPECT_EQ(ExitCodeOf(diagnosis), 1);
  EXPECT_FALSE(diagnosis.self_test);
  EXPECT_THAT(
      DiagnosisText(diagnosis),
      HasSubstr("the agent would not start: power: two channels are called rapl/package-0"));
  const auto json = nlohmann::json::parse(DiagnosisJson(diagnosis));
  EXPECT_THAT(json["overlap"].get<std::string>(), HasSubstr("rapl/package-0"));
  patient_.power.sources.pop_back();
  EXPECT_THAT(Run().overlap, ::testing::IsEmpty());
}

TEST_F(DiagnoseTest, WhatTheFileLeavesOutIsDescribedAndNotUsed) {
  tree_.AddZone("intel-rapl:0", "package-0", 1'000, 0);
  patient_.power.automatic = false;

  const Diagnosis diagnosis = Run();

  EXPECT_TRUE(Source(diagnosis, "rapl").is_usable());
  EXPECT_THAT(DiagnosisText(diagnosis), HasSubstr("usable, but not used"));
  EXPECT_EQ(diagnosis.trust, Trust::kNothingToMeasure);
}

TEST_F(DiagnoseTest, WithoutALoadNothingIsTrusted) {
  tree_.AddZone("intel-rapl:0", "package-0", 1'000, 0);

  const Diagnosis diagnosis = Run(true);

  EXPECT_EQ(diagnosis.trust, Trust::kNotTrusted);
  EXPECT_EQ(ExitCodeOf(diagnosis), 1);
  EXPECT_THAT(DiagnosisText(diagnosis), HasSubstr("not tested: no load could be made"));
}

TEST_F(DiagnoseTest, SaysWhatWasNotTestedOnHardware) {
  script_.Line("gpu GPU-aa NVIDIA H200 untested on hardware").Line("power 0 100");

  EXPECT_THAT(DiagnosisText(Run()), HasSubstr("; untested on hardware"));
}

}  // namespace
}  // namespace wattfleet::agent
