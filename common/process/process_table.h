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
  // The process whose socket listens on `port`, in this process's network; of several that share
  // it, the one that started the others. Nothing where the owner of one of the port's listeners
  // cannot be seen (another user's, one in a container), or unrelated ones have one each. Looks at
  // every process that may be looked into: some milliseconds.
  std::optional<int> Listener(int port) const;
  // What the program calls itself, at most 15 bytes; empty where nobody tells.
  std::string Name(int pid) const;

 private:
  // As /proc names the sockets that listen on a port.
  std::set<std::string> SocketsOn(int port) const;
  // Those of `sockets` that the process holds; empty where it may not be looked into.
  std::set<std::string> HeldBy(int pid, const std::set<std::string>& sockets) const;

  const std::string root_;
};

// The pids of `roots`, of all their descendants, and of the process groups that they lead.
std::set<int> FamilyOf(std::span<const ProcessRow> processes, const std::set<int>& roots);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_PROCESS_TABLE_H_
