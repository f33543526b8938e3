#ifndef WF_AGENT_CONTENTION_HOST_USE_H_
#define WF_AGENT_CONTENTION_HOST_USE_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/contention/device_processes.h"
#include "agent/contention/machine_use.h"
#include "common/process/process_table.h"

namespace wattfleet::agent {

// This host's use, by its table of processes and what its accelerators list.
class HostUse final : public MachineUse {
 public:
  // `own_pid`: this process. `devices` may be null.
  HostUse(ProcessTable table, int own_pid, std::unique_ptr<DeviceProcesses> devices);

  MachineLook Look(const std::set<int>& engines, bool with_devices) override;

 private:
  const ProcessTable table_;
  const int own_pid_;
  const std::unique_ptr<DeviceProcesses> devices_;
};

// The devices on which both `own` processes and others are listed.
std::set<std::string> SharedDevices(const std::map<std::string, std::vector<int>>& processes,
                                    const std::set<int>& own);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONTENTION_HOST_USE_H_
