#include "coordinator/core/coordinator_core.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace wattfleet::coordinator {

CoordinatorCore::CoordinatorCore(CoreOptions options, const StoreSnapshot& snapshot, Instant now)
    : options_(options),
      store_id_(snapshot.store_id),
      next_sweep_(snapshot.max_sweep_id + 1),
      next_pair_(snapshot.max_pair_id + 1),
      next_shard_(snapshot.max_shard_id + 1),
      next_lease_(snapshot.max_lease_id + 1) {
  for (const StoreSnapshot::Cursor& stored : snapshot.cursors) {
    SpoolCursor& cursor = cursors_[{stored.agent, stored.spool}];
    cursor.received = cursor.committed = std::max(cursor.committed, stored.seq);
  }
  for (const SweepSnapshot& sweep : snapshot.sweeps) {
    Restore(sweep, now);
  }
}

void CoordinatorCore::Restore(const SweepSnapshot& snapshot, Instant now) {
  SweepEntry& sweep = sweeps_[snapshot.sweep.id];
  sweep.record = snapshot.sweep;
  for (const PairSnapshot& stored : snapshot.pairs) {
    sweep.pairs.push_back(stored.spec.id);
    PairEntry& pair = pairs_[stored.spec.id];
    pair.spec = stored.spec;
    pair.state = stored.state;
    pair.reason = stored.reason;
    pair.seal = stored.seal;
    pair.completed = stored.completed;
    pair.failed = stored.failed;
    pair.quarantined = stored.quarantined;
    pair.judge = stored.judge;
    pair.tokens = stored.tokens;
  }
  for (const ShardRecord& shard : snapshot.shards) {
    if (shard.state == ShardState::kPending || shard.state == ShardState::kLeased) {
      pairs_.at(shard.pair).plan.Add({.record = shard, .not_before = now.monotonic});
    }
  }
  FindWaiting(sweep);
  // Nobody loses work because this process restarted: every open lease gets its full time again.
  for (const LeaseRecord& stored : snapshot.open_leases) {
    const auto ttl = std::max(std::chrono::milliseconds(stored.ttl_ms), options_.lease_ttl_min);
    leases_.Add({.id = stored.id,
                 .shard = stored.shard,
                 .pair = stored.pair,
                 .epoch = stored.epoch,
                 .agent = stored.agent,
                 .instance = stored.instance,
                 .range = stored.range,
                 .phase = LeasePhase::kActive,
                 .ttl = ttl,
                 .expires = now.monotonic + ttl});
    if (OpenShard* shard = pairs_.at(stored.pair).plan.Find(stored.shard); shard != nullptr) {
      shard->lease = stored.id;
    }
  }
}

Effects CoordinatorCore::Step(const Event& event, Instant now) {
  Effects fx;
  std::visit([&](const auto& e) { On(e, now, fx); }, event);
  return fx;
}

void CoordinatorCore::On(const SessionOpened& event, Instant now, Effects& fx) {
  const RosterAgent* known = roster_.Find(event.agent);
  const std::uint64_t before = known == nullptr ? 0 : known->hello.incarnation;
  if (known != nullptr && known->session.has_value() && event.hello.incarnation < before) {
    RefuseSession(event.session, "SUPERSEDED", "a newer start of this agent is connected", true,
                  fx);
    return;
  }
  if (const auto replaced =
          roster_.Connect(event.session, event.agent, event.hello, now.monotonic)) {
    RefuseSession(*replaced, "SUPERSEDED", "this agent connected anew", false, fx);
  }
  RosterAgent& agent = *roster_.Find(event.agent);
  agent.mismatched.clear();
  SpoolCursor& cursor = CursorOf(agent);
  if (agent.hello.spool_retained_from > cursor.received + 1) {
    // The agent once heard an acknowledgement that this store does not remember (it was restored
    // from an older copy). Those frames are gone; their units count as missing and run again.
    cursor.received = cursor.committed = agent.hello.spool_retained_from - 1;
    BatchOf(SweepId{}, fx)
        .ops.push_back(
            ConsumeSeq{.agent = agent.id, .spool = agent.hello.spool_id, .seq = cursor.received});
  }
  agent.backlog_through = agent.hello.spool_next == 0 ? 0 : agent.hello.spool_next - 1;
  const bool crashed = before != 0 && event.hello.incarnation > before;
  Welcome welcome{.agent = event.agent.value,
                  .store_id = store_id_,
                  .ack_through_seq = cursor.committed,
                  .heartbeat = options_.heartbeat,
                  .session_dead = options_.session_dead,
                  .credit_bytes = SessionCredit(),
                  .held = Reconcile(agent, crashed)};
  fx.messages.push_back({event.session, std::move(welcome)});
  leases_.Restart(agent.id, now.monotonic);
  JudgeOrphans(agent, now, fx);
  ReviewAllBlocked(fx);
  GrantAll(now, fx);
}

