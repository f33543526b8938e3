#include "agent/power/open_power_source.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/modelled/modelled_power_source.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using testing::FakeNvmlScript;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

PowerConfig ConfigOn(const SysfsTree& tree) {
  PowerConfig config;
  config.paths.nvml_library = testing::FakeNvmlLibrary();
  config.paths.amd_smi_library = "/nowhere/libamd_smi.so";
  config.paths.rocm_smi_library = "/nowhere/librocm_smi64.so";
  config.paths.sysfs_root = tree.sysfs_root();
  config.paths.proc_root = tree.proc_root();
  return config;
}

std::vector<std::string> Opened(const PowerConfig& config) {
  std::vector<std::string> names;
  const auto sources = OpenPowerSources(config);
  EXPECT_THAT(sources, testing::IsOk());
  for (const auto& source : *sources) {
    names.push_back(source->name());
  }
  return names;
}

TEST(OpenPowerSourceTest, AutomaticallyOpensWhatIsThereAndNeverAModel) {
  SysfsTree tree;
  tree.SetBusyTicks(1);
  FakeNvmlScript script;
  EXPECT_EQ(Opened(ConfigOn(tree)), std::vector<std::string>{});

  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100");
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  EXPECT_EQ(Opened(ConfigOn(tree)), (std::vector<std::string>{"nvml", "rapl"}));
}

TEST(OpenPowerSourceTest, ASourceAskedForByNameMustOpen) {
  SysfsTree tree;
  PowerConfig config = ConfigOn(tree);
  config.automatic = false;
  config.sources = {{"rapl", {}}};

  EXPECT_THAT(OpenPowerSources(config),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("power source rapl: ")));
  config.sources = {{"rapel", {}}};
  EXPECT_THAT(OpenPowerSources(config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"rapl\"")));
}

TEST(OpenPowerSourceTest, EachSourceReadsWhereItsOptionsSay) {
  SysfsTree tree;
  tree.SetBusyTicks(500);
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  FakeNvmlScript script;
  script.Line("gpu GPU-aa NVIDIA H200").Line("power 0 100");
  PowerConfig config;
  config.automatic = false;
  config.paths = {.nvml_library = "/nowhere/libnvidia-ml.so",
                  .amd_smi_library = "/nowhere/libamd_smi.so",
                  .rocm_smi_library = "/nowhere/librocm_smi64.so",
                  .sysfs_root = "/nowhere",
                  .proc_root = "/nowhere"};
  config.sources = {{"nvml", {{"library", testing::FakeNvmlLibrary()}}},
                    {"rapl", {{"sysfs_root", tree.sysfs_root()}}},
                    {"modelled", {{"watts_per_busy_core", "5"}, {"proc_root", tree.proc_root()}}}};

  EXPECT_EQ(Opened(config), (std::vector<std::string>{"nvml", "rapl", "modelled"}));
  EXPECT_EQ(PathsOf(config).nvml_library, testing::FakeNvmlLibrary());
  EXPECT_EQ(PathsOf(config).sysfs_root, "/nowhere");
  config.sources.clear();
  EXPECT_EQ(PathsOf(config), config.paths);
}

