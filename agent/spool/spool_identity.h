#ifndef WF_AGENT_SPOOL_SPOOL_IDENTITY_H_
#define WF_AGENT_SPOOL_SPOOL_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "common/domain/result.h"

namespace wattfleet::agent {

// What the file `identity` of a spool directory says: which spool is the current one, whose it is,
// and how it was left.
struct SpoolIdentity {
  SpoolId id{};
  std::string agent;
  std::uint64_t incarnation = 0;
  std::string boot_id;    // of the machine when it was last opened
  bool is_clean = false;  // closed with everything synced
  bool operator==(const SpoolIdentity&) const = default;
};

std::string SpoolIdHex(const SpoolId& id);

// Lines of "key value"; FormatIdentity and ParseIdentity are inverse. DATA_LOSS when `text` is not
// such a file; FAILED_PRECONDITION when a newer version wrote it.
std::string FormatIdentity(const SpoolIdentity& identity);
absl::StatusOr<SpoolIdentity> ParseIdentity(const std::string& text);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_SPOOL_IDENTITY_H_
