#include "coordinator/fleet/roster.h"

#include <utility>

namespace wattfleet::coordinator {

std::optional<SessionId> Roster::Connect(SessionId session, AgentId agent, const AgentHello& hello,
                                         MonotonicTime now) {
  RosterAgent& entry = agents_[agent];
  entry.id = agent;
  std::optional<SessionId> replaced = entry.session;
  if (replaced.has_value()) {
    by_session_.erase(*replaced);
  }
  by_session_[session] = agent;
  entry.session = session;
  entry.last_heard = now;
  entry.credit_outstanding = 0;
  std::map<std::string, RosterInstance> instances;
  for (const InstanceOffer& offer : hello.instances) {
    RosterInstance& instance = instances[offer.name];
    instance.offer = offer;
    if (const auto known = entry.instances.find(offer.name); known != entry.instances.end()) {
      instance.last_pair = known->second.last_pair;
      instance.units_per_second = known->second.units_per_second;
      instance.last_close = known->second.last_close;
      instance.rows_since_close = known->second.rows_since_close;
    }
  }
  entry.instances = std::move(instances);
  entry.hello = hello;
  return replaced;
}

RosterAgent* Roster::Disconnect(SessionId session) {
  const auto it = by_session_.find(session);
  if (it == by_session_.end()) {
    return nullptr;
  }
  RosterAgent& agent = agents_.at(it->second);
  by_session_.erase(it);
  agent.session.reset();
  for (auto& [name, instance] : agent.instances) {
    instance.waiting.clear();
    instance.seen.clear();
  }
  return &agent;
}

RosterAgent* Roster::OfSession(SessionId session) {
  const auto it = by_session_.find(session);
  return it == by_session_.end() ? nullptr : &agents_.at(it->second);
}

RosterAgent* Roster::Find(AgentId agent) {
  const auto it = agents_.find(agent);
  return it == agents_.end() ? nullptr : &it->second;
}

}  // namespace wattfleet::coordinator
