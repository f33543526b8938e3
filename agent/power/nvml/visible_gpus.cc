#include "agent/power/nvml/visible_gpus.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <numeric>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "agent/power/remedy.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

std::optional<std::string> Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// The numbers of `devices` in the order of their PCI addresses.
std::vector<std::size_t> PciOrder(const std::vector<NvmlDevice>& devices) {
  std::vector<std::size_t> order(devices.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&devices](std::size_t a, std::size_t b) {
    return devices[a].bus_id < devices[b].bus_id;
  });
  return order;
}

// The one device whose UUID begins so, or nothing.
std::optional<std::size_t> ByUuid(const std::vector<NvmlDevice>& devices, const std::string& uuid) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (!uuid.empty() && absl::StartsWith(devices[i].uuid, uuid)) {
      if (found) {
        return std::nullopt;
      }
      found = i;
    }
  }
  return found;
}

absl::Status UnknownOrder(const std::string& visible) {
  return WithRemedy(
      absl::FailedPreconditionError(absl::StrFormat(
          "CUDA_VISIBLE_DEVICES=%s counts GPUs in an order that nobody has stated", visible)),
      "export CUDA_DEVICE_ORDER=PCI_BUS_ID, or name GPUs by UUID (nvidia-smi -L)");
}

}  // namespace

CudaEnvironment CudaEnvironment::OfThisProcess() {
  return {Environment("CUDA_VISIBLE_DEVICES"), Environment("CUDA_DEVICE_ORDER")};
}

absl::StatusOr<std::vector<NvmlDevice>> VisibleGpus(
    const std::vector<NvmlDevice>& devices, const CudaEnvironment& environment,
    absl::FunctionRef<std::string(const std::string&)> parent_of) {
  if (!environment.visible_devices) {
    return devices;
  }
  const std::vector<std::size_t> pci_order = PciOrder(devices);
  std::set<std::size_t> visible;
  bool has_numbers = false;
  const std::vector<std::string> words = absl::StrSplit(*environment.visible_devices, ',');
  for (const std::string& padded : words) {
    const std::string word(absl::StripAsciiWhitespace(padded));
    std::optional<std::size_t> device;
    int number = 0;
    if (absl::SimpleAtoi(word, &number)) {
      has_numbers = true;
      if (number >= 0 && static_cast<std::size_t>(number) < devices.size()) {
        device = pci_order[static_cast<std::size_t>(number)];
      }
    } else {
      device = ByUuid(devices, absl::StartsWith(word, "MIG-") ? parent_of(word) : word);
    }
    if (!device) {
      break;  // CUDA sees only what comes before the first that it does not know
    }
    visible.insert(*device);
  }
  const bool is_order_stated = environment.device_order == "PCI_BUS_ID";
  if (has_numbers && !visible.empty() && visible.size() < devices.size() && !is_order_stated) {
    return UnknownOrder(*environment.visible_devices);
  }
  if (visible.empty()) {
    return absl::NotFoundError(absl::StrFormat("CUDA_VISIBLE_DEVICES=%s leaves no GPU to measure",
                                               *environment.visible_devices));
  }
  std::vector<NvmlDevice> chosen;
  for (const std::size_t device : visible) {
    chosen.push_back(devices[device]);
  }
  return chosen;
}

absl::StatusOr<std::vector<NvmlDevice>> VisibleGpus(const NvmlLibrary& library) {
  return VisibleGpus(
      library.devices(), CudaEnvironment::OfThisProcess(),
      [&library](const std::string& uuid) { return library.ParentOfPartition(uuid); });
}

}  // namespace wattfleet::agent
