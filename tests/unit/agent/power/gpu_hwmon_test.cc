// The kernel's own power values of AMD's and Intel's GPUs, from trees like /sys.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/power/amd_metrics.h"
#include "agent/power/amdgpu/amdgpu_power_source.h"
#include "agent/power/intel_gpu/intel_gpu_power_source.h"
#include "agent/power/open_power_source.h"
#include "tests/support/fake_amd_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

PowerPaths PathsOf(const SysfsTree& tree) {
  PowerPaths paths;
  paths.nvml_library = "/nowhere/libnvidia-ml.so";
  paths.amd_smi_library = "/nowhere/libamd_smi.so";
  paths.rocm_smi_library = "/nowhere/librocm_smi64.so";
  paths.sysfs_root = tree.sysfs_root();
  return paths;
}

// Card `number` of a tree.
class Card {
 public:
  Card(SysfsTree& tree, int number, const std::string& driver, const std::string& bus_id)
      : tree_(tree),
        device_(tree.sysfs_root() + "/class/drm/card" + std::to_string(number) + "/device") {
    Hwmon("name", driver + "\n");
    Device("uevent", "DRIVER=" + driver + "\nPCI_ID=1002:744C\nPCI_SLOT_NAME=" + bus_id + "\n");
    Device("power/runtime_status", "active\n");
  }
  Card& Hwmon(const std::string& file, const std::string& text) {
    tree_.Write(device_ + "/hwmon/hwmon4/" + file, text);
    return *this;
  }
  Card& Device(const std::string& file, const std::string& text) {
    tree_.Write(device_ + "/" + file, text);
    return *this;
  }

 private:
  SysfsTree& tree_;
  const std::string device_;
};

absl::StatusOr<std::unique_ptr<PowerSource>> OpenAmdgpu(const SysfsTree& tree) {
  return AmdgpuPowerSource::Open({"amdgpu", {}}, PathsOf(tree));
}

absl::StatusOr<std::unique_ptr<PowerSource>> OpenIntel(const SysfsTree& tree) {
  return IntelGpuPowerSource::Open({"intel_gpu", {}}, PathsOf(tree));
}

ChannelValue ReadFirst(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values[0];
}

TEST(AmdgpuPowerSourceTest, PrefersPowerNowToAMeanOfIt) {
  SysfsTree tree;
  Card(tree, 1, "amdgpu", "0000:03:00.0")
      .Hwmon("power1_average", "20000000\n")
      .Hwmon("power1_input", "21500000\n")
      .Hwmon("power1_cap", "300000000\n");
  Card(tree, 0, "amdgpu", "0000:0a:00.0").Hwmon("power1_average", "30000000\n");
  tree.Write(tree.sysfs_root() + "/class/drm/card1-DP-1/status", "connected\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));

  ASSERT_EQ(source->channels().size(), 2U);
  const ChannelSpec& mean = source->channels()[0];
  EXPECT_EQ(mean.name, "amdgpu/0000:0a:00.0/power");
  EXPECT_EQ(mean.kind, SampleKind::kPowerAverage);
  EXPECT_EQ(mean.window, milliseconds(300));
  const ChannelSpec& now = source->channels()[1];
  EXPECT_EQ(now.kind, SampleKind::kPowerInstant);
  EXPECT_EQ(now.device_id, "0000:03:00.0");
  EXPECT_EQ(now.scope, Scope::kAccelerator);
  EXPECT_EQ(now.unit, (RawUnit{1, 1}));
  EXPECT_EQ(now.max_watts, 450);
  const auto facts = nlohmann::json::parse(now.facts_json);
  EXPECT_EQ(facts["read_by"], "power1_input");
  EXPECT_EQ(facts["pci_id"], "1002:744C");
  EXPECT_NEAR(facts["systematic_relative"].get<double>(), 0.0577, 0.0001);
  std::vector<ChannelValue> values(2);
  source->Read(values);
  EXPECT_EQ(values[0].raw, 30'000'000U);
  EXPECT_EQ(values[1].raw, 21'500'000U);
}

// A table of form 1.3 that says so.
std::string MetricsTable(std::uint64_t throttle_status) {
  std::string table(120, '\xff');
  table[0] = 120;
  table[1] = 0;
  table[2] = 1;
  table[3] = 3;
  for (std::size_t i = 0; i < 8; ++i) {
    table[112 + i] = static_cast<char>((throttle_status >> (8 * i)) & 0xff);
  }
  return table;
}

TEST(AmdgpuPowerSourceTest, ACardSaysWhyItIsHeldBack) {
  constexpr std::uint64_t kHotspot = std::uint64_t{1} << 36;
  constexpr std::uint64_t kPackagePower = 1;
  constexpr std::uint64_t kCurrent = 1 << 16;
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(0)), Flags{0});
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(kHotspot)), kFlagThermalThrottled);
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(kPackagePower)), kFlagPowerCapped);
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(kHotspot | kPackagePower | kCurrent)),
            kFlagThermalThrottled | kFlagPowerCapped);
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(~std::uint64_t{0})), std::nullopt) << "not told";
  EXPECT_EQ(ThrottleFlagsOf(MetricsTable(kHotspot).substr(0, 119)), std::nullopt);
  std::string newer = MetricsTable(kHotspot);
  newer[3] = 4;
  EXPECT_EQ(ThrottleFlagsOf(newer), std::nullopt);

  SysfsTree tree;
  Card card(tree, 0, "amdgpu", "0000:03:00.0");
  card.Hwmon("power1_input", "21500000\n").Device("gpu_metrics", MetricsTable(kHotspot));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));
  EXPECT_EQ(ReadFirst(*source).flags, kFlagThermalThrottled);
  card.Device("gpu_metrics", MetricsTable(0));
  EXPECT_EQ(ReadFirst(*source).flags, 0);
  card.Device("gpu_metrics", "garbage");
  EXPECT_EQ(ReadFirst(*source).flags, 0);
}

