#include "agent/power/rapl/rapl_power_source.h"

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