TEST(OpenPowerSourceTest, ModelsBusyCoresWhenAskedTo) {
  SysfsTree tree;
  tree.SetBusyTicks(500);
  PowerConfig config = ConfigOn(tree);
  config.automatic = false;
  config.sources = {{"modelled", {{"watts_per_busy_core", "7.5"}}}};
  WF_ASSERT_OK_AND_ASSIGN(const auto sources, OpenPowerSources(config));

  const ChannelSpec& spec = sources[0]->channels()[0];
  EXPECT_EQ(spec.scope, Scope::kModelled);
  EXPECT_EQ(spec.unit.numerator / spec.unit.denominator, 75'000);  // uJ per tick of 10 ms
  std::vector<ChannelValue> values(1);
  sources[0]->Read(values);
  EXPECT_EQ(values[0].raw, 500U);
  tree.Write(tree.proc_root() + "/stat", "intr 5\n");
  sources[0]->Read(values);
  EXPECT_EQ(values[0].fault, ReadFault::kUnavailable);
}

TEST(OpenPowerSourceTest, AModelNeedsItsWatts) {
  SysfsTree tree;
  tree.SetBusyTicks(1);
  const PowerPaths paths = ConfigOn(tree).paths;

  for (const char* watts : {"0", "-3", "nan", "inf", "much"}) {
    EXPECT_THAT(OpenPowerSource({"modelled", {{"watts_per_busy_core", watts}}}, paths),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("watts_per_busy_core")));
  }
  EXPECT_THAT(OpenPowerSource({"modelled", {}}, paths),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is missing")));
}

TEST(BusyTicksTest, CountsAllButIdleAndWaiting) {
  EXPECT_EQ(BusyTicks("cpu  10 2 3 1000 500 4 5 6 7 8\ncpu0 1\n"), 10 + 2 + 3 + 4 + 5 + 6);
  EXPECT_EQ(BusyTicks("cpu  10 2 3 1000\n"), 15);
  EXPECT_EQ(BusyTicks("cpu  10 2\n"), std::nullopt);
  EXPECT_EQ(BusyTicks("cpu0 10 2 3 4\n"), std::nullopt);
  EXPECT_EQ(BusyTicks("cpu  10 2 3 4"), std::nullopt);
  EXPECT_EQ(BusyTicks(""), std::nullopt);
}

TEST(DescribePowerTest, DescribesEachEntryOfTheFileAndWhatItLeavesOut) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  tree.SetBusyTicks(1);
  FakeNvmlScript script;
  PowerConfig config = ConfigOn(tree);
  config.automatic = false;
  config.sources = {{"modelled", {{"watts_per_busy_core", "5"}}}, {"modelled", {}}, {"rapel", {}}};

  const std::vector<SourceVerdict> verdicts = DescribePower(config);

  const auto find = [&verdicts](const std::string& name) {
    return std::find_if(verdicts.begin(), verdicts.end(),
                        [&name](const SourceVerdict& v) { return v.source == name; });
  };
  ASSERT_NE(find("rapl"), verdicts.end());
  EXPECT_TRUE(find("rapl")->is_usable());
  EXPECT_FALSE(find("rapl")->is_used);
  ASSERT_GE(verdicts.size(), 3U);
  const auto last = verdicts.end() - 3;
  EXPECT_TRUE(last[0].is_usable());
  EXPECT_TRUE(last[0].was_asked_for);
  EXPECT_THAT(last[1].reason, HasSubstr("watts_per_busy_core is missing"));
  EXPECT_THAT(last[2].reason, HasSubstr("nearest is \"rapl\""));
}

TEST(DescribePowerTest, SaysOfEachSourceWhetherItWorksOrWhatWouldMendIt) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  FakeNvmlScript script;
  script.Line("init 9");

  const std::vector<SourceVerdict> verdicts = DescribePower(ConfigOn(tree));
  const auto of = [&verdicts](const std::string& name) -> const SourceVerdict& {
    return *std::find_if(verdicts.begin(), verdicts.end(),
                         [&name](const SourceVerdict& v) { return v.source == name; });
  };

  EXPECT_FALSE(of("nvml").is_usable());
  EXPECT_THAT(of("nvml").reason, HasSubstr("Driver Not Loaded"));
  EXPECT_EQ(of("nvml").remedy, "sudo modprobe nvidia");
  EXPECT_THAT(of("amd_smi").reason, HasSubstr("no AMD GPU library here"));
  ASSERT_TRUE(of("rapl").is_usable());
  EXPECT_EQ(of("rapl").opened->channels()[0].name, "rapl/package-0");
  EXPECT_TRUE(of("rapl").is_used);
  EXPECT_FALSE(of("modelled").is_usable());
  EXPECT_THAT(of("modelled").reason, HasSubstr("asked for by name"));
}

}  // namespace
}  // namespace wattfleet::agent