TEST(IntelGpuPowerSourceTest, ACardSaysWhyItIsHeldBack) {
  const std::string xe = "tile0/gt0/freq0/throttle/";
  SysfsTree tree;
  Card card(tree, 0, "xe", "0000:03:00.0");
  card.Hwmon("energy1_input", "5\n").Device(xe + "status", "1\n");
  for (const char* reason : {"pl1", "pl2", "thermal", "prochot", "vr_tdc", "vr_thermalert"}) {
    card.Device(xe + "reason_" + reason, "0\n");
  }
  card.Device("tile0/gt1/freq0/throttle/reason_thermal", "0\n");
  Card old(tree, 1, "i915", "0000:04:00.0");
  old.Hwmon("energy1_input", "5\n").Device("../gt/gt0/throttle_reason_pl4", "1\n");
  old.Device("../gt/gt0/throttle_reason_status", "1\n");
  Card(tree, 2, "i915", "0000:05:00.0").Hwmon("energy1_input", "5\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenIntel(tree));
  const auto flags = [&source] {
    std::vector<ChannelValue> values(3);
    source->Read(values);
    EXPECT_EQ(values[1].flags, kFlagPowerCapped);
    EXPECT_EQ(values[2].flags, 0);
    return values[0].flags;
  };

  const auto told = [&source](std::size_t card_number) {
    return nlohmann::json::parse(source->channels()[card_number].facts_json)["throttle_reasons"];
  };
  EXPECT_EQ(told(0), 7);
  EXPECT_EQ(told(1), 1) << "`status` is no reason";
  EXPECT_EQ(told(2), 0) << "nothing is known of it";
  EXPECT_EQ(flags(), 0);
  card.Device("tile0/gt1/freq0/throttle/reason_thermal", "1\n");
  EXPECT_EQ(flags(), kFlagThermalThrottled);
  card.Device(xe + "reason_vr_tdc", "1\n");
  EXPECT_EQ(flags(), kFlagThermalThrottled | kFlagPowerCapped);
  card.Device("tile0/gt1/freq0/throttle/reason_thermal", "garbage\n");
  EXPECT_EQ(flags(), kFlagPowerCapped);
  card.Device(xe + "reason_vr_tdc", "0\n").Device(xe + "reason_prochot", "1\n");
  EXPECT_EQ(flags(), kFlagThermalThrottled);
}

TEST(AmdgpuPowerSourceTest, TakesAnEnergyCounterWhereThereIsOne) {
  SysfsTree tree;
  Card(tree, 0, "amdgpu", "0000:03:00.0")
      .Hwmon("energy1_input", "123456789\n")
      .Hwmon("power1_input", "21500000\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kCounter);
  EXPECT_EQ(source->channels()[0].name, "amdgpu/0000:03:00.0/energy");
  EXPECT_EQ(ReadFirst(*source).raw, 123'456'789U);
}

TEST(AmdgpuPowerSourceTest, WhatASleepingCardDrawsIsUnknownAndNotZero) {
  SysfsTree tree;
  Card card(tree, 0, "amdgpu", "0000:03:00.0");
  card.Hwmon("power1_average", "20000000\n");
  card.Device("power/runtime_status", "suspended\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));

  EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kUnavailable);
  card.Device("power/runtime_status", "active\n");
  EXPECT_EQ(ReadFirst(*source).raw, 20'000'000U);
  card.Device("power/runtime_status", "suspending\n");
  EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kUnavailable);
}

TEST(AmdgpuPowerSourceTest, AChipWithACpuIsMeasuredAsTheHostsChip) {
  const struct {
    const char* file;
    std::string text;
    bool is_hwmon;
  } rows[] = {{"in1_label", "vddnb\n", true},
              {"gpu_metrics", std::string("\x78\x00\x02\x02....", 8), false},
              {"gpu_metrics", std::string("\x08\x01\x03\x00....", 8), false}};
  for (const auto& row : rows) {
    SysfsTree tree;
    Card card(tree, 0, "amdgpu", "0000:c4:00.0");
    card.Hwmon("power1_input", "15000000\n");
    row.is_hwmon ? card.Hwmon(row.file, row.text) : card.Device(row.file, row.text);
    WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));

    EXPECT_EQ(source->channels()[0].scope, Scope::kSocCompute) << row.file;
    EXPECT_EQ(source->channels()[0].device_id, "");
  }
  SysfsTree tree;
  Card(tree, 0, "amdgpu", "0000:03:00.0")
      .Hwmon("power1_input", "15000000\n")
      .Device("gpu_metrics", std::string("\x78\x00\x01\x03....", 8));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));
  EXPECT_EQ(source->channels()[0].scope, Scope::kAccelerator);
}

