#include "agent/power/rapl/rapl_power_source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/power/remedy.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SysfsTree& tree) {
  PowerPaths paths;
  paths.sysfs_root = tree.sysfs_root();
  return RaplPowerSource::Open({"rapl", {}}, paths);
}

std::vector<ChannelValue> ReadAll(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values;
}

std::vector<std::string> Names(const PowerSource& source) {
  std::vector<std::string> names;
  for (const ChannelSpec& spec : source.channels()) {
    names.push_back(spec.name);
  }
  return names;
}

// Root may read everything, so a test that runs as root becomes nobody meanwhile.
class Unprivileged {
 public:
  explicit Unprivileged(const std::string& readable_folder) {
    if (was_root_) {
      EXPECT_EQ(chmod(readable_folder.c_str(), 0755), 0);
      constexpr uid_t kNobody = 65'534;
      EXPECT_EQ(seteuid(kNobody), 0);
    }
  }
  ~Unprivileged() {
    if (was_root_) {
      EXPECT_EQ(seteuid(0), 0);
    }
  }

 private:
  const bool was_root_ = geteuid() == 0;
};

// A processor whose package counts the milliseconds in which heat held it back.
void SetThrottle(SysfsTree& tree, int processor, int package, int milliseconds) {
  const std::string folder =
      tree.sysfs_root() + "/devices/system/cpu/cpu" + std::to_string(processor);
  tree.Write(folder + "/topology/physical_package_id", std::to_string(package) + "\n");
  tree.Write(folder + "/thermal_throttle/package_throttle_total_time_ms",
             std::to_string(milliseconds) + "\n");
}