// Compares what the agent holds with what it should hold. There is no resuming of an old stream's
// message order: this verdict is the whole truth for the new one.
std::vector<std::pair<LeaseId, LeaseVerdict>> CoordinatorCore::Reconcile(RosterAgent& agent,
                                                                         bool crashed) {
  std::vector<std::pair<LeaseId, LeaseVerdict>> verdicts;
  std::set<LeaseId> held;
  agent.reported.clear();
  for (const HeldLease& claim : agent.hello.held) {
    OpenLease* lease = leases_.Find(claim.lease);
    const bool ours = lease != nullptr && lease->agent == agent.id && lease->epoch == claim.epoch;
    LeaseVerdict verdict = claim.finished ? LeaseVerdict::kFinishAndReport : LeaseVerdict::kStop;
    if (ours) {
      held.insert(claim.lease);
      if (claim.finished) {
        agent.reported.push_back(claim.lease);
      }
      lease->session = *agent.session;
      verdict = claim.finished ? LeaseVerdict::kFinishAndReport : LeaseVerdict::kKeep;
    }
    verdicts.emplace_back(claim.lease, verdict);
  }
  agent.orphans.clear();
  agent.orphans_crashed = crashed;
  for (const LeaseId id : leases_.OfAgent(agent.id)) {
    if (leases_.Find(id)->phase == LeasePhase::kActive && !held.contains(id)) {
      agent.orphans.push_back(id);
    }
  }
  return verdicts;
}

// Leases that the agent forgot end once all that its spool held of them is durable, so that no unit
// is run again whose result was already on its way. So do those that it had finished: a close that
// was durable in a coordinator that died before it acted on it does not come again.
void CoordinatorCore::JudgeOrphans(RosterAgent& agent, Instant now, Effects& fx) {
  if (CursorOf(agent).committed < agent.backlog_through) {
    return;
  }
  EndLost(std::exchange(agent.reported, {}), false, "its close was lost with a coordinator", now,
          fx);
  EndLost(std::exchange(agent.orphans, {}), agent.orphans_crashed, "the agent no longer holds it",
          now, fx);
}

// Ends leases that nobody works on any more. A crash is charged to what was being worked on, never
// to a lease that only waited its turn.
void CoordinatorCore::EndLost(const std::vector<LeaseId>& lost, bool crashed,
                              const std::string& reason, Instant now, Effects& fx) {
  std::set<LeaseId> charged;
  for (const LeaseId id : lost) {
    const OpenLease* lease = leases_.Find(id);
    if (crashed && lease != nullptr && leases_.IsFirstOfInstance(*lease)) {
      charged.insert(id);
    }
  }
  for (const LeaseId id : lost) {
    const OpenLease* lease = leases_.Find(id);
    if (lease != nullptr && lease->phase == LeasePhase::kActive) {
      EndLease(id, crashed ? LeaseState::kExpired : LeaseState::kReleased,
               charged.contains(id) ? Charge::kCrash : Charge::kNone, reason, now, fx);
    }
  }
}

void CoordinatorCore::Detach(RosterAgent& agent, Instant now) {
  leases_.CapExpiry(agent.id, now.monotonic + options_.detached_grace);
}

void CoordinatorCore::On(const SessionClosed& event, Instant now, Effects&) {
  if (RosterAgent* agent = roster_.Disconnect(event.session); agent != nullptr) {
    Detach(*agent, now);
  }
}

void CoordinatorCore::On(const WorkRequested& event, Instant now, Effects& fx) {
  RosterAgent* agent = roster_.OfSession(event.session);
  if (agent == nullptr) {
    return;
  }
  agent->last_heard = now.monotonic;
  const auto it = agent->instances.find(event.request.instance);
  if (it == agent->instances.end()) {
    RefuseSession(event.session, "PROTOCOL",
                  absl::StrCat("no instance ", event.request.instance, " in Hello"), true, fx);
    return;
  }
  RosterInstance& instance = it->second;
  if (instance.waiting.size() >= Roster::kWaitingMax ||
      !instance.seen.insert(event.request.request_id).second) {
    return;
  }
  instance.waiting.push_back(event.request);
  GrantWaiting(*agent, instance, now, fx);
}

void CoordinatorCore::On(const HeartbeatReceived& event, Instant now, Effects& fx) {
  RosterAgent* agent = roster_.OfSession(event.session);
  if (agent == nullptr) {
    return;
  }
  agent->last_heard = now.monotonic;
  agent->health = event.heartbeat.health;
  NoteTrouble(*agent, now, fx);
  for (const LeaseProgress& progress : event.heartbeat.leases) {
    const OpenLease* lease = leases_.Find(progress.lease);
    if (lease == nullptr || lease->agent != agent->id || lease->epoch != progress.epoch) {
      fx.messages.push_back({event.session, LeaseOrder{progress.lease, LeaseVerdict::kStop}});
      continue;
    }
    leases_.Progress(progress.lease, progress.units_done, now.monotonic);
  }
  fx.messages.push_back({event.session, HeartbeatAck{event.heartbeat.seq}});
}

