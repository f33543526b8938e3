#include "agent/contention/host_use.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace wattfleet::agent {

HostUse::HostUse(ProcessTable table, int own_pid, std::unique_ptr<DeviceProcesses> devices)
    : table_(std::move(table)), own_pid_(own_pid), devices_(std::move(devices)) {}

MachineLook HostUse::Look(const std::set<int>& engines, bool with_devices) {
  std::set<int> roots = engines;
  roots.insert(own_pid_);
  MachineLook look;
  look.processors = table_.Ticks();
  const std::vector<ProcessRow> processes = table_.Processes();
  const std::set<int> own = FamilyOf(processes, roots);
  for (const ProcessRow& process : processes) {
    look.own_ticks += own.contains(process.pid) ? process.ticks : 0;
  }
  if (with_devices && devices_ != nullptr) {
    look.shared_devices = SharedDevices(devices_->Read(), own);
  }
  return look;
}

std::set<std::string> SharedDevices(const std::map<std::string, std::vector<int>>& processes,
                                    const std::set<int>& own) {
  std::set<std::string> shared;
  for (const auto& [device, pids] : processes) {
    const auto ours = static_cast<std::size_t>(
        std::count_if(pids.begin(), pids.end(), [&own](int pid) { return own.contains(pid); }));
    if (ours > 0 && ours < pids.size()) {
      shared.insert(device);
    }
  }
  return shared;
}

}  // namespace wattfleet::agent
