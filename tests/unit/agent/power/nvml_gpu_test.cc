#include "agent/power/nvml/nvml_gpu.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/nvml/visible_gpus.h"
#include "agent/power/remedy.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using testing::FakeLibraryClock;
using testing::FakeNvmlLibrary;
using testing::FakeNvmlLibraryWithoutFields;
using testing::FakeNvmlScript;
using ::testing::HasSubstr;
using testing::StatusIs;

// One GPU of the fake library in simulated time, read every 50 ms.
class SimulatedGpu {
 public:
  SimulatedGpu(const std::vector<std::string>& lines,
               const std::string& library = FakeNvmlLibrary())
      : clock_(library) {
    script_.Line("gpu GPU-aa NVIDIA H200");
    for (const std::string& line : lines) {
      script_.Line(line);
    }
    auto opened = NvmlLibrary::Open(library);
    EXPECT_THAT(opened, testing::IsOk());
    library_ = *std::move(opened);
    gpu_ = NvmlGpu::Find(*library_, library_->devices()[0]);
    EXPECT_TRUE(gpu_.has_value());
  }

  ChannelValue ReadAt(double s) {
    clock_.Set(s);
    return gpu_->Read(MonotonicTime(std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6))));
  }
  // The flags of all readings after `from`, up to `to`.
  Flags FlagsBetween(double from, double to) {
    Flags flags = 0;
    for (int i = 1; from + i * 0.05 <= to + 1e-9; ++i) {
      flags |= ReadAt(from + i * 0.05).flags;
    }
    return flags;
  }
  const ChannelSpec& spec() const { return gpu_->spec(); }

 private:
  FakeNvmlScript script_;
  FakeLibraryClock clock_;
  std::unique_ptr<NvmlLibrary> library_;
  std::optional<NvmlGpu> gpu_;
};

TEST(NvmlGpuTest, ItsCounterIsTheEnergyDrawn) {
  SimulatedGpu gpu({"power 0 100", "power 2 400", "start_mj 0"});

  // 1,000 s at 100 W before zero.
  EXPECT_EQ(gpu.ReadAt(0).raw, 100'000'000U);
  EXPECT_NEAR(static_cast<double>(gpu.ReadAt(2.05).raw), 100'200'000, 1);
  EXPECT_NEAR(static_cast<double>(gpu.ReadAt(4.05).raw), 101'000'000, 1);
}

TEST(NvmlGpuTest, FlagsTheReadingsInWhichItWasHeldBackForMoreThanOnePercent) {
  const struct {
    const char* kind;
    const char* share;
    Flags flag;
  } rows[] = {{"thermal", "0.02", kFlagThermalThrottled},
              {"brake", "1", kFlagThermalThrottled},
              {"cap", "0.5", kFlagPowerCapped},
              {"thermal", "0.009", 0},
              {"cap", "0.009", 0}};
  for (const auto& row : rows) {
    for (const char* ids : {"throttle_ids 251", "throttle_ids 269"}) {
      SimulatedGpu gpu(
          {"power 0 300", ids, std::string("throttle ") + row.kind + " 1 2 " + row.share});

      EXPECT_EQ(gpu.FlagsBetween(0, 1), 0U) << row.kind;
      EXPECT_EQ(gpu.FlagsBetween(1, 2), row.flag) << row.kind << row.share << ids;
      EXPECT_EQ(gpu.FlagsBetween(2, 3), 0U) << row.kind;
    }
  }
}

TEST(NvmlGpuTest, LooksAtTheCurrentReasonsWhereThereAreNoTimes) {
  for (const std::string& library : {FakeNvmlLibrary(), FakeNvmlLibraryWithoutFields()}) {
    SimulatedGpu gpu(
        {"power 0 300", "throttle_ids 0", "throttle thermal 1 2 1", "throttle cap 2 3 1"}, library);

    EXPECT_THAT(gpu.spec().facts_json, HasSubstr(R"("throttle_by":"current reasons")"));
    EXPECT_EQ(gpu.ReadAt(0.5).flags, 0U);
    EXPECT_EQ(gpu.ReadAt(1.5).flags, kFlagThermalThrottled);
    EXPECT_EQ(gpu.ReadAt(2.5).flags, kFlagPowerCapped);
    EXPECT_EQ(gpu.ReadAt(3.5).flags, 0U);
  }
}

