#ifndef WF_COMMON_PROCESS_PROCESS_TABLE_H_
#define WF_COMMON_PROCESS_PROCESS_TABLE_H_

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/process/process_text.h"

namespace wattfleet {

// The processes of this machine as Linux's /proc shows them, read anew with each call, which costs
// about 10 us a process. Elsewhere there is no such tree, and nothing is told. Thread-safe.
class ProcessTable {
 public:
  // `root` is /proc, or a tree that looks like it.
  explicit ProcessTable(std::string root = "/proc") : root_(std::move(root)) {}

  // Those that can be read, in no order.
  std::vector<ProcessRow> Processes() const;
  std::optional<ProcessorTicks> Ticks() const;
  // Whether one of `pids` holds a socket that listens on `port`, in this process's network.
  bool Listens(const std::set<int>& pids, int port) const;

 private:
  const std::string root_;
};

// The pids of `roots`, of all their descendants, and of the process groups that they lead.
std::set<int> FamilyOf(std::span<const ProcessRow> processes, const std::set<int>& roots);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_PROCESS_TABLE_H_
