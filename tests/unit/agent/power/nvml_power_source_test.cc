#include "agent/power/nvml/nvml_power_source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using testing::FakeNvmlLibrary;
using testing::FakeNvmlLibraryWithoutFields;
using testing::FakeNvmlScript;
using ::testing::HasSubstr;
using testing::StatusIs;

absl::StatusOr<std::unique_ptr<PowerSource>> Open(const std::string& library,
                                                  SourceOptions options = {}) {
  PowerPaths paths;
  paths.nvml_library = library;
  return NvmlPowerSource::Open({"nvml", std::move(options)}, paths);
}

std::vector<ChannelValue> ReadAll(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values;
}

TEST(NvmlPowerSourceTest, ReadsTheEnergyCounterOfEachGpuAsAField) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Line("limit_w 600");
  script.Zero(SystemClock().MonotonicNow()).Line("start_mj 5000000");
  script.Line("gpu GPU-bb NVIDIA H200").Line("power 0 300");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  ASSERT_EQ(source->channels().size(), 2U);
  const ChannelSpec& first = source->channels()[0];
  EXPECT_EQ(first.name, "nvml/GPU-aa/energy");
  EXPECT_EQ(first.device_id, "GPU-aa");
  EXPECT_EQ(first.kind, SampleKind::kCounter);
  EXPECT_EQ(first.scope, Scope::kAccelerator);
  EXPECT_EQ(first.unit, (RawUnit{1'000, 1}));
  EXPECT_EQ(first.max_watts, 900);
  EXPECT_TRUE(first.part_time);
  EXPECT_THAT(first.facts_json, HasSubstr(R"("driver":"550.54.15")"));
  EXPECT_THAT(first.facts_json, HasSubstr(R"("read_by":"field 83")"));
  EXPECT_EQ(source->poll_period(), milliseconds(50));
  const std::vector<ChannelValue> values = ReadAll(*source);
  EXPECT_EQ(values[0].fault, ReadFault::kNone);
  // 5,000 J and 1,000 s at 100 W before zero.
  EXPECT_GE(values[0].raw, 105'000'000U);
  EXPECT_LT(values[0].raw, 110'000'000U);
}

TEST(NvmlPowerSourceTest, FallsBackToTheCounterCallWithoutFields) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa Tesla V100").Line("power 0 100").Line("architecture 5");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibraryWithoutFields()));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kCounter);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr("nvmlDeviceGetTotalEnergyConsumption"));
  EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);
}

TEST(NvmlPowerSourceTest, FallsBackToInstantPowerWhereThereIsNoCounter) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA GB10").Line("power 0 42.5");
  script.Line("unsupported energy_field").Line("unsupported scope_energy_field");
  script.Line("unsupported energy_call");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(source->channels()[0].name, "nvml/GPU-aa/power");
  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerInstant);
  EXPECT_EQ(ReadAll(*source)[0].raw, 42'500U);
}

TEST(NvmlPowerSourceTest, KnowsWhosePowerUsageIsAMeanOfOneSecond) {
  const struct {
    const char* gpu;
    const char* architecture;
    SampleKind kind;
  } rows[] = {{"NVIDIA H200", "9", SampleKind::kPowerAverage},
              {"NVIDIA GeForce RTX 3090", "7", SampleKind::kPowerAverage},
              {"NVIDIA A100-SXM4-80GB", "7", SampleKind::kPowerInstant},
              {"NVIDIA GeForce GTX 1080", "4", SampleKind::kPowerInstant}};
  for (const auto& row : rows) {
    FakeNvmlScript script;
    script.Line(std::string("gpu GPU-aa ") + row.gpu).Line("power 0 50");
    script.Line(std::string("architecture ") + row.architecture).Line("unsupported energy_call");
    WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibraryWithoutFields()));

    EXPECT_EQ(source->channels()[0].kind, row.kind) << row.gpu;
    EXPECT_EQ(source->channels()[0].window,
              row.kind == SampleKind::kPowerAverage ? milliseconds(1'000) : milliseconds(0));
  }
}

TEST(NvmlPowerSourceTest, FallsBackToMeanPowerOfOneSecondBeforeItsOwnCall) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA RTX A2000").Line("power 0 42.5").Line("architecture 7");
  for (const char* call : {"energy_field", "scope_energy_field", "energy_call", "power_field"}) {
    script.Line(std::string("unsupported ") + call);
  }
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerAverage);
  EXPECT_EQ(source->channels()[0].window, milliseconds(1'000));
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr(R"("read_by":"field 185")"));
}

TEST(NvmlPowerSourceTest, TakesTheScopedEnergyFieldWhereThePlainOneIsMissing) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Line("unsupported energy_field");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kCounter);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr(R"("read_by":"field 191")"));
}

TEST(NvmlPowerSourceTest, SaysInItsFactsWhatAnAuditNeeds) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Line("limit_w 600");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  const auto facts = nlohmann::json::parse(source->channels()[0].facts_json);
  EXPECT_EQ(facts["driver"], "550.54.15");
  EXPECT_EQ(facts["library"], "12.550.54.15");
  EXPECT_EQ(facts["power_limit_mw"], 600'000);
  EXPECT_EQ(facts["persistence_mode"], true);
  EXPECT_EQ(facts["update_period_ms"], 100);
  EXPECT_EQ(facts["part_time"], true);
  EXPECT_EQ(facts["mig"], false);
  EXPECT_EQ(facts["checked_against_power"], true);
  EXPECT_EQ(facts["throttle_by"], "time counters");
  EXPECT_NEAR(facts["systematic_relative"].get<double>(), 0.0289, 0.0001);
}