TEST(NvmlGpuTest, DoubtsACounterThatDisagreesWithPower) {
  const struct {
    const char* power;
    const char* gain;
    Flags flag;
  } rows[] = {{"power 0 300", "power_gain 1.3", kFlagCounterSuspect},
              {"power 0 300", "power_gain 0.8", kFlagCounterSuspect},
              {"power 0 300", "power_gain 1.1", 0},
              // When idle more is let pass.
              {"power 0 20", "power_gain 1.35", 0},
              {"power 0 20", "power_gain 1.75", kFlagCounterSuspect}};
  for (const auto& row : rows) {
    SimulatedGpu gpu({row.power, row.gain});
    EXPECT_EQ(gpu.FlagsBetween(0, 9.9), 0U);
    EXPECT_EQ(gpu.FlagsBetween(9.9, 25), row.flag) << row.power << row.gain;
    EXPECT_EQ(gpu.ReadAt(25.05).fault, ReadFault::kNone);
  }
}

TEST(NvmlGpuTest, AFieldThatFailsSpoilsItsOwnValueAlone) {
  SimulatedGpu gpu({"power 0 300", "throttle cap 0 9 1", "fail time_fields 999 1 2",
                    "fail energy_field 3 3 4", "fail power_field 3 5 6", "fail fields 999 7 8"});

  EXPECT_EQ(gpu.FlagsBetween(0, 1 - 0.05), kFlagPowerCapped);
  EXPECT_EQ(gpu.ReadAt(1.5).fault, ReadFault::kNone);
  EXPECT_EQ(gpu.ReadAt(1.5).flags, 0U);
  EXPECT_EQ(gpu.ReadAt(3.5).fault, ReadFault::kUnavailable);
  EXPECT_EQ(gpu.ReadAt(5.5).fault, ReadFault::kNone);
  EXPECT_EQ(gpu.ReadAt(7.5).fault, ReadFault::kUnavailable);
  EXPECT_EQ(gpu.ReadAt(8.5).fault, ReadFault::kNone);
}

TEST(NvmlGpuTest, ALostGpuThatComesBackIsReadAgain) {
  SimulatedGpu gpu({"power 0 300", "fail all 15 1 2"});

  EXPECT_EQ(gpu.ReadAt(0.5).fault, ReadFault::kNone);
  EXPECT_EQ(gpu.ReadAt(1.5).fault, ReadFault::kLost);
  EXPECT_EQ(gpu.ReadAt(2.5).fault, ReadFault::kNone);
  EXPECT_EQ(gpu.ReadAt(2.5).flags, 0U);
}

TEST(NvmlGpuTest, TheModulesCounterIsCheckedAgainstTheModulesPower) {
  SimulatedGpu gpu({"power 0 500", "module", "power_gain 1.5", "throttle thermal 1 2 1"});

  EXPECT_EQ(gpu.spec().scope, Scope::kModule);
  EXPECT_THAT(gpu.spec().facts_json, HasSubstr("field 191 of the module"));
  EXPECT_EQ(gpu.FlagsBetween(1, 2), kFlagThermalThrottled);
  EXPECT_EQ(gpu.FlagsBetween(2, 15), kFlagCounterSuspect);
}

std::vector<NvmlDevice> ThreeGpus() {
  std::vector<NvmlDevice> gpus(3);
  gpus[0].uuid = "GPU-aa11";
  gpus[0].bus_id = "00000000:41:00.0";
  gpus[1].uuid = "GPU-aa22";
  gpus[1].bus_id = "00000000:01:00.0";
  gpus[2].uuid = "GPU-bb33";
  gpus[2].bus_id = "00000000:81:00.0";
  return gpus;
}