TEST(AmdgpuPowerSourceTest, WhatIsNotAPowerIsNoValue) {
  SysfsTree tree;
  Card card(tree, 0, "amdgpu", "0000:03:00.0");
  card.Hwmon("power1_input", "15000000\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAmdgpu(tree));

  for (const char* text :
       {"", "\n", "0\n", "-5\n", "12ab\n", "1.5\n", "99999999999999999999999\n"}) {
    card.Hwmon("power1_input", text);
    EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kUnavailable) << text;
  }
  card.Hwmon("power1_input", "15000001\n");
  EXPECT_EQ(ReadFirst(*source).raw, 15'000'001U);
}

TEST(AmdgpuPowerSourceTest, SaysWhyThereIsNothingToRead) {
  SysfsTree tree;
  EXPECT_THAT(OpenAmdgpu(tree),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no card of the amdgpu driver")));
  Card card(tree, 0, "amdgpu", "0000:03:00.0");
  EXPECT_THAT(OpenAmdgpu(tree),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("0000:03:00.0")));
}

TEST(IntelGpuPowerSourceTest, TakesTheCardAndNotThePackageInIt) {
  SysfsTree tree;
  Card(tree, 0, "xe", "0000:03:00.0")
      .Hwmon("energy1_input", "5000000\n")
      .Hwmon("energy2_input", "4000000\n");
  Card(tree, 1, "xe", "0000:04:00.0").Hwmon("energy2_input", "3000000\n");
  Card(tree, 2, "i915", "0000:05:00.0").Hwmon("energy1_input", "2000000\n");
  // The tiles of an i915 card have monitors of their own names.
  Card(tree, 3, "i915_gt0", "0000:06:00.0").Hwmon("energy1_input", "1000000\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenIntel(tree));

  ASSERT_EQ(source->channels().size(), 3U);
  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.name, "intel_gpu/0000:03:00.0/energy");
  EXPECT_EQ(spec.kind, SampleKind::kCounter);
  EXPECT_EQ(spec.scope, Scope::kAccelerator);
  EXPECT_EQ(spec.device_id, "0000:03:00.0");
  EXPECT_THAT(spec.facts_json, HasSubstr("untested on hardware"));
  std::vector<ChannelValue> values(3);
  source->Read(values);
  EXPECT_EQ(values[0].raw, 5'000'000U);
  EXPECT_EQ(values[1].raw, 3'000'000U);
  EXPECT_EQ(values[2].raw, 2'000'000U);
}

