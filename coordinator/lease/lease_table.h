#ifndef WF_COORDINATOR_LEASE_LEASE_TABLE_H_
#define WF_COORDINATOR_LEASE_LEASE_TABLE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/ids.h"
#include "common/domain/unit.h"
#include "common/time/clock.h"

namespace wattfleet::coordinator {

// Where an open lease stands between two commits.
enum class LeasePhase {
  kGranting,  // written, not yet said to the agent
  kActive,
  kClosing,  // its close is on the way to the disk; neither expires nor renews
};

struct OpenLease {
  LeaseId id;
  ShardId shard;
  PairId pair;
  std::int64_t epoch = 0;
  AgentId agent;
  SessionId session;  // that asked for it, or reported it as held
  std::string instance;
  UnitRange range;
  LeasePhase phase = LeasePhase::kGranting;
  std::uint64_t request_id = 0;
  std::chrono::milliseconds ttl{0};
  std::optional<MonotonicTime> granted;  // unknown for one that an earlier process granted
  MonotonicTime expires{};
  std::int64_t units_done = 0;  // the agent's word, the highest so far
  std::int64_t accepted = 0;    // rows that the store took
  bool operator==(const OpenLease&) const = default;
};

// Which leases are open, and until when. A lease is renewed by progress only: an agent that is
// alive but stuck loses it. Not thread-safe: confined to the core.
class LeaseTable {
 public:
  void Add(OpenLease lease);
  void Remove(LeaseId id);
  OpenLease* Find(LeaseId id);
  const OpenLease* Find(LeaseId id) const;

  // Notes how far the agent says it is. More units than ever before renew every lease of that
  // instance, since a prefetched one waits for the one before it.
  void Progress(LeaseId id, std::int64_t units_done, MonotonicTime now);
  // The store took rows: progress that needs nobody's word.
  void Accepted(LeaseId id, std::int64_t rows, MonotonicTime now);
  // Brings the end of all leases of `agent` no further than `until`.
  void CapExpiry(AgentId agent, MonotonicTime until);
  // Gives all leases of `agent` their full time again.
  void Restart(AgentId agent, MonotonicTime now);

  // Whether it is the oldest open lease of its instance: the one that was being worked on. The
  // others were prefetched, or filled slots that it left free.
  bool IsFirstOfInstance(const OpenLease& lease) const;
  // Active leases whose time is up, by id.
  std::vector<LeaseId> Due(MonotonicTime now) const;
  std::vector<LeaseId> OfAgent(AgentId agent) const;
  std::vector<LeaseId> OfPair(PairId pair) const;
  std::int64_t CountOf(AgentId agent, const std::string& instance) const;
  std::int64_t CountOf(PairId pair) const;
  std::size_t size() const { return leases_.size(); }
  const std::map<LeaseId, OpenLease>& all() const { return leases_; }

 private:
  void RenewInstance(AgentId agent, const std::string& instance, MonotonicTime now);

  std::map<LeaseId, OpenLease> leases_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_LEASE_LEASE_TABLE_H_
