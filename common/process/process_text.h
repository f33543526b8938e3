#ifndef WF_COMMON_PROCESS_PROCESS_TEXT_H_
#define WF_COMMON_PROCESS_PROCESS_TEXT_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wattfleet {

// What Linux's /proc says of processes, as text. All times are clock ticks.

// One process, as /proc/PID/stat has it.
struct ProcessRow {
  int pid = 0;
  int parent = 0;
  int group = 0;
  // Its own time in user and system mode, and that of all children which it has waited for.
  std::uint64_t ticks = 0;
  bool operator==(const ProcessRow&) const = default;
};

// Nothing where the text is not such a line. The program's name may hold any bytes.
std::optional<ProcessRow> ParseProcessStat(std::string_view text);

// The processors' time since boot, as the first line of /proc/stat has it.
struct ProcessorTicks {
  std::uint64_t programs = 0;  // user, nice and system: what processes account for
  std::uint64_t all = 0;       // with idle, waiting, interrupts and what a hypervisor took
  bool operator==(const ProcessorTicks&) const = default;
};

std::optional<ProcessorTicks> ParseProcessorTicks(std::string_view stat);

// The sockets' inode numbers in /proc/net/tcp (or tcp6) that listen on `port`. Lines of another
// form are passed over.
std::vector<std::uint64_t> ParseListeners(std::string_view table, int port);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_PROCESS_TEXT_H_