// What goes wrong with an agent's engine is kept beside what it worked on, once for each trouble:
// numbers in it (ports, times) do not make it another.
void CoordinatorCore::NoteTrouble(RosterAgent& agent, Instant now, Effects& fx) {
  const std::vector<LeaseId> leases = leases_.OfAgent(agent.id);
  std::string trouble = agent.health;
  std::erase_if(trouble, [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (trouble.empty() || trouble == agent.noted_trouble || leases.empty()) {
    return;
  }
  agent.noted_trouble = std::move(trouble);
  const PairEntry& pair = pairs_.at(leases_.Find(leases.front())->pair);
  Note(pair.spec.sweep, "AGENT", absl::StrCat(agent.hello.agent_name, ": ", agent.health), now, fx);
}

void CoordinatorCore::On(const GoodbyeReceived& event, Instant now, Effects& fx) {
  RosterAgent* agent = roster_.OfSession(event.session);
  if (agent == nullptr) {
    return;
  }
  for (const LeaseId id : leases_.OfAgent(agent->id)) {
    if (leases_.Find(id)->phase == LeasePhase::kActive) {
      EndLease(id, LeaseState::kReleased, Charge::kNone, "the agent left", now, fx);
    }
  }
  roster_.Disconnect(event.session);
  fx.closing.push_back(event.session);
  GrantAll(now, fx);
}

void CoordinatorCore::On(const Tick&, Instant now, Effects& fx) {
  std::vector<SessionId> silent;
  for (const auto& [id, agent] : roster_.agents()) {
    if (agent.session.has_value() && now.monotonic - agent.last_heard > options_.session_dead) {
      silent.push_back(*agent.session);
    }
  }
  for (const SessionId session : silent) {
    Detach(*roster_.Disconnect(session), now);
    fx.closing.push_back(session);
  }
  const std::vector<LeaseId> due = leases_.Due(now.monotonic);
  for (const LeaseId id : due) {
    const RosterAgent* agent = roster_.Find(leases_.Find(id)->agent);
    if (agent != nullptr && agent->session.has_value()) {
      fx.messages.push_back({*agent->session, LeaseOrder{id, LeaseVerdict::kStop}});
    }
  }
  EndLost(due, true, "no progress in time", now, fx);
  GrantAll(now, fx);
}

void CoordinatorCore::On(const DrainStarted&, Instant, Effects& fx) {
  draining_ = true;
  for (const auto& [id, agent] : roster_.agents()) {
    if (agent.session.has_value()) {
      fx.messages.push_back({*agent.session, FleetOrder{FleetOrderKind::kDrain}});
    }
  }
}

void CoordinatorCore::RefuseSession(SessionId session, const std::string& code,
                                    const std::string& reason, bool permanent, Effects& fx) {
  fx.messages.push_back({session, Refuse{.code = code, .reason = reason, .permanent = permanent}});
  fx.closing.push_back(session);
}

const SweepEntry* CoordinatorCore::FindSweep(const std::string& name) const {
  for (const auto& [id, sweep] : sweeps_) {
    if (sweep.record.name == name) {
      return &sweep;
    }
  }
  return nullptr;
}

std::vector<InstanceOffer> CoordinatorCore::FleetOffers() const {
  std::vector<InstanceOffer> offers;
  for (const auto& [id, agent] : roster_.agents()) {
    if (agent.session.has_value()) {
      for (const auto& [name, instance] : agent.instances) {
        offers.push_back(instance.offer);
      }
    }
  }
  return offers;
}

StoreBatch& CoordinatorCore::BatchOf(SweepId sweep, Effects& fx) {
  for (StoreBatch& batch : fx.batches) {
    if (batch.sweep == sweep) {
      return batch;
    }
  }
  return fx.batches.emplace_back(StoreBatch{.id = next_batch_++, .sweep = sweep, .ops = {}});
}

void CoordinatorCore::Note(SweepId sweep, const std::string& kind, const std::string& text,
                           Instant now, Effects& fx) {
  BatchOf(sweep, fx).ops.push_back(
      RecordEvent{.kind = kind, .text = text, .at_unix_ms = now.unix_ms});
}

CoordinatorCore::SpoolCursor& CoordinatorCore::CursorOf(const RosterAgent& agent) {
  return cursors_[{agent.id, agent.hello.spool_id}];
}

std::int64_t CoordinatorCore::SessionCredit() const {
  const auto sessions = static_cast<std::int64_t>(std::max<std::size_t>(roster_.connected(), 1));
  return std::clamp(options_.ingest_budget_bytes / sessions, options_.session_credit_min,
                    options_.session_credit_max);
}

}  // namespace wattfleet::coordinator
