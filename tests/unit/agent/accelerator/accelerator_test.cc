#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/accelerator/accelerator_id.h"
#include "agent/accelerator/discover.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using testing::FakeNvmlScript;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::SysfsTree;

TEST(AcceleratorIdTest, NamesNvidiaGpus) {
  const struct {
    const char* name;
    const char* id;
  } rows[] = {{"NVIDIA H200", "nvidia-h200"},
              {"NVIDIA H100 80GB HBM3", "nvidia-h100-sxm-80gb"},
              {"NVIDIA H100 PCIe", "nvidia-h100-pcie-80gb"},
              {"NVIDIA A100-SXM4-40GB", "nvidia-a100-sxm-40gb"},
              {"NVIDIA GeForce RTX 4090", "nvidia-geforce-rtx-4090"},
              {"NVIDIA GeForce RTX 3070 Laptop GPU", "nvidia-geforce-rtx-3070-laptop-gpu"},
              {"Tesla T4", "nvidia-tesla-t4"},
              {"NVIDIA GH200 480GB", "nvidia-gh200-480gb"},
              {"", "nvidia-gpu"}};
  for (const auto& row : rows) {
    EXPECT_EQ(NvidiaAcceleratorId(row.name), row.id);
  }
}

TEST(AcceleratorIdTest, NamesCpusWithoutTrademarksClocksAndCoreCounts) {
  const struct {
    const char* name;
    const char* id;
  } rows[] = {
      {"Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz", "cpu-intel-xeon-e5-2673-v4"},
      {"Intel(R) Xeon(R) Platinum 8480+", "cpu-intel-xeon-platinum-8480"},
      {"12th Gen Intel(R) Core(TM) i7-1260P", "cpu-intel-core-i7-1260p"},
      {"Intel(R) Core(TM) Ultra 7 155H", "cpu-intel-core-ultra-7-155h"},
      {"AMD EPYC 7763 64-Core Processor", "cpu-amd-epyc-7763"},
      {"AMD Ryzen 9 7950X 16-Core Processor", "cpu-amd-ryzen-9-7950x"},
      {"AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "cpu-amd-ryzen-7-7840u"},
      {"Neoverse-N1", "cpu-neoverse-n1"},
      {"", "cpu-aarch64"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(CpuAcceleratorId(row.name, "aarch64"), row.id);
  }
  EXPECT_EQ(CpuAcceleratorId("", ""), "cpu-unknown");
}

TEST(AcceleratorIdTest, NamesAppleChipsByCoresAndMemory) {
  EXPECT_EQ(AppleAcceleratorId("Apple M4 Max", 40, 128ULL << 30), "apple-m4-max-40c-128gb");
  EXPECT_EQ(AppleAcceleratorId("Apple M1", std::nullopt, 16ULL << 30), "apple-m1-16gb");
}

TEST(AcceleratorIdTest, FindsTheModelNameOfACpu) {
  EXPECT_EQ(CpuModelName("processor\t: 0\nmodel\t\t: 79\nmodel name\t: A CPU: B\n"), "A CPU: B");
  EXPECT_EQ(CpuModelName("processor\t: 0\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"),
            "Raspberry Pi 5 Model B Rev 1.0");
  EXPECT_EQ(CpuModelName("processor\t: 0\n"), "");
}

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() {
    tree_.Write(tree_.proc_root() + "/cpuinfo",
                "processor\t: 0\nmodel name\t: AMD EPYC 7763 64-Core Processor\n");
    tree_.Write(tree_.proc_root() + "/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
    paths_.nvml_library = testing::FakeNvmlLibrary();
    paths_.proc_root = tree_.proc_root();
  }

  SysfsTree tree_;
  FakeNvmlScript script_;
  DiscoveryPaths paths_;
};

TEST_F(DiscoveryTest, OffersTheCpuWhereThereIsNoGpu) {
  paths_.nvml_library = "/nowhere/libnvidia-ml.so";
  const auto found = DiscoverAccelerators(paths_);

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].offer.accelerator, "cpu-amd-epyc-7763");
  EXPECT_EQ(found[0].offer.name, "cpu-amd-epyc-7763");
  EXPECT_TRUE(found[0].offer.device_ids.empty());
  EXPECT_EQ(found[0].memory_bytes, 16'384U * 1'024);
}

TEST_F(DiscoveryTest, OffersEachGpuAsAnInstanceOfItsOwn) {
  script_.Line("gpu GPU-aa NVIDIA H200").Line("power 0 1").Line("memory_gib 141");
  script_.Line("gpu GPU-bb NVIDIA H200").Line("power 0 1");
  script_.Line("gpu GPU-cc NVIDIA L4").Line("power 0 1");
  const auto found = DiscoverAccelerators(paths_);

  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].offer.name, "nvidia-h200-0");
  EXPECT_EQ(found[1].offer.name, "nvidia-h200-1");
  EXPECT_EQ(found[2].offer.name, "nvidia-l4");
  EXPECT_EQ(found[0].offer.device_ids, std::vector<std::string>{"GPU-aa"});
  EXPECT_EQ(found[0].offer.location, Location::kLocal);
  EXPECT_EQ(found[0].memory_bytes, 141ULL << 30);
}

TEST_F(DiscoveryTest, GroupsDevicesOfOneType) {
  script_.Line("gpu GPU-aa NVIDIA H200").Line("power 0 1").Line("memory_gib 141");
  script_.Line("gpu GPU-bb NVIDIA H200").Line("power 0 1").Line("memory_gib 141");
  script_.Line("gpu GPU-cc NVIDIA L4").Line("power 0 1");
  const auto found = DiscoverAccelerators(paths_);

  WF_ASSERT_OK_AND_ASSIGN(const auto pair, GroupAccelerators(found, {"GPU-bb", "GPU-aa"}));
  EXPECT_EQ(pair.offer.accelerator, "nvidia-h200-x2");
  EXPECT_EQ(pair.offer.device_ids, (std::vector<std::string>{"GPU-bb", "GPU-aa"}));
  EXPECT_EQ(pair.memory_bytes, 282ULL << 30);
  WF_ASSERT_OK_AND_ASSIGN(const auto one, GroupAccelerators(found, {"GPU-cc"}));
  EXPECT_EQ(one.offer.accelerator, "nvidia-l4");
  EXPECT_THAT(GroupAccelerators(found, {"GPU-aa", "GPU-cc"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("devices of one type")));
  EXPECT_THAT(GroupAccelerators(found, {"GPU-aa", "GPU-aa"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("named twice")));
  EXPECT_THAT(GroupAccelerators(found, {"GPU-ab"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no device \"GPU-ab\" here")));
  EXPECT_THAT(GroupAccelerators(found, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least one")));
}

}  // namespace
}  // namespace wattfleet::agent