TEST(NvmlPowerSourceTest, ReadsEachGpuByOneCall) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100");
  script.Line("gpu GPU-bb NVIDIA H200").Line("power 0 100");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));
  const testing::FakeLibraryClock library(FakeNvmlLibrary());
  const int before = library.Call("fakeNvmlFieldCalls");

  ReadAll(*source);
  ReadAll(*source);

  EXPECT_EQ(library.Call("fakeNvmlFieldCalls") - before, 2 * 2);
}

TEST(NvmlPowerSourceTest, AGraceHopperModuleIsCountedAsAModule) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA GH200 480GB").Line("power 0 500").Line("module");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(source->channels()[0].scope, Scope::kModule);
  EXPECT_EQ(source->channels()[0].kind, SampleKind::kCounter);
  EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);
}

TEST(NvmlPowerSourceTest, FlagsAPartitionedGpu) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H100 PCIe").Line("power 0 100").Line("mig");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(ReadAll(*source)[0].flags, kFlagMigShared);
}

TEST(NvmlPowerSourceTest, AGpuOfOnlyOnePartitionIsNotShared) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H100 PCIe").Line("power 0 100").Line("mig 1");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  EXPECT_EQ(ReadAll(*source)[0].flags, 0U);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr(R"("partitions":1)"));
}

TEST(NvmlPowerSourceTest, MeasuresOnlyTheGpusThatCudaProgramsSee) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Line("pci 00000000:01:00.0");
  script.Line("gpu GPU-bb NVIDIA H200").Line("power 0 100").Line("pci 00000000:02:00.0");
  script.Line("mig");
  ASSERT_EQ(setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-bb", 1), 0);
  const auto by_partition = Open(FakeNvmlLibrary());
  ASSERT_EQ(setenv("CUDA_VISIBLE_DEVICES", "0", 1), 0);
  const auto by_number = Open(FakeNvmlLibrary());
  ASSERT_EQ(unsetenv("CUDA_VISIBLE_DEVICES"), 0);

  ASSERT_THAT(by_partition, testing::IsOk());
  ASSERT_EQ((*by_partition)->channels().size(), 1U);
  EXPECT_EQ((*by_partition)->channels()[0].device_id, "GPU-bb");
  EXPECT_THAT(by_number, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("order")));
  EXPECT_THAT(RemedyOf(by_number.status()), HasSubstr("CUDA_DEVICE_ORDER=PCI_BUS_ID"));
}

TEST(NvmlPowerSourceTest, TellsALostGpuFromAPassingError) {
  const struct {
    int code;
    ReadFault fault;
  } rows[] = {{15, ReadFault::kLost},        {16, ReadFault::kLost},
              {1, ReadFault::kLost},         {18, ReadFault::kLost},
              {4, ReadFault::kUnavailable},  {3, ReadFault::kUnavailable},
              {999, ReadFault::kUnavailable}};
  for (const auto& row : rows) {
    FakeNvmlScript script;
    const MonotonicTime zero = SystemClock().MonotonicNow() + milliseconds(150);
    script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Zero(zero);
    script.Line("fail all " + std::to_string(row.code) + " 0 1000");
    WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));
    ASSERT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);

    while (SystemClock().MonotonicNow() < zero) {
    }

    EXPECT_EQ(ReadAll(*source)[0].fault, row.fault) << row.code;
  }
}

TEST(NvmlPowerSourceTest, SaysWhyThereIsNothingToRead) {
  EXPECT_THAT(Open("/nowhere/libnvidia-ml.so"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no NVIDIA driver library")));
  {
    FakeNvmlScript script;
    script.Line("init 9");
    const auto source = Open(FakeNvmlLibrary());
    EXPECT_THAT(source, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Driver Not Loaded")));
    EXPECT_EQ(RemedyOf(source.status()), "sudo modprobe nvidia");
  }
  {
    FakeNvmlScript script;
    script.Line("init 18");
    EXPECT_THAT(Open(FakeNvmlLibrary()),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("starting NVML")));
  }
  {
    FakeNvmlScript script;
    EXPECT_THAT(Open(FakeNvmlLibrary()),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no GPU")));
  }
  {
    FakeNvmlScript script;
    script.Line("gpu GPU-aa NVIDIA vGPU").Line("power 0 1");
    for (const char* call : {"energy_field", "scope_energy_field", "energy_call", "power_field",
                             "mean_power_field", "power_call"}) {
      script.Line(std::string("unsupported ") + call);
    }
    EXPECT_THAT(Open(FakeNvmlLibrary()),
                StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("NVIDIA vGPU")));
  }
}

TEST(NvmlPowerSourceTest, OneGpuThatDoesNotAnswerIsLeftOut) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100").Line("unsupported handle");
  script.Line("gpu GPU-bb NVIDIA H200").Line("power 0 100");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary()));

  ASSERT_EQ(source->channels().size(), 1U);
  EXPECT_EQ(source->channels()[0].device_id, "GPU-bb");
}

TEST(NvmlPowerSourceTest, ChecksItsOptions) {
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100");

  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(FakeNvmlLibrary(), {{"poll_ms", "100"}}));
  EXPECT_EQ(source->poll_period(), milliseconds(100));
  EXPECT_THAT(Open(FakeNvmlLibrary(), {{"poll_ms", "fast"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("10 to 10000")));
  EXPECT_THAT(Open(FakeNvmlLibrary(), {{"pol_ms", "50"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"poll_ms\"")));
}

}  // namespace
}  // namespace wattfleet::agent
