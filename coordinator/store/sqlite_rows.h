#ifndef WF_COORDINATOR_STORE_SQLITE_ROWS_H_
#define WF_COORDINATOR_STORE_SQLITE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/energy.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"

namespace wattfleet::coordinator {

// What the writer and the readers of a sweep's file read alike.

// None when the file was created and its first batch never committed.
absl::StatusOr<std::optional<SweepRecord>> ReadSweep(SqliteConnection& connection);
// In id order, with counts from the lease counters.
absl::StatusOr<std::vector<PairSnapshot>> ReadPairs(SqliteConnection& connection, SweepId sweep);
// In (pair, lo) order.
absl::StatusOr<std::vector<ShardRecord>> ReadShards(SqliteConnection& connection);
absl::StatusOr<std::vector<LeaseRecord>> ReadOpenLeases(SqliteConnection& connection);
absl::StatusOr<std::optional<LeaseRecord>> ReadLease(SqliteConnection& connection, LeaseId lease);
absl::StatusOr<std::vector<StoreSnapshot::Cursor>> ReadCursors(SqliteConnection& connection);

// The key of one result's body.
inline constexpr int kUnitBits = 40;
inline constexpr std::int64_t kUnitsMax = std::int64_t{1} << kUnitBits;
inline constexpr std::int64_t kPairIdMax = (std::int64_t{1} << (63 - kUnitBits)) - 1;
inline std::int64_t ResponseKey(PairId pair, Unit unit) {
  return (pair.value << kUnitBits) | unit;
}

// What tells one environment, or one channel, from another: 16 bytes.
std::string EnvironmentDigest(AgentId agent, std::string_view instance,
                              const Environment& environment);
std::string ChannelDigest(AgentId agent, const ChannelFacts& facts);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_ROWS_H_
