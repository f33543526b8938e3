#ifndef WF_AGENT_CONTENTION_DEVICE_PROCESSES_H_
#define WF_AGENT_CONTENTION_DEVICE_PROCESSES_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wattfleet::agent {

// Which processes compute on which accelerators of this host. Used by one thread at a time.
class DeviceProcesses {
 public:
  virtual ~DeviceProcesses() = default;
  // Device id -> pids; devices that do not tell are left out. Takes milliseconds a device.
  virtual std::map<std::string, std::vector<int>> Read() = 0;
};

// Of NVIDIA's GPUs, through the library at `path`; nullptr where it cannot be opened.
std::unique_ptr<DeviceProcesses> OpenNvmlProcesses(const std::string& path);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONTENTION_DEVICE_PROCESSES_H_
