#include "agent/doctor/class_reach.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const SensedChannel kGpuA{"nvml/GPU-a/energy", "nvml", Scope::kAccelerator, "GPU-a"};
const SensedChannel kGpuB{"nvml/GPU-b/energy", "nvml", Scope::kAccelerator, "GPU-b"};
const SensedChannel kPackage{"rapl/package-0", "rapl", Scope::kCpuPackage, ""};
const SensedChannel kDram{"rapl/package-0/dram", "rapl", Scope::kDram, ""};
const SensedChannel kPlug{"shelly/plug", "shelly", Scope::kWall, ""};

ClassReach Reach(const std::string& asked, DeviceKind kind, const std::vector<std::string>& devices,
                 const std::vector<SensedChannel>& channels) {
  for (ClassReach& reach : ReachOfClasses(kind, devices, channels)) {
    if (reach.asked == asked) {
      return reach;
    }
  }
  ADD_FAILURE() << "no class " << asked;
  return {};
}

TEST(ReachOfClassesTest, AGpuServerReachesHostWithItsOwnGpusAlone) {
  const std::vector<SensedChannel> channels = {kGpuA, kGpuB, kPackage, kDram};

  const ClassReach host = Reach("host", DeviceKind::kDiscrete, {"GPU-b"}, channels);

  EXPECT_EQ(host.name, "host");
  EXPECT_THAT(host.channels, ElementsAre(1, 2, 3));
}

TEST(ReachOfClassesTest, WithoutADramSensorHostIsAnotherClass) {
  EXPECT_EQ(Reach("host", DeviceKind::kDiscrete, {"GPU-a"}, {kGpuA, kPackage}).name, "host-nodram");
  EXPECT_EQ(Reach("host", DeviceKind::kCpu, {}, {kPackage}).name, "host-nodram");
}

TEST(ReachOfClassesTest, SaysWhatAClassOutOfReachWouldNeed) {
  const ClassReach wall = Reach("wall", DeviceKind::kDiscrete, {"GPU-a"}, {kGpuA});

  EXPECT_EQ(wall.name, std::nullopt);
  EXPECT_THAT(wall.channels, IsEmpty());
  EXPECT_EQ(wall.lack, "needs wall");
  EXPECT_THAT(Reach("host", DeviceKind::kCpu, {}, {}).lack,
              HasSubstr("cpu-package + dram, or system-on-chip, or cpu-package (as host-nodram)"));
}

TEST(ReachOfClassesTest, EachDeviceOfAnInstanceMustBeSeen) {
  const ClassReach host =
      Reach("host", DeviceKind::kDiscrete, {"GPU-a", "GPU-b"}, {kGpuA, kPackage, kDram});

  EXPECT_EQ(host.name, std::nullopt);
  EXPECT_EQ(host.lack, "no sensor sees GPU-b");
  // The plug sees them all.
  EXPECT_EQ(Reach("wall", DeviceKind::kDiscrete, {"GPU-a", "GPU-b"}, {kPlug}).name, "wall");
}

TEST(ReachOfClassesTest, TwoSensorsOfOnePartAreNeverAdded) {
  const SensedChannel twin{"dcgm/GPU-a", "dcgm", Scope::kAccelerator, "GPU-a"};

  EXPECT_THAT(
      Reach("host", DeviceKind::kDiscrete, {"GPU-a"}, {twin, kGpuA, kPackage, kDram}).channels,
      ElementsAre(1, 2, 3));
}

TEST(ReachOfClassesTest, AModelOfTheMachineReachesNothing) {
  const SensedChannel model{"modelled/cpu", "modelled", Scope::kModelled, ""};

  for (const ClassReach& reach : ReachOfClasses(DeviceKind::kCpu, {}, {model})) {
    EXPECT_EQ(reach.name, std::nullopt) << reach.asked;
  }
}

}  // namespace
}  // namespace wattfleet::agent
