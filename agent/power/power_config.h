#ifndef WF_AGENT_POWER_POWER_CONFIG_H_
#define WF_AGENT_POWER_POWER_CONFIG_H_

#include <map>
#include <string>
#include <vector>

namespace wattfleet::agent {

// Options of one source as written in agent.yaml, e.g. {"poll_period": "50ms"}.
using SourceOptions = std::map<std::string, std::string>;

// One entry of agent.yaml's `power:` list.
struct SourceRequest {
  std::string name;
  SourceOptions options;
  bool operator==(const SourceRequest&) const = default;
};

// Where the machine's interfaces are; tests put fakes there.
struct PowerPaths {
  std::string nvml_library = "libnvidia-ml.so.1";
  std::string amd_smi_library = "libamd_smi.so";
  std::string rocm_smi_library = "librocm_smi64.so";
  std::string sysfs_root = "/sys";
  std::string proc_root = "/proc";
  bool operator==(const PowerPaths&) const = default;
};

// What to measure with. `automatic`: every real sensor found here; a modelled source only ever by
// name, in `sources`. Sources named there must open, and replace the automatic one of that name.
struct PowerConfig {
  bool automatic = true;
  std::vector<SourceRequest> sources;
  PowerPaths paths;
  bool operator==(const PowerConfig&) const = default;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_POWER_CONFIG_H_