TEST(IntelGpuPowerSourceTest, DoesNotWakeASleepingCard) {
  SysfsTree tree;
  Card card(tree, 0, "xe", "0000:03:00.0");
  card.Hwmon("energy1_input", "5000000\n").Device("power/runtime_status", "suspended\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenIntel(tree));

  EXPECT_EQ(ReadFirst(*source).fault, ReadFault::kUnavailable);
}

TEST(IntelGpuPowerSourceTest, SaysWhyThereIsNothingToRead) {
  SysfsTree tree;
  EXPECT_THAT(OpenIntel(tree), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no discrete")));
  Card card(tree, 0, "xe", "0000:03:00.0");
  EXPECT_THAT(OpenIntel(tree), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("6.8")));
}

TEST(OpenPowerSourceTest, ACardIsNotMeasuredTwice) {
  testing::FakeAmdScript script;
  script.Line("gpu 0000:03:00.0 AMD Radeon PRO W7900").Line("power 0 60");
  SysfsTree tree;
  Card(tree, 0, "amdgpu", "0000:03:00.0").Hwmon("power1_input", "60000000\n");
  PowerConfig config;
  config.paths = PathsOf(tree);
  const auto names = [&config] {
    std::vector<std::string> opened;
    const auto sources = OpenPowerSources(config);
    EXPECT_THAT(sources, testing::IsOk());
    for (const auto& source : *sources) {
      opened.push_back(source->name());
    }
    return opened;
  };

  EXPECT_EQ(names(), std::vector<std::string>{"amdgpu"});
  config.paths.amd_smi_library = testing::FakeAmdSmiLibrary();
  EXPECT_EQ(names(), std::vector<std::string>{"amd_smi"});
  for (const SourceVerdict& verdict : DescribePower(config)) {
    if (verdict.source == "amdgpu") {
      EXPECT_TRUE(verdict.is_usable());
      EXPECT_FALSE(verdict.is_used);
    }
  }
  Card(tree, 1, "amdgpu", "0000:0a:00.0").Hwmon("power1_input", "60000000\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"amd_smi", "amdgpu"}));
}

TEST(DrmThermometerTest, CardsTellTheirTemperatureOnceInTenReadings) {
  SysfsTree tree;
  Card amd(tree, 0, "amdgpu", "0000:03:00.0");
  amd.Hwmon("power1_input", "21500000\n").Hwmon("temp1_input", "64000\n");
  Card(tree, 1, "xe", "0000:04:00.0").Hwmon("energy1_input", "5\n").Hwmon("temp2_input", "51000\n");
  Card(tree, 2, "xe", "0000:05:00.0").Hwmon("energy1_input", "5\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto amdgpu, OpenAmdgpu(tree));
  WF_ASSERT_OK_AND_ASSIGN(const auto intel, OpenIntel(tree));

  EXPECT_TRUE(amdgpu->channels()[0].has_temperature);
  EXPECT_TRUE(intel->channels()[0].has_temperature);
  EXPECT_FALSE(intel->channels()[1].has_temperature);
  EXPECT_EQ(ReadFirst(*amdgpu).millicelsius, 64'000);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(ReadFirst(*amdgpu).millicelsius, std::nullopt);
  }
  amd.Hwmon("temp1_input", "0\n");
  EXPECT_EQ(ReadFirst(*amdgpu).millicelsius, std::nullopt) << "no chip that runs has 0 C";
  amd.Hwmon("temp1_input", "65000\n");
  for (int i = 0; i < 9; ++i) {
    ReadFirst(*amdgpu);
  }
  EXPECT_EQ(ReadFirst(*amdgpu).millicelsius, 65'000);
  std::vector<ChannelValue> values(2);
  intel->Read(values);
  EXPECT_EQ(values[0].millicelsius, 51'000);
  EXPECT_EQ(values[1].millicelsius, std::nullopt);
  EXPECT_EQ(values[1].fault, ReadFault::kNone);
}

}  // namespace
}  // namespace wattfleet::agent
