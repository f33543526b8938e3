#include "coordinator/service/status_wire.h"

#include <chrono>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "wattfleet/v1/control.pb.h"

#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::seconds kSuspectAfter{15};

std::string WorkOf(const CoordinatorCore& core, AgentId agent, const std::string& instance) {
  for (const auto& [id, lease] : core.leases().all()) {
    if (lease.agent == agent && lease.instance == instance) {
      return absl::StrCat(PairName(core.pairs().at(lease.pair).spec), " units ", lease.range.lo,
                          "..", lease.range.hi);
    }
  }
  return "";
}

// What the agent says of itself, and how long it gets no work for leases without a result.
std::string HealthOf(const RosterAgent& agent, MonotonicTime now) {
  std::string health = agent.health;
  if (agent.quarantined_until > now) {
    absl::StrAppend(&health, health.empty() ? "" : "; ", "no work for ",
                    std::chrono::ceil<std::chrono::seconds>(agent.quarantined_until - now).count(),
                    " s after leases in a row without a result");
  }
  return health;
}

// Why nobody goes on with a sweep: the reason of the first blocked pair, when those that have not
// ended are all blocked.
std::string WhyStuck(const CoordinatorCore& core, const SweepEntry& sweep) {
  std::string why;
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = core.pairs().at(id);
    if (pair.state == PairState::kOpen || pair.state == PairState::kPaused) {
      return "";
    }
    if (pair.state == PairState::kBlocked && why.empty()) {
      why = absl::StrCat(PairName(pair.spec), ": ", pair.reason);
    }
  }
  return why;
}

}  // namespace

void ToWire(const CoordinatorCore& core, const SweepEntry& sweep, v1::SweepStatus& wire) {
  wire.set_sweep_id(sweep.record.id.value);
  wire.set_name(sweep.record.name);
  wire.set_state(std::string(SweepStateName(sweep.record.state)));
  wire.set_reason(sweep.record.reason);
  const std::string stuck = WhyStuck(core, sweep);
  if (!stuck.empty() && sweep.record.reason.empty()) {
    wire.set_state(std::string(SweepStateName(SweepState::kBlocked)));
    wire.set_reason(stuck);
  }
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = core.pairs().at(id);
    v1::PairStatus& out = *wire.add_pairs();
    out.set_pair_id(id.value);
    out.set_name(PairName(pair.spec));
    out.set_state(std::string(PairStateName(pair.state)));
    out.set_reason(pair.reason);
    // Of judgements: the first attempts. Some answers need none, and some need more.
    const std::int64_t units =
        pair.judge ? JudgeUnits(*pair.judge).per_attempt() : pair.spec.n_units;
    const bool has_ended =
        pair.state == PairState::kComplete || pair.state == PairState::kCompleteWithGaps;
    const std::int64_t open = units - pair.completed - pair.failed - pair.quarantined;
    out.set_units(units);
    out.set_completed(pair.completed);
    out.set_failed(pair.failed);
    out.set_quarantined(pair.quarantined);
    out.set_open(pair.judge && (has_ended || open < 0) ? 0 : open);
    out.set_units_per_second(pair.units_per_second);
    std::set<std::string> agents;
    for (const LeaseId lease : core.leases().OfPair(id)) {
      const auto agent = core.roster().agents().find(core.leases().Find(lease)->agent);
      if (agent != core.roster().agents().end()) {
        agents.insert(agent->second.hello.agent_name);
      }
    }
    for (const std::string& agent : agents) {
      out.add_agents(agent);
    }
  }
}

void AgentsToWire(const CoordinatorCore& core, MonotonicTime now, v1::AgentsReply& wire) {
  for (const auto& [id, agent] : core.roster().agents()) {
    v1::AgentStatus& out = *wire.add_agents();
    out.set_agent_id(id.value);
    out.set_name(agent.hello.agent_name);
    const bool suspect = now - agent.last_heard > kSuspectAfter;
    out.set_state(!agent.session.has_value() ? "detached" : suspect ? "suspect" : "live");
    out.set_health(HealthOf(agent, now));
    out.set_version(agent.hello.agent_version);
    out.set_results(agent.results);
    for (const std::string& channel : agent.hello.power_channels) {
      out.add_power_channels(channel);
    }
    for (const auto& [name, instance] : agent.instances) {
      v1::AgentInstance& offer = *out.add_instances();
      offer.set_name(name);
      offer.set_accelerator(instance.offer.accelerator);
      for (const EngineOffer& engine : instance.offer.engines) {
        offer.add_engines(engine.kind);
      }
      offer.set_work(WorkOf(core, id, name));
    }
  }
}

}  // namespace wattfleet::coordinator
