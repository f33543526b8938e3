#ifndef WF_AGENT_DOCTOR_CLASS_REACH_H_
#define WF_AGENT_DOCTOR_CLASS_REACH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/class_table.h"

namespace wattfleet::agent {

// A channel as far as the classes of energy are concerned.
struct SensedChannel {
  std::string name;
  std::string source;
  Scope scope = Scope::kAccelerator;
  std::string device_id;  // empty: the whole host
};

// How a class of energy can be measured for some devices of this machine, if at all.
struct ClassReach {
  std::string asked;                // the class, as a report is asked for it
  std::optional<std::string> name;  // what it becomes here, e.g. host-nodram; absent: out of reach
  std::vector<std::size_t> channels;  // that are summed, none of which shares a part with another
  std::string lack;                   // when out of reach: what would be needed
};

// The reach of every class for those devices (none: the host itself), in the order of the table.
// Channels that are no sensors and those of other devices count for nothing; each of the devices
// must be seen.
std::vector<ClassReach> ReachOfClasses(DeviceKind kind, const std::vector<std::string>& device_ids,
                                       const std::vector<SensedChannel>& channels);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_CLASS_REACH_H_
