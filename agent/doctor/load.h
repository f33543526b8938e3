#ifndef WF_AGENT_DOCTOR_LOAD_H_
#define WF_AGENT_DOCTOR_LOAD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "common/domain/scope.h"

namespace wattfleet::agent {

// What a load acts upon.
struct LoadReach {
  std::string what;                     // for people: "every core of the processor"
  PartSet parts = 0;                    // of the machine
  std::vector<std::string> device_ids;  // of accelerators; none: the host itself
};

// Work that makes parts of this machine draw more than when idle.
class Load {
 public:
  virtual ~Load() = default;
  virtual const LoadReach& reach() const = 0;
  // Begins the work; an error says in one line why it cannot be made.
  virtual absl::Status Start() = 0;
  // Ends it; nothing when it does not run. An error says why there was no work, or not all the
  // time.
  virtual absl::Status Stop() = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_LOAD_H_
