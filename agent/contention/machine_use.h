#ifndef WF_AGENT_CONTENTION_MACHINE_USE_H_
#define WF_AGENT_CONTENTION_MACHINE_USE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "common/process/process_text.h"

namespace wattfleet::agent {

// Who has used the machine, at one moment.
struct MachineLook {
  std::optional<ProcessorTicks> processors;  // absent: the system does not tell
  std::uint64_t own_ticks = 0;  // of them, what this process and the engines have used so far
  // Ids of devices on which both one of our processes and a foreign one compute. A device where
  // none of ours is listed is not among them: then the list may count processes in another way.
  std::set<std::string> shared_devices;
};

// Looks at the machine. Used by one thread at a time.
class MachineUse {
 public:
  virtual ~MachineUse() = default;
  // `engines`: the processes of engines, with everything that they started. `with_devices`:
  // shared_devices as well, which is dear. Blocks for some milliseconds.
  virtual MachineLook Look(const std::set<int>& engines, bool with_devices) = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONTENTION_MACHINE_USE_H_
