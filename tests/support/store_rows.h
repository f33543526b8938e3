#ifndef WF_TESTS_SUPPORT_STORE_ROWS_H_
#define WF_TESTS_SUPPORT_STORE_ROWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/store/records.h"

namespace wattfleet::testing {

// Rows to fill a store with. Everything is a function of its arguments.

inline constexpr SweepId kSweep{1};
inline constexpr PairId kPair{1};
inline constexpr ShardId kShard{1};
inline constexpr LeaseId kLease{1};
inline constexpr AgentId kAgent{1};

coordinator::SweepRecord SampleSweep(SweepId id, const std::string& name, std::int64_t n_queries);
PairSpec SamplePair(PairId id, SweepId sweep, std::int64_t n_units);
SpoolId SampleSpool(std::uint8_t which = 1);
ChannelFacts SampleChannel(const std::string& name);

// A completed result whose text digest is `digest`, with a body, tokens and times.
Result SampleResult(Unit unit, std::uint64_t digest = 7);

// Says what one AppendResults brings; Op() makes it.
struct SampleFrame {
  std::uint64_t seq = 1;
  std::vector<Result> results;
  LeaseId lease = kLease;
  PairId pair = kPair;
  SweepId sweep = kSweep;
  AgentId agent = kAgent;
  std::vector<std::optional<Verdict>> verdicts;
  std::optional<LeaseClose> close;
  SpoolId spool = SampleSpool();
  std::optional<TracePart> trace;

  coordinator::AppendResults Op() const;
};
// Results for each unit of `range`.
std::vector<Result> SampleResults(UnitRange range, std::uint64_t digest = 7);

// Submits sweep `name` with one pair of `n_units` in one shard; ids as given.
std::vector<coordinator::StoreOp> SubmitOps(SweepId sweep, const std::string& name,
                                            std::int64_t n_units);
// Grants that shard, in epoch `epoch`, as `lease` to `agent`.
std::vector<coordinator::StoreOp> GrantOps(LeaseId lease, UnitRange range, std::int64_t epoch = 1,
                                           AgentId agent = kAgent, ShardId shard = kShard);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_STORE_ROWS_H_
