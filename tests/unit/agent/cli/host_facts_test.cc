#include "agent/cli/host_facts.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using wattfleet::testing::TempDir;

class HostFactsTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(root_.Path(name)).parent_path());
    root_.Write(name, content);
  }
  TempDir root_;
};

TEST_F(HostFactsTest, SaysWhatTheMachineTellsOfItself) {
  Write("etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  Write("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC 7763\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  Write("sys/module/nvidia/version", "560.35.03\n");
  Write("proc/sys/kernel/random/boot_id", "0f-1\n");

  const auto facts = HostFacts(root_.path());

  EXPECT_THAT(facts, Contains(Pair("os", "Debian GNU/Linux 12 (bookworm)")));
  EXPECT_THAT(facts, Contains(Pair("cpu", "AMD EPYC 7763")));
  EXPECT_THAT(facts, Contains(Pair("cpu_governor", "performance")));
  EXPECT_THAT(facts, Contains(Pair("nvidia_driver", "560.35.03")));
  EXPECT_EQ(BootId(root_.path()), "0f-1");
}

TEST_F(HostFactsTest, AFactThatIsNotThereIsAbsent) {
  const auto facts = HostFacts(root_.path());

  EXPECT_THAT(facts, Not(Contains(Key("os"))));
  EXPECT_THAT(facts, Not(Contains(Key("nvidia_driver"))));
  EXPECT_THAT(facts, Not(Contains(Key("power_supply"))));
  EXPECT_THAT(facts, Contains(Key("kernel")));
  EXPECT_EQ(BootId(root_.path()), "");
}

TEST_F(HostFactsTest, ALaptopOffItsMainsRunsOnBattery) {
  Write("sys/class/power_supply/BAT0/type", "Battery\n");
  Write("sys/class/power_supply/AC/type", "Mains\n");
  Write("sys/class/power_supply/AC/online", "0\n");
  EXPECT_THAT(HostFacts(root_.path()), Contains(Pair("power_supply", "battery")));

  Write("sys/class/power_supply/AC/online", "1\n");
  EXPECT_THAT(HostFacts(root_.path()), Contains(Pair("power_supply", "mains")));
}

TEST_F(HostFactsTest, AMacSaysThroughPmsetWhatItRunsOn) {
  Write("usr/bin/pmset", "#!/bin/sh\necho \"Now drawing from 'Battery Power'\"\n");
  std::filesystem::permissions(root_.Path("usr/bin/pmset"), std::filesystem::perms::owner_all);
  EXPECT_THAT(ChangingHostFacts(root_.path()), Contains(Pair("power_supply", "battery")));
  Write("usr/bin/pmset", "#!/bin/sh\necho \"Now drawing from 'AC Power'\"\n");
  EXPECT_THAT(ChangingHostFacts(root_.path()), Contains(Pair("power_supply", "mains")));
}

TEST_F(HostFactsTest, TellsThePowerModeOfTheFirmwareOrOfAJetson) {
  Write("var/lib/nvpmodel/status", "pmode:0002 fmode:fanNull\n");
  EXPECT_THAT(HostFacts(root_.path()), Contains(Pair("power_mode", "nvpmodel 0002")));

  Write("sys/firmware/acpi/platform_profile", "low-power\n");
  EXPECT_THAT(ChangingHostFacts(root_.path()), Contains(Pair("power_mode", "low-power")));
}

}  // namespace
}  // namespace wattfleet::agent
