#ifndef WF_COORDINATOR_CLI_OWN_PROGRAM_H_
#define WF_COORDINATOR_CLI_OWN_PROGRAM_H_

#include <string>

namespace wattfleet::coordinator {

// One of our other programs: the path of the one beside this, else its name, to be found on PATH.
std::string OwnProgram(const std::string& name);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_OWN_PROGRAM_H_
