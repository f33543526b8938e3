#ifndef WF_COORDINATOR_CLI_LOCAL_FLEET_H_
#define WF_COORDINATOR_CLI_LOCAL_FLEET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/process/posix_process_launcher.h"
#include "common/time/clock.h"
#include "coordinator/cli/fleet_client.h"
#include "coordinator/cli/interrupt.h"

namespace wattfleet::coordinator {

// A coordinator and its agents on this machine, for as long as a command needs them. What dies is
// started again. One thread.
class LocalFleet {
 public:
  struct Options {
    std::string data_directory;
    std::vector<std::string> agent_files;  // one agent each
  };

  // Starts them and waits until every agent has connected. FAILED_PRECONDITION with the program's
  // own last line when one refuses to start (a file of the user's, a data directory in use);
  // CANCELLED when the user interrupts.
  static absl::StatusOr<std::unique_ptr<LocalFleet>> Start(Options options, Interrupt& interrupt,
                                                           const Clock& clock);
  // Stops them in order: agents first, so that their last results are taken.
  ~LocalFleet();
  LocalFleet(const LocalFleet&) = delete;
  LocalFleet& operator=(const LocalFleet&) = delete;

  FleetClient& client() { return *client_; }
  // Starts again what has died since the last call. UNAVAILABLE when something keeps dying.
  absl::Status Attend();

 private:
  struct Member {
    std::string what;  // "the coordinator", "agent demo-agent-a.yaml"
    ProcessSpec spec;
    std::unique_ptr<ChildProcess> process;
    int restarts = 0;
  };

  LocalFleet(Options options, Interrupt& interrupt, const Clock& clock)
      : options_(std::move(options)), interrupt_(interrupt), clock_(clock) {}

  absl::Status StartCoordinator();
  absl::Status StartAgents();
  absl::Status WaitForAgents();
  absl::Status Launch(std::string what, std::vector<std::string> argv);
  // What a program that ended by itself said last.
  static absl::Status Refusal(const Member& member);

  const Options options_;
  Interrupt& interrupt_;
  const Clock& clock_;
  PosixProcessLauncher launcher_;
  std::string address_;
  std::vector<Member> members_;  // the coordinator first
  std::unique_ptr<FleetClient> client_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_LOCAL_FLEET_H_
