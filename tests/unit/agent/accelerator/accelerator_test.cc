#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/accelerator/accelerator_id.h"
#include "agent/accelerator/discover.h"
#include "tests/support/fake_amd_script.h"
#include "tests/support/fake_nvml_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/sysfs_tree.h"

namespace wattfleet::agent {
namespace {

using testing::FakeAmdScript;
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

TEST(AcceleratorIdTest, NamesAmdAndIntelGpus) {
  EXPECT_EQ(AmdAcceleratorId("AMD Instinct MI300X", "1002:74A1"), "amd-instinct-mi300x");
  EXPECT_EQ(AmdAcceleratorId("Advanced Micro Devices, Inc. AMD Radeon RX 7900 XTX", ""),
            "amd-radeon-rx-7900-xtx");
  EXPECT_EQ(AmdAcceleratorId("", "1002:744C"), "amd-gpu-744c");
  EXPECT_EQ(AmdAcceleratorId("", ""), "amd-gpu");
  EXPECT_EQ(IntelGpuAcceleratorId("8086:56A0"), "intel-gpu-56a0");
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
    paths_.amd_smi_library = "/nowhere/libamd_smi.so";
    paths_.rocm_smi_library = "/nowhere/librocm_smi64.so";
    paths_.sysfs_root = tree_.sysfs_root();
    paths_.proc_root = tree_.proc_root();
  }

  void AddCard(int number, const std::string& driver, const std::string& uevent) {
    const std::string device =
        tree_.sysfs_root() + "/class/drm/card" + std::to_string(number) + "/device/";
    tree_.Write(device + "hwmon/hwmon1/name", driver + "\n");
    tree_.Write(device + "uevent", uevent);
    tree_.Write(device + "mem_info_vram_total", "25753026560\n");
  }

  SysfsTree tree_;
  FakeNvmlScript script_;
  PowerPaths paths_;
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

TEST_F(DiscoveryTest, OffersCardsOfEveryVendorAsTheirPowerSourcesNameThem) {
  script_.Line("gpu GPU-aa NVIDIA L4").Line("power 0 1");
  FakeAmdScript amd;
  amd.Line("gpu 0000:c1:00.0 AMD Instinct MI250X").Line("power 0 90");
  amd.Line("gpu 0000:c6:00.0 AMD Instinct MI250X").Line("power 0 90").Line("silent");
  paths_.amd_smi_library = testing::FakeAmdSmiLibrary();
  AddCard(0, "amdgpu", "PCI_ID=1002:7408\nPCI_SLOT_NAME=0000:c1:00.0\n");
  AddCard(1, "amdgpu", "PCI_ID=1002:7408\nPCI_SLOT_NAME=0000:c6:00.0\n");
  AddCard(2, "amdgpu", "PCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n");
  AddCard(3, "xe", "PCI_ID=8086:56A0\nPCI_SLOT_NAME=0000:04:00.0\n");
  AddCard(4, "amdgpu", "PCI_ID=1002:164E\nPCI_SLOT_NAME=0000:05:00.0\n");
  tree_.Write(tree_.sysfs_root() + "/class/drm/card4/device/hwmon/hwmon1/in1_label", "vddnb\n");
  const auto found = DiscoverAccelerators(paths_);

  std::vector<std::string> names;
  std::vector<std::string> ids;
  for (const DiscoveredAccelerator& accelerator : found) {
    names.push_back(accelerator.offer.name);
    ids.push_back(accelerator.offer.device_ids.at(0));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"nvidia-l4", "amd-instinct-mi250x", "amd-gpu-744c",
                                             "intel-gpu-56a0"}));
  EXPECT_EQ(ids,
            (std::vector<std::string>{"GPU-aa", "0000:c1:00.0", "0000:03:00.0", "0000:04:00.0"}));
  EXPECT_EQ(found[1].memory_bytes, 25'753'026'560U);
  EXPECT_EQ(found[2].memory_bytes, 25'753'026'560U);
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
