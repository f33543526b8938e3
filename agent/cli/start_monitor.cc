#include "agent/cli/start_monitor.h"

#include <map>
#include <string>
#include <thread>

#include "absl/strings/str_join.h"

#include "agent/cli/host_facts.h"
#include "agent/cli/instances.h"

namespace wattfleet::agent {

namespace {

MonitoredHost DescribeHost(const AgentConfig& config) {
  std::map<std::string, std::string> facts = HostFacts();
  MonitoredHost host;
  host.os_name = facts["os"];
  host.kernel_version = facts["kernel"];
  host.host_name = config.name;
  host.cpu_brand = facts["cpu"];
  host.cpu_count = std::thread::hardware_concurrency();
  std::map<std::string, int> counts;
  for (const DiscoveredAccelerator& accelerator : FindAccelerators(config)) {
    ++counts[accelerator.description];
  }
  host.accelerators = absl::StrJoin(counts, ", ", absl::PairFormatter(" x"));
  return host;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EnergyMonitorServer>> StartMonitor(const AgentConfig& config,
                                                                  EnergyMeter& meter,
                                                                  const Clock& clock) {
  if (config.monitor.listen.empty()) {
    return nullptr;
  }
  return EnergyMonitorServer::Start({.listen = config.monitor.listen,
                                     .interval = config.monitor.interval,
                                     .host = DescribeHost(config)},
                                    meter, clock);
}

}  // namespace wattfleet::agent
