#ifndef WF_COMMON_PROCESS_STOP_SIGNALS_H_
#define WF_COMMON_PROCESS_STOP_SIGNALS_H_

#include <csignal>

namespace wattfleet {

// Blocks SIGINT and SIGTERM for this thread and those it starts later, and returns them for
// sigwait. Call before any thread starts, so that all of them leave the signals to who waits.
sigset_t BlockStopSignals();

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_STOP_SIGNALS_H_