TEST(RaplPowerSourceTest, APackageThatHeatHeldBackIsFlaggedAndNoOtherChannel) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 1'000, 0);
  tree.AddZone("intel-rapl:0:0", "dram", 1'000, 0);
  tree.AddZone("intel-rapl:1", "package-1", 1'000, 0);
  SetThrottle(tree, 0, 0, 5'000);
  SetThrottle(tree, 1, 1, 7'000);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));
  const auto flags = [&source = *source] {
    std::vector<bool> throttled;
    for (const ChannelValue& value : ReadAll(source)) {
      throttled.push_back((value.flags & kFlagThermalThrottled) != 0);
    }
    return throttled;
  };
  ASSERT_THAT(Names(*source),
              ::testing::ElementsAre("rapl/package-0", "rapl/package-1", "rapl/package-0/dram"));

  EXPECT_THAT(flags(), ::testing::ElementsAre(false, false, false)) << "long ago";
  SetThrottle(tree, 1, 1, 7'100);
  EXPECT_THAT(flags(), ::testing::ElementsAre(false, true, false));
  EXPECT_THAT(flags(), ::testing::ElementsAre(false, false, false)) << "over";
}

TEST(RaplPowerSourceTest, OpensPackagesDramAndPlatformButNothingTwice) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 262'143'328'850);
  tree.AddZone("intel-rapl:0:0", "core", 1, 262'143'328'850);
  tree.AddZone("intel-rapl:0:1", "uncore", 2, 262'143'328'850);
  tree.AddZone("intel-rapl:0:2", "dram", 30, 65'712'999'613);
  tree.AddZone("intel-rapl:1", "package-1-die-0", 400, 262'143'328'850);
  tree.AddZone("intel-rapl:1:0", "dram", 50, 65'712'999'613);
  tree.AddZone("intel-rapl:2", "psys", 6'000, 262'143'328'850);
  tree.AddZone("intel-rapl-mmio:0", "package-0", 99, 262'143'328'850);
  tree.AddZone("intel-rapl:a", "package-7", 7, 262'143'328'850);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  EXPECT_EQ(Names(*source),
            (std::vector<std::string>{"rapl/package-0", "rapl/package-1-die-0", "rapl/psys",
                                      "rapl/package-0/dram", "rapl/package-1-die-0/dram"}));
  EXPECT_EQ(source->channels()[0].scope, Scope::kCpuPackage);
  EXPECT_EQ(source->channels()[2].scope, Scope::kPlatform);
  EXPECT_EQ(source->channels()[3].scope, Scope::kDram);
  EXPECT_EQ(source->channels()[0].modulus, 262'143'328'851U);
  EXPECT_EQ(source->channels()[0].device_id, "");
  const std::vector<ChannelValue> values = ReadAll(*source);
  EXPECT_EQ(values[0].raw, 100U);
  EXPECT_EQ(values[4].raw, 50U);
}

TEST(RaplPowerSourceTest, UsesTheMemoryMappedTwinOnlyWhereThePackageIsMissing) {
  SysfsTree tree;
  tree.AddZone("intel-rapl-mmio:0", "package-0", 99, 262'143'328'850);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  EXPECT_EQ(Names(*source), std::vector<std::string>{"rapl/package-0"});
  EXPECT_EQ(ReadAll(*source)[0].raw, 99U);
}

TEST(RaplPowerSourceTest, TakesTheTwinWhereThePackageStandsStillForASecondWhileItCounts) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 1'000, 262'143'328'850);
  tree.AddZone("intel-rapl-mmio:0", "package-0", 5, 262'143'328'850);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  std::vector<ReadFault> faults;
  for (std::uint64_t i = 1; i <= 21; ++i) {  // 50 ms apart
    tree.SetEnergy("intel-rapl-mmio:0", 5 + i);
    const ChannelValue value = ReadAll(*source)[0];
    faults.push_back(value.fault);
    EXPECT_EQ(value.raw, 1'000U);
  }
  EXPECT_EQ(faults[19], ReadFault::kNone);
  EXPECT_EQ(faults[20], ReadFault::kLost);  // the two counters do not continue each other
  EXPECT_EQ(ReadAll(*source)[0].raw, 26U);
  EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);
}

TEST(RaplPowerSourceTest, StaysWithAPackageThatCountsOrWhoseTwinDoesNot) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 1'000, 262'143'328'850);
  tree.AddZone("intel-rapl-mmio:0", "package-0", 5, 262'143'328'850);
  tree.AddZone("intel-rapl:1", "package-1", 7, 262'143'328'850);
  tree.AddZone("intel-rapl-mmio:1", "package-1", 9, 262'143'328'850);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  for (std::uint64_t i = 1; i <= 100; ++i) {
    tree.SetEnergy("intel-rapl:0", 1'000 + i / 10);
    tree.SetEnergy("intel-rapl-mmio:0", 5 + i);
    EXPECT_EQ(ReadAll(*source)[0].raw, 1'000 + i / 10);
    EXPECT_EQ(ReadAll(*source)[1].fault, ReadFault::kNone);
  }
}

TEST(RaplPowerSourceTest, BelievesThePlatformOnlyWhereItContainsThePackages) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 0, 262'143'328'850);
  tree.AddZone("intel-rapl:1", "psys", 0, 262'143'328'850);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));
  std::uint64_t read = 0;
  std::uint64_t platform = 0;
  const auto flags_after = [&](int reads, std::uint64_t platform_step) {
    Flags flags = 0;
    for (int i = 0; i < reads; ++i) {
      ++read;
      platform += platform_step;
      tree.SetEnergy("intel-rapl:0", 100 * read);
      tree.SetEnergy("intel-rapl:1", platform);
      const auto values = ReadAll(*source);
      EXPECT_EQ(values[0].flags, 0U);
      EXPECT_EQ(values[1].fault, ReadFault::kNone);
      flags = values[1].flags;
    }
    return flags;
  };

  EXPECT_EQ(flags_after(200, 90), kFlagCounterRejected);  // not known yet: 10 s are 200 reads
  EXPECT_EQ(flags_after(1, 90), 0U);
  EXPECT_EQ(flags_after(200, 80), kFlagCounterRejected);
  EXPECT_EQ(flags_after(200, 130), 0U);
}

TEST(RaplPowerSourceTest, ReadsSoOftenThatNoCounterWrapsUnseen) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 0, 65'532'610'987);
  WF_ASSERT_OK_AND_ASSIGN(const auto usual, Open(tree));
  EXPECT_EQ(usual->poll_period(), std::chrono::milliseconds(50));
  EXPECT_EQ(usual->channels()[0].max_watts, 2000);

  tree.AddZone("intel-rapl:0", "package-0", 0, 20'000'000);  // 20 J
  tree.Write(tree.ZonePath("intel-rapl:0") + "/constraint_0_max_power_uw", "125000000\n");
  tree.Write(tree.ZonePath("intel-rapl:0") + "/constraint_1_power_limit_uw", "250000000\n");
  WF_ASSERT_OK_AND_ASSIGN(const auto quick, Open(tree));
  EXPECT_EQ(quick->channels()[0].max_watts, 500);
  EXPECT_EQ(quick->poll_period(), std::chrono::milliseconds(16));  // 0.4 x 20 J / 500 W
}

TEST(RaplPowerSourceTest, BudgetsMoreErrorForClientsThanForServers) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 0, 0);
  tree.AddZone("intel-rapl:0:0", "dram", 0, 0);
  PowerPaths paths;
  paths.sysfs_root = tree.sysfs_root();
  paths.proc_root = tree.proc_root();
  const auto facts = [&](std::size_t channel) {
    return (*RaplPowerSource::Open({"rapl", {}}, paths))->channels()[channel].facts_json;
  };
  EXPECT_THAT(facts(0), HasSubstr(R"("systematic_relative":0.0577)"));
  EXPECT_THAT(facts(1), HasSubstr(R"("systematic_relative":0.1154)"));
  tree.Write(tree.proc_root() + "/cpuinfo", "model name\t: AMD EPYC 9654\n");
  EXPECT_THAT(facts(0), HasSubstr(R"("systematic_relative":0.0288)"));
  EXPECT_THAT(facts(1), HasSubstr(R"("systematic_relative":0.0288)"));
}

TEST(RaplPowerSourceTest, SeesEachNewValueThroughTheFileItKeptOpen) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  tree.SetEnergy("intel-rapl:0", 123'456'789);

  EXPECT_EQ(ReadAll(*source)[0].raw, 123'456'789U);
  EXPECT_EQ(source->channels()[0].modulus, std::nullopt);
}

TEST(RaplPowerSourceTest, WhatIsNotANumberIsNoValue) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 0);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(tree));

  for (const char* text : {"", "\n", "-5\n", "12ab\n", "1.5\n", "99999999999999999999999\n"}) {
    tree.Write(tree.ZonePath("intel-rapl:0") + "/energy_uj", text);
    EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kUnavailable) << text;
  }
  tree.SetEnergy("intel-rapl:0", 5);
  EXPECT_EQ(ReadAll(*source)[0].fault, ReadFault::kNone);
}

TEST(RaplPowerSourceTest, SaysThatTheMachineHasNoCounters) {
  const SysfsTree tree;

  EXPECT_THAT(Open(tree),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no CPU energy counters here")));
}

TEST(RaplPowerSourceTest, GivesTheRuleThatOpensCountersWhichOnlyRootMayRead) {
  SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", 100, 262'143'328'850, 0);

  const Unprivileged meanwhile(tree.root());
  const auto source = Open(tree);

  EXPECT_THAT(source, StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("only by root")));
  EXPECT_THAT(RemedyOf(source.status()), HasSubstr("/etc/udev/rules.d/90-wattfleet-rapl.rules"));
  EXPECT_THAT(RemedyOf(source.status()), HasSubstr("chgrp energy /sys%p/energy_uj"));
}

}  // namespace
}  // namespace wattfleet::agent