std::vector<std::string> Visible(const std::string& devices,
                                 std::optional<std::string> order = std::nullopt) {
  const auto parent_of = [](const std::string& uuid) {
    return uuid == "MIG-1" ? std::string("GPU-bb33") : std::string();
  };
  const auto visible = VisibleGpus(ThreeGpus(), {devices, std::move(order)}, parent_of);
  std::vector<std::string> uuids;
  if (!visible.ok()) {
    return {std::string(absl::StatusCodeToString(visible.status().code()))};
  }
  for (const NvmlDevice& gpu : *visible) {
    uuids.push_back(gpu.uuid);
  }
  return uuids;
}

using Uuids = std::vector<std::string>;

TEST(VisibleGpusTest, UuidsAndTheirUniqueBeginningsAreTaken) {
  EXPECT_EQ(Visible("GPU-bb33,GPU-aa22"), (Uuids{"GPU-aa22", "GPU-bb33"}));
  EXPECT_EQ(Visible("GPU-bb"), Uuids{"GPU-bb33"});
  EXPECT_EQ(Visible("GPU-aa"), Uuids{"NOT_FOUND"});
  EXPECT_EQ(Visible("MIG-1"), Uuids{"GPU-bb33"});
}

TEST(VisibleGpusTest, NumbersCountOnlyInAStatedOrder) {
  EXPECT_EQ(Visible("0", "PCI_BUS_ID"), Uuids{"GPU-aa22"});
  EXPECT_EQ(Visible("1,2", "PCI_BUS_ID"), (Uuids{"GPU-aa11", "GPU-bb33"}));
  EXPECT_EQ(Visible("0"), Uuids{"FAILED_PRECONDITION"});
  EXPECT_EQ(Visible("0", "FASTEST_FIRST"), Uuids{"FAILED_PRECONDITION"});
  // All of them are all of them in any order.
  EXPECT_EQ(Visible("2,0,1"), (Uuids{"GPU-aa11", "GPU-aa22", "GPU-bb33"}));
}

TEST(VisibleGpusTest, WhatFollowsAnUnknownDeviceIsNotSeen) {
  EXPECT_EQ(Visible("GPU-aa11,GPU-zz,GPU-bb33"), Uuids{"GPU-aa11"});
  EXPECT_EQ(Visible("0,7,1", "PCI_BUS_ID"), Uuids{"GPU-aa22"});
  EXPECT_EQ(Visible(""), Uuids{"NOT_FOUND"});
  EXPECT_EQ(Visible("-1"), Uuids{"NOT_FOUND"});
}

TEST(NvmlGpuTest, ItsTemperatureComesOnceASecond) {
  SimulatedGpu gpu({"power 0 100", "celsius 61", "fail temperature 999 5 6"});
  EXPECT_TRUE(gpu.spec().has_temperature);
  int told = 0;
  for (int i = 0; i < 80; ++i) {
    const ChannelValue value = gpu.ReadAt(1 + i * 0.05);
    EXPECT_EQ(value.fault, ReadFault::kNone);
    told += value.millicelsius ? 1 : 0;
    EXPECT_EQ(value.millicelsius.value_or(61'000), 61'000);
  }
  EXPECT_EQ(told, 4);
  EXPECT_EQ(gpu.ReadAt(5.5).millicelsius, std::nullopt) << "the call fails";
  EXPECT_EQ(gpu.ReadAt(7).millicelsius, 61'000);
}

TEST(NvmlGpuTest, AGpuWithoutAThermometerTellsNoTemperature) {
  SimulatedGpu gpu({"power 0 100"});
  EXPECT_FALSE(gpu.spec().has_temperature);
  EXPECT_EQ(gpu.ReadAt(1).millicelsius, std::nullopt);
}

}  // namespace
}  // namespace wattfleet::agent
