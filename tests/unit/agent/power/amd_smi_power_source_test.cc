#include "agent/power/amd_smi/amd_smi_power_source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "tests/support/fake_amd_script.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using testing::FakeAmdScript;
using testing::FakeAmdSmiLibrary;
using testing::FakeLibraryClock;
using testing::FakeRocmSmiLibrary;
using ::testing::HasSubstr;
using testing::StatusIs;

absl::StatusOr<std::unique_ptr<PowerSource>> Open(
    const std::string& library = FakeAmdSmiLibrary(),
    const std::string& older = "/nowhere/librocm_smi64.so") {
  PowerPaths paths;
  paths.amd_smi_library = library;
  paths.rocm_smi_library = older;
  return AmdSmiPowerSource::Open({"amd_smi", {}}, paths);
}

ChannelValue ReadFirst(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values[0];
}

TEST(AmdSmiPowerSourceTest, KnowsGpusByTheirPciAddress) {
  FakeAmdScript script;
  script.Line("gpu 0000:c3:00.0 AMD Instinct MI300X").Line("power 0 140");
  script.Line("gpu 0001:0a:1f.0 AMD Instinct MI300X").Line("power 0 140");
  for (const bool is_older : {false, true}) {
    WF_ASSERT_OK_AND_ASSIGN(
        const auto source,
        Open(is_older ? "/nowhere/libamd_smi.so" : FakeAmdSmiLibrary(), FakeRocmSmiLibrary()));

    ASSERT_EQ(source->channels().size(), 2U);
    const ChannelSpec& spec = source->channels()[0];
    EXPECT_EQ(spec.name, "amd_smi/0000:c3:00.0/energy");
    EXPECT_EQ(spec.device_id, "0000:c3:00.0");
    EXPECT_EQ(source->channels()[1].device_id, "0001:0a:1f.0");
    EXPECT_EQ(spec.kind, SampleKind::kCounter);
    EXPECT_EQ(spec.scope, Scope::kAccelerator);
    const auto facts = nlohmann::json::parse(spec.facts_json);
    EXPECT_EQ(facts["library"], is_older ? "ROCm SMI" : "AMD SMI");
    EXPECT_EQ(facts["library_version"], "26.1.0");
    EXPECT_EQ(facts["device"], "AMD Instinct MI300X");
    EXPECT_NEAR(facts["systematic_relative"].get<double>(), 0.0289, 0.0001);
    EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kNone);
  }
}

