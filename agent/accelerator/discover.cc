#include "agent/accelerator/discover.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <sys/utsname.h>

#include "agent/accelerator/accelerator_id.h"
#include "agent/accelerator/apple_hardware.h"
#include "agent/accelerator/gpus.h"
#include "common/domain/nearest_name.h"

namespace wattfleet::agent {

namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

DiscoveredAccelerator AppleChip(const AppleHardware& hardware) {
  DiscoveredAccelerator chip;
  chip.offer.accelerator =
      AppleAcceleratorId(hardware.brand, hardware.gpu_cores, hardware.memory_bytes);
  chip.description = hardware.brand;
  chip.memory_bytes = hardware.memory_bytes;
  return chip;
}

// The value of MemTotal, given in kB.
std::optional<std::uint64_t> HostMemory(const std::string& meminfo) {
  constexpr std::string_view kKey = "MemTotal:";
  const std::size_t at = meminfo.find(kKey);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const std::string line = meminfo.substr(at + kKey.size(), meminfo.find('\n', at) - at);
  const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  std::uint64_t kilobytes = 0;
  if (words.empty() || !absl::SimpleAtoi(words[0], &kilobytes)) {
    return std::nullopt;
  }
  return kilobytes * 1024;
}

DiscoveredAccelerator Cpu(const PowerPaths& paths) {
  utsname machine{};
  uname(&machine);
  DiscoveredAccelerator cpu;
  cpu.description = CpuModelName(ReadAll(paths.proc_root + "/cpuinfo"));
  cpu.offer.accelerator = CpuAcceleratorId(cpu.description, machine.machine);
  cpu.memory_bytes = HostMemory(ReadAll(paths.proc_root + "/meminfo"));
  return cpu;
}

// The accelerator's id, numbered where several are alike: names are unique on an agent.
void NameInstances(std::vector<DiscoveredAccelerator>& found) {
  std::map<std::string, int> alike;
  for (const DiscoveredAccelerator& accelerator : found) {
    ++alike[accelerator.offer.accelerator];
  }
  std::map<std::string, int> next;
  for (DiscoveredAccelerator& accelerator : found) {
    const std::string& id = accelerator.offer.accelerator;
    accelerator.offer.name = alike[id] > 1 ? absl::StrCat(id, "-", next[id]++) : id;
  }
}

}  // namespace

std::vector<DiscoveredAccelerator> DiscoverAccelerators(const PowerPaths& paths) {
  std::vector<DiscoveredAccelerator> found;
  for (const auto find : {FindNvidiaGpus, FindAmdGpus, FindIntelGpus}) {
    for (DiscoveredAccelerator& gpu : find(paths)) {
      found.push_back(std::move(gpu));
    }
  }
  if (const auto apple = ReadAppleHardware(); found.empty() && apple) {
    found.push_back(AppleChip(*apple));
  }
  if (found.empty()) {
    found.push_back(Cpu(paths));
  }
  NameInstances(found);
  return found;
}

absl::StatusOr<DiscoveredAccelerator> GroupAccelerators(
    const std::vector<DiscoveredAccelerator>& found, const std::vector<std::string>& device_ids) {
  if (device_ids.empty()) {
    return absl::InvalidArgumentError("an instance needs at least one device");
  }
  std::vector<std::string> known;
  for (const DiscoveredAccelerator& accelerator : found) {
    known.insert(known.end(), accelerator.offer.device_ids.begin(),
                 accelerator.offer.device_ids.end());
  }
  std::optional<DiscoveredAccelerator> group;
  for (const std::string& id : device_ids) {
    const auto device = std::find_if(found.begin(), found.end(), [&id](const auto& accelerator) {
      const auto& ids = accelerator.offer.device_ids;
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    });
    if (device == found.end()) {
      return absl::NotFoundError(
          absl::StrFormat("no device \"%s\" here; %s", id, NearestText(id, known)));
    }
    if (!group) {
      group = *device;
      continue;
    }
    if (group->offer.accelerator != device->offer.accelerator) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "an instance has devices of one type: %s is %s, %s is %s", device_ids.front(),
          group->offer.accelerator, id, device->offer.accelerator));
    }
    auto& ids = group->offer.device_ids;
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
      return absl::InvalidArgumentError(absl::StrFormat("device %s is named twice", id));
    }
    ids.push_back(id);
    if (group->memory_bytes && device->memory_bytes) {
      *group->memory_bytes += *device->memory_bytes;
    }
  }
  group->offer.accelerator = GroupAcceleratorId(group->offer.accelerator, device_ids.size());
  group->offer.name = group->offer.accelerator;
  return *std::move(group);
}

}  // namespace wattfleet::agent
