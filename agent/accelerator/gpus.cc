#include "agent/accelerator/gpus.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "agent/accelerator/accelerator_id.h"
#include "agent/power/amd_smi/amd_gpu_library.h"
#include "agent/power/drm_card.h"
#include "agent/power/nvml/nvml_library.h"
#include "agent/power/nvml/visible_gpus.h"

namespace wattfleet::agent {

namespace {

std::optional<std::uint64_t> VideoMemory(const DrmCard& card) {
  std::uint64_t bytes = 0;
  const auto text = ReadFirstLine(card.device_folder + "/mem_info_vram_total");
  return text.ok() && absl::SimpleAtoi(*text, &bytes) ? std::optional(bytes) : std::nullopt;
}

std::string CardOf(const std::string& bus_id) {
  return bus_id.substr(0, bus_id.find('.'));
}

// Whether this is a die or partition whose energy another one tells.
bool IsPartOfAnother(AmdGpuLibrary& library, std::size_t gpu) {
  const AmdGpu& device = library.gpus()[gpu];
  for (std::size_t i = 0; i < gpu; ++i) {
    if (CardOf(library.gpus()[i].bus_id) == CardOf(device.bus_id)) {
      return true;
    }
  }
  AmdPower power;
  return absl::StrContains(device.name, "MI250") &&
         library.ReadPower(gpu, power) != ReadFault::kNone;
}

}  // namespace

std::vector<DiscoveredAccelerator> FindNvidiaGpus(const PowerPaths& paths) {
  std::vector<DiscoveredAccelerator> found;
  const auto library = NvmlLibrary::Open(paths.nvml_library);
  if (!library.ok()) {
    return found;
  }
  const auto visible = VisibleGpus(**library);
  for (const NvmlDevice& device : visible.ok() ? *visible : (*library)->devices()) {
    DiscoveredAccelerator gpu;
    gpu.offer.accelerator = NvidiaAcceleratorId(device.name);
    gpu.offer.device_ids = {device.uuid};
    gpu.description = device.name;
    gpu.memory_bytes = device.memory_bytes;
    found.push_back(std::move(gpu));
  }
  return found;
}

std::vector<DiscoveredAccelerator> FindAmdGpus(const PowerPaths& paths) {
  std::vector<DiscoveredAccelerator> found;
  std::vector<DrmCard> cards = FindDrmCards(paths.sysfs_root, {"amdgpu"});
  std::erase_if(cards, IsApu);
  const auto library = OpenAmdGpuLibrary(paths.amd_smi_library, paths.rocm_smi_library);
  for (std::size_t i = 0; library.ok() && i < (*library)->gpus().size(); ++i) {
    const AmdGpu& device = (*library)->gpus()[i];
    const auto card = std::find_if(cards.begin(), cards.end(),
                                   [&](const DrmCard& c) { return c.bus_id == device.bus_id; });
    DiscoveredAccelerator gpu;
    gpu.offer.accelerator = AmdAcceleratorId(device.name, card == cards.end() ? "" : card->pci_id);
    gpu.offer.device_ids = {device.bus_id};
    gpu.description = device.name;
    if (card != cards.end()) {
      gpu.memory_bytes = VideoMemory(*card);
      cards.erase(card);
    }
    if (!IsPartOfAnother(**library, i)) {
      found.push_back(std::move(gpu));
    }
  }
  for (const DrmCard& card : cards) {
    DiscoveredAccelerator gpu;
    gpu.offer.accelerator = AmdAcceleratorId(card.product, card.pci_id);
    gpu.offer.device_ids = {card.bus_id};
    gpu.description = card.product.empty() ? absl::StrCat("AMD GPU ", card.pci_id) : card.product;
    gpu.memory_bytes = VideoMemory(card);
    found.push_back(std::move(gpu));
  }
  return found;
}

std::vector<DiscoveredAccelerator> FindIntelGpus(const PowerPaths& paths) {
  std::vector<DiscoveredAccelerator> found;
  for (const DrmCard& card : FindDrmCards(paths.sysfs_root, {"xe", "i915"})) {
    DiscoveredAccelerator gpu;
    gpu.offer.accelerator = IntelGpuAcceleratorId(card.pci_id);
    gpu.offer.device_ids = {card.bus_id};
    gpu.description = absl::StrCat("Intel GPU ", card.pci_id);
    found.push_back(std::move(gpu));
  }
  return found;
}

}  // namespace wattfleet::agent
