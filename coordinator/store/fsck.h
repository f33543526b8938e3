#ifndef WF_COORDINATOR_STORE_FSCK_H_
#define WF_COORDINATOR_STORE_FSCK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// What is wrong with a store: one line each.
struct FsckViolation {
  std::string file;
  std::string text;  // "I8 lease counters: lease_id=3"
  bool operator==(const FsckViolation&) const = default;
};

// Checks the catalogue and every sweep, or only `sweep_name`: SQLite's own structure, then the
// invariants of schema/fsck.sql, each file as of one moment. Reads only; works beside a
// coordinator. At most kFsckLinesMax violations of one kind are named in each file. An error when a
// file cannot be checked at all: no such directory or sweep (NOT_FOUND), or a file of another
// version or another program.
inline constexpr int kFsckLinesMax = 10;
absl::StatusOr<std::vector<FsckViolation>> RunFsck(
    const std::string& data_dir, const std::optional<std::string>& sweep_name = std::nullopt);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_FSCK_H_
