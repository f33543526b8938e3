#ifndef WF_COMMON_DOMAIN_FLEET_H_
#define WF_COMMON_DOMAIN_FLEET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/ids.h"
#include "common/domain/pair.h"
#include "common/domain/result.h"

namespace wattfleet {

// What an agent can run: an engine kind, and the refs it has there. A ref "*" means any.
struct EngineOffer {
  std::string kind;
  std::vector<std::string> refs;
  std::string base_url;  // shown to people
  bool operator==(const EngineOffer&) const = default;
};

// One schedulable accelerator of an agent.
struct InstanceOffer {
  std::string name;         // unique on the agent
  std::string accelerator;  // id, e.g. "nvidia-h200"
  Location location = Location::kLocal;
  std::vector<std::string> device_ids;
  std::vector<EngineOffer> engines;
  bool operator==(const InstanceOffer&) const = default;
};

// A lease that an agent still holds when it (re)connects.
struct HeldLease {
  LeaseId lease;
  std::int64_t epoch = 0;
  bool finished = false;  // all results and the close are in the spool
  bool operator==(const HeldLease&) const = default;
};

// What an agent says first on every connection.
struct AgentHello {
  std::string agent_name;
  std::string agent_version;
  std::uint64_t incarnation = 0;  // grows at every start of the agent
  SpoolId spool_id{};
  std::uint64_t spool_retained_from = 0;  // first sequence number it can still send
  std::uint64_t spool_next = 0;
  std::vector<InstanceOffer> instances;
  std::vector<HeldLease> held;
  std::vector<std::string> power_channels;  // what it can measure, shown to people
  bool operator==(const AgentHello&) const = default;
};

// The right to work on `units` of a pair until it expires.
struct LeaseGrant {
  LeaseId lease;
  ShardId shard;
  std::int64_t epoch = 0;
  PairSpec pair;
  std::string instance;
  std::vector<UnitRange> units;  // only those without a result yet, ascending
  std::optional<Seal> seal;      // serve exactly this or do not start
  std::chrono::milliseconds ttl{0};
  std::uint64_t request_id = 0;
  // Agents died on it: run no other lease beside it, so that the next death tells whose fault it
  // is.
  bool alone = false;
  bool operator==(const LeaseGrant&) const = default;
};

// What the coordinator says of a lease that an agent holds.
enum class LeaseVerdict { kKeep = 0, kFinishAndReport = 1, kStop = 2, kUnknown = 3 };

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_FLEET_H_
