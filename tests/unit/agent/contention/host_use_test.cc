#include "agent/contention/host_use.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/contention/device_processes.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// A machine with an agent (10) and its engine (20, whose worker 21 it started).
class HostUseTest : public ::testing::Test {
 protected:
  HostUseTest() {
    AddProcess(1, 0, 700);
    AddProcess(10, 1, 50);
    AddProcess(20, 1, 300);
    AddProcess(21, 20, 400);
    AddProcess(99, 1, 5'000);
    tree_.SetBusyTicks(9'000);
  }
  void AddProcess(int pid, int parent, int user) {
    const std::string number = std::to_string(pid);
    tree_.Write(tree_.proc_root() + "/" + number + "/stat",
                number + " (p) S " + std::to_string(parent) + " " + number + " 1 0 -1 0 0 0 0 0 " +
                    std::to_string(user) + " 0 0 0 20 0 1 0 1 1 1\n");
  }

  testing::SysfsTree tree_;
  testing::FakeNvmlScript script_;
};

TEST_F(HostUseTest, AgentAndEnginesAreOurs) {
  HostUse use(ProcessTable(tree_.proc_root()), 10, nullptr);
  const MachineLook look = use.Look({20}, true);
  ASSERT_TRUE(look.processors.has_value());
  EXPECT_EQ(look.processors->programs, 9'000U);
  EXPECT_EQ(look.own_ticks, 750U);
  EXPECT_THAT(look.shared_devices, IsEmpty());
  EXPECT_EQ(use.Look({}, false).own_ticks, 50U);
}

TEST_F(HostUseTest, AGpuOfOursOnWhichAnotherComputesIsShared) {
  script_.Line("gpu GPU-aaaa NVIDIA H200").Line("processes 21 99");
  script_.Line("gpu GPU-bbbb NVIDIA H200").Line("processes 21");
  script_.Line("gpu GPU-cccc NVIDIA H200").Line("processes 99");
  HostUse use(ProcessTable(tree_.proc_root()), 10, OpenNvmlProcesses(testing::FakeNvmlLibrary()));
  EXPECT_THAT(use.Look({20}, true).shared_devices, ElementsAre("GPU-aaaa"));
  EXPECT_THAT(use.Look({20}, false).shared_devices, IsEmpty());
}

TEST_F(HostUseTest, AGpuThatDoesNotTellIsLeftOut) {
  script_.Line("gpu GPU-aaaa NVIDIA H200").Line("processes 21 99").Line("fail processes 3 0 1e9");
  script_.Line("gpu GPU-bbbb NVIDIA H200").Line("processes 1 2 3");
  const auto processes = OpenNvmlProcesses(testing::FakeNvmlLibrary());
  ASSERT_NE(processes, nullptr);
  EXPECT_THAT(processes->Read(), ElementsAre(Pair("GPU-bbbb", UnorderedElementsAre(1, 2, 3))));
}

TEST(OpenNvmlProcesses, IsNothingWithoutTheLibrary) {
  EXPECT_EQ(OpenNvmlProcesses("/nowhere/libnvidia-ml.so.1"), nullptr);
}

}  // namespace
}  // namespace wattfleet::agent
