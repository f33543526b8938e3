#ifndef WF_COORDINATOR_STORE_SWEEP_COPY_H_
#define WF_COORDINATOR_STORE_SWEEP_COPY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/ids.h"

namespace wattfleet::coordinator {

// What a text of a sweep's file is.
enum class SweepText {
  kMessage,      // for people: reasons, events, failures
  kResolved,     // the resolved sweep file, JSON
  kSpec,         // a pair, JSON
  kFacts,        // of an environment or a channel, JSON
  kChannelName,  // as its facts and its traces have it
  kInstance,     // an agent's name for an accelerator
  kTrace,        // of a lease, all its parts, bytes
  kExtracted,    // what a grader took out of a response
};

// How the rows of a sweep's file change on their way into another. Ids grow by their offset.
struct SweepRewrite {
  std::optional<SweepId> id;
  std::optional<std::string> name;
  std::int64_t pair_offset = 0;
  std::int64_t shard_offset = 0;
  std::int64_t lease_offset = 0;
  std::int64_t row_offset = 0;                      // of environments, channels, failures, events
  std::function<std::int64_t(std::int64_t)> agent;  // null = as it is
  std::function<std::string(SweepText, std::string_view)> text;  // null = as it is
  bool with_responses = true;
  // What was still open is cancelled, since nobody will go on with it there: sweep, pairs, shards,
  // leases.
  bool end_work = false;
};

// Copies a sweep's file, as of one moment and beside a coordinator at work, into a file of ours: a
// new one, or one that a copy made, whose sweep and sample then stay and must be the same
// (FAILED_PRECONDITION says what differs). Cursors of agents are not copied. The target ends as one
// file without a log. INVALID_ARGUMENT when the source is no sweep's file or holds rows that cannot
// be; on any error the target is of no use.
absl::Status CopySweepFile(const std::string& source, const std::string& target,
                           const SweepRewrite& rewrite);

// Brings a sweep's file that an older wattfleet made to this one's version, in place.
// FAILED_PRECONDITION for a newer one.
absl::Status UpdateSweepFile(const std::string& path);

struct HighestIds {
  std::int64_t pair = 0;
  std::int64_t shard = 0;
  std::int64_t lease = 0;
};
absl::StatusOr<HighestIds> HighestIdsOf(const std::string& sweep_path);

// The highest id of environments, channels, failures and events of a sweep's file.
absl::StatusOr<std::int64_t> HighestRowId(const std::string& sweep_path);

// The random id of the store in a data directory. NOT_FOUND where there is no catalogue.
absl::StatusOr<std::string> ReadStoreId(const std::string& data_dir);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SWEEP_COPY_H_