TEST(AmdSmiPowerSourceTest, TakesTheExactUnitWhereTheLibraryRoundsIt) {
  const struct {
    const char* line;
    RawUnit unit;
    const char* said;
  } rows[] = {{"resolution 15.3", {1'000'000, 65'536}, "2^-16 J"},
              {"resolution 15.259", {1'000'000, 65'536}, "2^-16 J"},
              {"resolution 15.19", {15'190'000, 1'000'000}, "as the library says"},
              {"resolution 1", {1'000'000, 1'000'000}, "as the library says"}};
  for (const auto& row : rows) {
    FakeAmdScript script;
    script.Line("gpu 0000:c3:00.0 AMD Instinct MI300X").Line("power 0 140").Line(row.line);
    WF_ASSERT_OK_AND_ASSIGN(const auto source, Open());

    const ChannelSpec& spec = source->channels()[0];
    EXPECT_EQ(spec.unit, row.unit) << row.line;
    EXPECT_EQ(nlohmann::json::parse(spec.facts_json)["unit"], row.said);
  }
}

TEST(AmdSmiPowerSourceTest, FindsPowerInTheStructuresOfEveryVersion) {
  for (const char* version :
       {"version 23 2 0", "version 24 6 1", "version 25 3 0", "version 26 1 0"}) {
    for (const char* kind : {"power_kind current", "power_kind average"}) {
      FakeAmdScript script;
      script.Line(version).Line("gpu 0000:03:00.0 AMD Instinct MI210").Line("power 0 77");
      script.Line(kind).Line("unsupported energy").Line("ones");
      WF_ASSERT_OK_AND_ASSIGN(const auto source, Open());

      const bool is_mean =
          std::string(kind) == "power_kind average" || std::string(version) == "version 23 2 0";
      const ChannelSpec& spec = source->channels()[0];
      EXPECT_EQ(spec.name, "amd_smi/0000:03:00.0/power");
      EXPECT_EQ(spec.kind, is_mean ? SampleKind::kPowerAverage : SampleKind::kPowerInstant)
          << version << kind;
      EXPECT_EQ(spec.window, is_mean ? milliseconds(300) : milliseconds(0));
      EXPECT_EQ(ReadFirst(*source).raw, 77'000U) << version << kind;
    }
  }
}

TEST(AmdSmiPowerSourceTest, TheSecondDieOfAnMi250HasNoChannel) {
  for (const char* absent : {"silent", "silent\nones"}) {
    FakeAmdScript script;
    script.Line("gpu 0000:c1:00.0 AMD Instinct MI250X").Line("power 0 90");
    script.Line("gpu 0000:c6:00.0 AMD Instinct MI250X").Line("power 0 90").Line(absent);
    WF_ASSERT_OK_AND_ASSIGN(const auto source, Open());

    ASSERT_EQ(source->channels().size(), 1U);
    EXPECT_EQ(source->channels()[0].device_id, "0000:c1:00.0");
  }
}

TEST(AmdSmiPowerSourceTest, PartitionsAreMeasuredAsOneSharedGpu) {
  FakeAmdScript script;
  for (const char* function : {"0", "1", "2"}) {
    script.Line(std::string("gpu 0000:c1:00.") + function + " AMD Instinct MI300X");
    script.Line("power 0 140");
  }
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open());

  ASSERT_EQ(source->channels().size(), 1U);
  EXPECT_EQ(source->channels()[0].device_id, "0000:c1:00.0");
  EXPECT_NE(ReadFirst(*source).flags & kFlagMigShared, 0U);
}

TEST(AmdSmiPowerSourceTest, EachErrorHasItsFault) {
  const struct {
    const char* call;
    int code;
    ReadFault fault;
  } rows[] = {{"all", 31, ReadFault::kLost},
              {"power", 34, ReadFault::kLost},
              {"all", 8, ReadFault::kUnavailable},
              {"power", 2, ReadFault::kUnavailable},
              // Until the counter is accepted its errors harm nothing.
              {"energy", 43, ReadFault::kNone}};
  FakeLibraryClock clock(FakeAmdSmiLibrary());
  for (const auto& row : rows) {
    FakeAmdScript script;
    script.Line("gpu 0000:c3:00.0 AMD Instinct MI300X").Line("power 0 140");
    script.Line(std::string("fail ") + row.call + " " + std::to_string(row.code) + " 1 2");
    clock.Set(0);
    WF_ASSERT_OK_AND_ASSIGN(const auto source, Open());
    EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kNone);
    clock.Set(1.5);
    EXPECT_EQ(ReadFirst(*source).fault, row.fault) << row.call << row.code;
    clock.Set(2.5);
    EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kNone);
  }
}

TEST(AmdSmiPowerSourceTest, SaysWhyThereIsNothingToRead) {
  EXPECT_THAT(Open("/nowhere/libamd_smi.so"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no AMD GPU library here")));
  {
    FakeAmdScript script;
    script.Line("init 10");
    const auto source = Open();
    EXPECT_THAT(source, StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("starting")));
    EXPECT_THAT(RemedyOf(source.status()), HasSubstr("usermod -aG render,video"));
  }
  {
    FakeAmdScript script;
    script.Line("init 34");
    const auto source = Open();
    EXPECT_THAT(source, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Driver not loaded")));
    EXPECT_EQ(RemedyOf(source.status()), "sudo modprobe amdgpu");
  }
  {
    FakeAmdScript script;
    script.Line("version 22 1 0");
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("older than")));
  }
  {
    FakeAmdScript script;
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("sees no GPU")));
  }
  {
    FakeAmdScript script;
    script.Line("gpu 0000:c3:00.0 AMD Instinct MI300X").Line("power 0 140").Line("silent");
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("MI300X")));
  }
}

}  // namespace
}  // namespace wattfleet::agent
