#include "common/process/process_table.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace wattfleet {

namespace {

// The whole of a file of /proc, at most `bytes_max` of it; empty when it cannot be read.
std::string ReadProcFile(const std::string& path, std::size_t bytes_max) {
  std::string text;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return text;
  }
  constexpr std::size_t kChunk = 4096;
  while (text.size() < bytes_max) {
    const std::size_t had = text.size();
    text.resize(had + kChunk);
    const ssize_t got = read(descriptor, text.data() + had, kChunk);
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got <= 0) {
      break;
    }
  }
  close(descriptor);
  return text;
}

bool IsNumber(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The names in a folder; those that come while it is read may be missing.
std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  return names;
}

constexpr std::size_t kStatBytes = 8U << 10;
constexpr std::size_t kSocketTableBytes = 8U << 20;

}  // namespace

std::vector<ProcessRow> ProcessTable::Processes() const {
  std::vector<ProcessRow> rows;
  for (const std::string& name : NamesIn(root_)) {
    if (!IsNumber(name)) {
      continue;
    }
    if (const auto row = ParseProcessStat(ReadProcFile(root_ + "/" + name + "/stat", kStatBytes))) {
      rows.push_back(*row);
    }
  }
  return rows;
}

std::optional<ProcessorTicks> ProcessTable::Ticks() const {
  return ParseProcessorTicks(ReadProcFile(root_ + "/stat", kStatBytes));
}

std::set<std::string> ProcessTable::SocketsOn(int port) const {
  std::set<std::string> sockets;
  for (const char* const table : {"/net/tcp", "/net/tcp6"}) {
    for (const std::uint64_t inode :
         ParseListeners(ReadProcFile(root_ + table, kSocketTableBytes), port)) {
      sockets.insert("socket:[" + std::to_string(inode) + "]");
    }
  }
  return sockets;
}

std::set<std::string> ProcessTable::HeldBy(int pid, const std::set<std::string>& sockets) const {
  std::set<std::string> held;
  const std::string folder = root_ + "/" + std::to_string(pid) + "/fd";
  for (const std::string& name : NamesIn(folder)) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(folder + "/" + name, error).string();
    if (!error && sockets.contains(target)) {
      held.insert(target);
    }
  }
  return held;
}

bool ProcessTable::Listens(const std::set<int>& pids, int port) const {
  const std::set<std::string> sockets = SocketsOn(port);
  return !sockets.empty() && std::any_of(pids.begin(), pids.end(),
                                         [&](int pid) { return !HeldBy(pid, sockets).empty(); });
}

std::optional<int> ProcessTable::Listener(int port) const {
  const std::set<std::string> sockets = SocketsOn(port);
  if (sockets.empty()) {
    return std::nullopt;
  }
  const std::vector<ProcessRow> processes = Processes();
  std::set<std::string> seen;
  std::set<int> holders;
  for (const ProcessRow& process : processes) {
    const std::set<std::string> held = HeldBy(process.pid, sockets);
    seen.insert(held.begin(), held.end());
    if (!held.empty()) {
      holders.insert(process.pid);
    }
  }
  if (seen != sockets) {
    return std::nullopt;
  }
  for (const int holder : holders) {
    const std::set<int> family = FamilyOf(processes, {holder});
    if (std::includes(family.begin(), family.end(), holders.begin(), holders.end())) {
      return holder;
    }
  }
  return std::nullopt;
}

std::string ProcessTable::Name(int pid) const {
  std::string name = ReadProcFile(root_ + "/" + std::to_string(pid) + "/comm", kStatBytes);
  name.resize(std::min(name.size(), name.find('\n')));
  return name;
}

std::set<int> FamilyOf(std::span<const ProcessRow> processes, const std::set<int>& roots) {
  std::set<int> family = roots;
  std::unordered_map<int, std::vector<int>> children;
  std::vector<int> to_visit(roots.begin(), roots.end());
  for (const ProcessRow& row : processes) {
    children[row.parent].push_back(row.pid);
    if (roots.contains(row.group) && family.insert(row.pid).second) {
      to_visit.push_back(row.pid);
    }
  }
  while (!to_visit.empty()) {
    const int pid = to_visit.back();
    to_visit.pop_back();
    for (const int child : children[pid]) {
      if (family.insert(child).second) {
        to_visit.push_back(child);
      }
    }
  }
  return family;
}

}  // namespace wattfleet
