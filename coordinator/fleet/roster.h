#ifndef WF_COORDINATOR_FLEET_ROSTER_H_
#define WF_COORDINATOR_FLEET_ROSTER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/domain/fleet.h"
#include "common/domain/ids.h"
#include "common/domain/session.h"
#include "common/time/clock.h"

namespace wattfleet::coordinator {

// One instance of a known agent, and what it asks for.
struct RosterInstance {
  InstanceOffer offer;
  std::vector<WorkRequest> waiting;           // unanswered, oldest first; at most kWaitingMax
  std::set<std::uint64_t> seen;               // request ids answered or waiting, in this session
  PairId last_pair;                           // its engine probably has this model loaded
  std::map<PairId, double> units_per_second;  // smoothed over leases
  MonotonicTime last_close{};                 // up to when its speed is known
  std::int64_t rows_since_close = 0;          // that the store took of its leases since then
  std::map<PairId, std::string> barred;       // pairs that it cannot drive, and why, one line each
};

struct RosterAgent {
  AgentId id;
  std::optional<SessionId> session;  // while connected
  AgentHello hello;
  std::map<std::string, RosterInstance> instances;
  MonotonicTime last_heard{};
  std::int64_t credit_outstanding = 0;  // bytes received and not yet acknowledged
  std::uint64_t backlog_through = 0;    // the spool's last frame at Hello
  std::vector<LeaseId> orphans;         // leases that it forgot; judged once its backlog is in
  bool orphans_crashed = false;
  std::vector<LeaseId> reported;  // leases whose close is in its backlog
  std::int32_t consecutive_failures = 0;
  MonotonicTime quarantined_until{};
  std::int32_t quarantines = 0;
  std::set<PairId> mismatched;  // pairs whose seal it cannot serve
  std::int64_t results = 0;
  std::string health;         // what it last said of itself; empty: all is well
  std::string noted_trouble;  // its last event, without digits
};

// Which agents exist, who is connected, and what their instances ask for. Not thread-safe: confined
// to the core.
class Roster {
 public:
  static constexpr std::size_t kWaitingMax = 4;

  // Makes `session` the agent's only one. Returns the session that it replaces, if any.
  std::optional<SessionId> Connect(SessionId session, AgentId agent, const AgentHello& hello,
                                   MonotonicTime now);
  // Forgets the session; a fenced one changes nothing. Returns the agent that lost its connection.
  RosterAgent* Disconnect(SessionId session);

  // The agent behind a live session; nullptr when it is fenced or unknown.
  RosterAgent* OfSession(SessionId session);
  RosterAgent* Find(AgentId agent);
  const std::map<AgentId, RosterAgent>& agents() const { return agents_; }
  std::map<AgentId, RosterAgent>& agents() { return agents_; }
  std::size_t connected() const { return by_session_.size(); }

 private:
  std::map<AgentId, RosterAgent> agents_;
  std::map<SessionId, AgentId> by_session_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_FLEET_ROSTER_H_
