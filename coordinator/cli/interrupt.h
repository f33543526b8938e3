#ifndef WF_COORDINATOR_CLI_INTERRUPT_H_
#define WF_COORDINATOR_CLI_INTERRUPT_H_

#include <chrono>

namespace wattfleet::coordinator {

// Ctrl-C and SIGTERM, as something to wait for. One per process; restores the former handling when
// it goes.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Waits for `span`, or until the user asks to stop; says whether that has happened.
  bool WaitFor(std::chrono::milliseconds span);
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_INTERRUPT_H_
