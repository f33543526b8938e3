#ifndef WF_COMMON_DOMAIN_SESSION_H_
#define WF_COMMON_DOMAIN_SESSION_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/domain/fleet.h"
#include "common/domain/ids.h"
#include "common/domain/query.h"
#include "common/domain/result.h"

namespace wattfleet {

// The messages of one Session stream, as both cores see them. docs/protocol.md tells their story;
// proto/wattfleet/v1/fleet.proto is their wire form.

// "Instance `instance` has room for one more lease." The same request_id is answered with the same
// grant; it stays open until there is work.
struct WorkRequest {
  std::uint64_t request_id = 0;  // unique within an agent's incarnation
  std::string instance;
  bool operator==(const WorkRequest&) const = default;
};

// One frame of the spool: a serialised v1.ResultBatch, sent exactly as it was stored.
struct SpooledBatch {
  std::uint64_t seq = 0;
  std::string bytes;
  bool operator==(const SpooledBatch&) const = default;
};

struct LeaseProgress {
  LeaseId lease;
  std::int64_t epoch = 0;
  std::int64_t units_done = 0;  // finished here, whether or not acknowledged
  double units_per_second = 0;
  bool operator==(const LeaseProgress&) const = default;
};

struct Heartbeat {
  std::uint64_t seq = 0;
  std::vector<LeaseProgress> leases;
  std::string health;  // one line for `status`; empty when all is well
  bool operator==(const Heartbeat&) const = default;
};

// The agent leaves on purpose: its leases are released and nothing is charged.
struct Goodbye {
  std::string reason;
  bool operator==(const Goodbye&) const = default;
};

using AgentMessage = std::variant<AgentHello, WorkRequest, SpooledBatch, Heartbeat, Goodbye>;

struct Welcome {
  std::int64_t agent = 0;
  std::string store_id;               // changes when the store is another one
  std::uint64_t ack_through_seq = 0;  // durable; the agent sends what follows
  std::chrono::milliseconds heartbeat{5'000};
  std::chrono::milliseconds session_dead{45'000};
  std::int64_t credit_bytes = 0;  // of SpooledBatch bytes that may be outstanding
  std::vector<std::pair<LeaseId, LeaseVerdict>> held;  // one verdict for each held lease
  bool operator==(const Welcome&) const = default;
};

// The session is over. A permanent refusal stops the agent's retries.
struct Refuse {
  std::string code;  // e.g. "SUPERSEDED", "UPGRADE_REQUIRED"
  std::string reason;
  std::chrono::milliseconds retry_after{0};
  bool permanent = false;
  bool operator==(const Refuse&) const = default;
};

// The queries of a granted lease, in order, in one or more chunks.
struct LeaseQueries {
  LeaseId lease;
  std::int64_t epoch = 0;
  std::vector<LeaseQuery> queries;
  bool last = false;
  bool operator==(const LeaseQueries&) const = default;
};

// Everything up to `through_seq` is durable and may leave the spool.
struct ResultAck {
  SpoolId spool_id{};
  std::uint64_t through_seq = 0;
  std::int64_t accepted = 0;
  std::int64_t duplicate = 0;
  std::int64_t refused = 0;
  std::int64_t credit_bytes = 0;  // given back
  bool operator==(const ResultAck&) const = default;
};

struct HeartbeatAck {
  std::uint64_t seq = 0;
  bool operator==(const HeartbeatAck&) const = default;
};

// Stop, or go on with, one lease.
struct LeaseOrder {
  LeaseId lease;
  LeaseVerdict verdict = LeaseVerdict::kKeep;
  bool operator==(const LeaseOrder&) const = default;
};

enum class FleetOrderKind { kDrain = 0, kShutdown = 1 };

struct FleetOrder {
  FleetOrderKind kind = FleetOrderKind::kDrain;
  bool operator==(const FleetOrder&) const = default;
};

using CoordinatorMessage = std::variant<Welcome, Refuse, LeaseGrant, LeaseQueries, ResultAck,
                                        HeartbeatAck, LeaseOrder, FleetOrder>;

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_SESSION_H_
