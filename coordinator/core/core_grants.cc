#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "common/check/check.h"
#include "coordinator/core/coordinator_core.h"
#include "coordinator/plan/serve.h"

namespace wattfleet::coordinator {

namespace {

// A fixed spread of +-20 % made from ids: the core draws no random numbers, yet shards that failed
// together do not come back together.
std::chrono::milliseconds Spread(std::chrono::milliseconds delay, std::int64_t salt) {
  const std::int64_t permille = 800 + (salt * 2654435761LL & 0x7fffffff) % 401;
  return delay * permille / 1000;
}

}  // namespace

void CoordinatorCore::GrantAll(Instant now, Effects& fx) {
  for (auto& [id, agent] : roster_.agents()) {
    if (!agent.session.has_value()) {
      continue;
    }
    for (auto& [name, instance] : agent.instances) {
      GrantWaiting(agent, instance, now, fx);
    }
  }
}

void CoordinatorCore::GrantWaiting(RosterAgent& agent, RosterInstance& instance, Instant now,
                                   Effects& fx) {
  while (!draining_ && !instance.waiting.empty() && agent.session.has_value() &&
         agent.quarantined_until <= now.monotonic &&
         leases_.CountOf(agent.id, instance.offer.name) < LeaseRoom(agent, instance)) {
    PairEntry* pair = ChoosePair(agent, instance, now);
    if (pair == nullptr) {
      return;
    }
    Grant(agent, instance, *pair, now, fx);
  }
}

std::int64_t CoordinatorCore::LeaseRoom(const RosterAgent& agent,
                                        const RosterInstance& instance) const {
  std::int64_t concurrency = 0;
  for (const LeaseId id : leases_.OfAgent(agent.id)) {
    const OpenLease& lease = *leases_.Find(id);
    if (lease.instance == instance.offer.name) {
      concurrency =
          std::max<std::int64_t>(concurrency, pairs_.at(lease.pair).spec.condition.concurrency);
    }
  }
  return options_.leases_per_instance + concurrency;
}

// The pair whose model the instance has loaded, while it has work; else the one with the fewest
// leases, then the most to do.
PairEntry* CoordinatorCore::ChoosePair(const RosterAgent& agent, const RosterInstance& instance,
                                       Instant now) {
  PairEntry* best = nullptr;
  std::tuple<bool, std::int64_t, std::int64_t> best_rank;
  for (auto& [sweep_id, sweep] : sweeps_) {
    for (const PairId id : sweep.pairs) {
      PairEntry& pair = pairs_.at(id);
      if (pair.state != PairState::kOpen || agent.mismatched.contains(id) ||
          instance.barred.contains(id) || !CanServePair(instance.offer, pair.spec) ||
          pair.plan.NextPending(now.monotonic, agent.id) == nullptr ||
          (pair.judge && JudgeAllowance(pair, now) < 1)) {
        continue;
      }
      const std::tuple rank(id != instance.last_pair, leases_.CountOf(id),
                            -pair.plan.PendingUnits());
      if (best == nullptr || rank < best_rank) {
        best = &pair;
        best_rank = rank;
      }
    }
    if (best != nullptr) {
      return best;  // earlier sweeps first
    }
  }
  return nullptr;
}

std::int64_t CoordinatorCore::SlotsFor(const PairSpec& pair) const {
  std::int64_t slots = 0;
  for (const auto& [id, agent] : roster_.agents()) {
    if (!agent.session.has_value()) {
      continue;
    }
    for (const auto& [name, instance] : agent.instances) {
      slots += CanServePair(instance.offer, pair) ? 1 : 0;
    }
  }
  return std::max<std::int64_t>(slots, 1);
}

std::chrono::milliseconds CoordinatorCore::LeaseTtl(const PairEntry& pair, std::int64_t units,
                                                    std::optional<double> speed) const {
  auto ttl = options_.lease_ttl_min;
  if (speed.has_value() && *speed > 0) {
    const double expected_ms = 3e3 * static_cast<double>(units) / *speed;
    ttl = std::chrono::milliseconds(static_cast<std::int64_t>(
        std::min(expected_ms, static_cast<double>(options_.lease_ttl_max.count()))));
  }
  return std::clamp(ttl, options_.lease_ttl_min, options_.lease_ttl_max) + pair.spec.timeouts.query;
}

void CoordinatorCore::Grant(RosterAgent& agent, RosterInstance& instance, PairEntry& pair,
                            Instant now, Effects& fx) {
  std::optional<double> speed;
  if (const auto it = instance.units_per_second.find(pair.spec.id);
      it != instance.units_per_second.end()) {
    speed = it->second;
  }
  OpenShard* pending = pair.plan.NextPending(now.monotonic, agent.id);
  // Fewer would not fill the slots of a served pair.
  const std::int64_t least = 2 * pair.spec.condition.concurrency;
  const std::int64_t wanted = std::max(
      least, ShardUnits(options_.sizing, pair.plan.PendingUnits(), SlotsFor(pair.spec), speed));
  std::int64_t units = std::min(wanted, pending->record.range.size());
  if (pair.judge) {
    units = std::min(units, JudgeAllowance(pair, now));
    sweeps_.at(pair.spec.sweep).judging.RateOf(*pair.judge).bucket -= static_cast<double>(units);
  }
  OpenShard& shard = CutShard(pair, *pending, units, fx);
  const std::int64_t epoch_before = shard.record.epoch;
  shard.record.epoch += 1;
  shard.record.state = ShardState::kLeased;
  const auto ttl = LeaseTtl(pair, units, speed);
  OpenLease lease{.id = LeaseId{next_lease_++},
                  .shard = shard.record.id,
                  .pair = pair.spec.id,
                  .epoch = shard.record.epoch,
                  .agent = agent.id,
                  .session = *agent.session,
                  .instance = instance.offer.name,
                  .range = shard.record.range,
                  .request_id = instance.waiting.front().request_id,
                  .ttl = ttl,
                  .granted = now.monotonic,
                  .expires = now.monotonic + ttl};
  instance.waiting.erase(instance.waiting.begin());
  instance.last_pair = pair.spec.id;
  shard.lease = lease.id;
  std::vector<StoreOp>& ops = BatchOf(pair.spec.sweep, fx).ops;
  ops.push_back(UpdateShard{
      .shard = shard.record, .expect_epoch = epoch_before, .expect_state = ShardState::kPending});
  ops.push_back(InsertLease{LeaseRecord{.id = lease.id,
                                        .shard = lease.shard,
                                        .pair = lease.pair,
                                        .epoch = lease.epoch,
                                        .agent = lease.agent,
                                        .instance = lease.instance,
                                        .range = lease.range,
                                        .state = LeaseState::kActive,
                                        .granted_unix_ms = now.unix_ms,
                                        .ttl_ms = ttl.count()}});
  ops.push_back(CountMissing{
      .shard = lease.shard, .pair = lease.pair, .range = lease.range, .judge = pair.judge});
  leases_.Add(std::move(lease));
  SweepEntry& sweep = sweeps_.at(pair.spec.sweep);
  if (sweep.record.state == SweepState::kPending) {
    SetSweep(sweep, SweepState::kRunning, fx);
  }
}

// The first `units` of a pending shard as a shard of their own. The rest stays where it is, so the
// pair stays tiled within the same transaction.
OpenShard& CoordinatorCore::CutShard(PairEntry& pair, OpenShard& from, std::int64_t units,
                                     Effects& fx) {
  if (units == from.record.range.size()) {
    return from;
  }
  const UnitRange cut{.lo = from.record.range.lo, .hi = from.record.range.lo + units};
  OpenShard shard{.record = from.record,
                  .not_before = from.not_before,
                  .avoid = from.avoid,
                  .waits = from.waits};
  shard.record.id = ShardId{next_shard_++};
  shard.record.parent = from.record.id;
  shard.record.range = cut;
  from.record.range.lo = cut.hi;
  std::vector<StoreOp>& ops = BatchOf(pair.spec.sweep, fx).ops;
  ops.push_back(UpdateShard{.shard = from.record,
                            .expect_epoch = from.record.epoch,
                            .expect_state = ShardState::kPending});
  ops.push_back(InsertShard{shard.record});
  const ShardId id = shard.record.id;
  pair.plan.Add(std::move(shard));
  return *pair.plan.Find(id);
}

// The grant is durable: only now may the agent hear of it.
void CoordinatorCore::FinishGrant(OpenLease& lease, const MissingUnits& missing, Instant now,
                                  Effects& fx) {
  RosterAgent* agent = roster_.Find(lease.agent);
  PairEntry& pair = pairs_.at(lease.pair);
  lease.phase = LeasePhase::kActive;
  if (missing.ranges.empty()) {
    ReturnRequest(lease);
    closing_[lease.id] = LeaseClose{};
    FinishClose(lease, missing, now, fx);
    return;
  }
  if (agent == nullptr || agent->session != std::optional<SessionId>(lease.session)) {
    EndLease(lease.id, LeaseState::kReleased, Charge::kNone, "the agent had gone", now, fx);
    return;
  }
  // Where a single death is too many, nobody may be blamed for another's unit.
  const OpenShard* shard = pair.plan.Find(lease.shard);
  const bool alone =
      pair.spec.retry.crashes <= 1 || (shard != nullptr && shard->record.crash_n > 0);
  fx.messages.push_back({lease.session, LeaseGrant{.lease = lease.id,
                                                   .shard = lease.shard,
                                                   .epoch = lease.epoch,
                                                   .pair = pair.spec,
                                                   .instance = lease.instance,
                                                   .units = missing.ranges,
                                                   .seal = pair.seal,
                                                   .ttl = lease.ttl,
                                                   .request_id = lease.request_id,
                                                   .alone = alone}});
  fx.queries.push_back({.session = lease.session,
                        .lease = lease.id,
                        .epoch = lease.epoch,
                        .pair = pair.spec,
                        .units = missing.ranges,
                        .judge = pair.judge});
}

// The agent heard nothing of this lease: what it asked for stays asked for.
void CoordinatorCore::ReturnRequest(const OpenLease& lease) {
  RosterAgent* agent = roster_.Find(lease.agent);
  if (agent == nullptr || agent->session != std::optional<SessionId>(lease.session)) {
    return;
  }
  if (const auto it = agent->instances.find(lease.instance); it != agent->instances.end()) {
    it->second.waiting.insert(it->second.waiting.begin(),
                              {.request_id = lease.request_id, .instance = lease.instance});
  }
}

void CoordinatorCore::EndLease(LeaseId id, LeaseState state, Charge charge,
                               const std::string& reason, Instant now, Effects& fx) {
  const OpenLease lease = *leases_.Find(id);
  if (lease.phase == LeasePhase::kGranting) {
    ReturnRequest(lease);
  }
  leases_.Remove(id);
  closing_.erase(id);
  PairEntry& pair = pairs_.at(lease.pair);
  BatchOf(pair.spec.sweep, fx)
      .ops.push_back(UpdateLease{.lease = id,
                                 .expect_state = LeaseState::kActive,
                                 .state = state,
                                 .closed_unix_ms = now.unix_ms,
                                 .reason = reason});
  if (RosterAgent* agent = roster_.Find(lease.agent);
      agent != nullptr && charge != Charge::kNone && lease.accepted == 0) {
    CountAgainst(*agent, now);
  }
  if (OpenShard* shard = pair.plan.Find(lease.shard); shard != nullptr) {
    ReopenShard(pair, *shard, charge, lease, now, fx);
  }
}

void CoordinatorCore::ReopenShard(PairEntry& pair, OpenShard& shard, Charge charge,
                                  const OpenLease& lease, Instant now, Effects& fx) {
  shard.lease = LeaseId{};
  if (charge != Charge::kNone) {
    shard.avoid = lease.agent;
  }
  if (charge == Charge::kError) {
    shard.record.error_n += 1;
    if (shard.record.error_n >= pair.spec.retry.errors) {
      QuarantineShard(pair, shard, lease, "failed too often", fx);
      return;
    }
    const int doublings = std::min(shard.record.error_n - 1, 7);
    const auto backoff =
        std::min(options_.error_backoff * (1 << doublings), options_.error_backoff * 100);
    shard.not_before = now.monotonic + Spread(backoff, shard.record.id.value);
  }
  if (charge == Charge::kCrash) {
    shard.record.crash_n += 1;
  }
  const bool poisoned = charge == Charge::kCrash && shard.record.crash_n >= pair.spec.retry.crashes;
  if (poisoned && shard.record.range.size() == 1) {
    QuarantineShard(pair, shard, lease, "agents died on it too often", fx);
    return;
  }
  shard.record.state = ShardState::kPending;
  BatchOf(pair.spec.sweep, fx)
      .ops.push_back(UpdateShard{.shard = shard.record,
                                 .expect_epoch = shard.record.epoch,
                                 .expect_state = ShardState::kLeased});
  if (poisoned) {
    SplitPoisoned(pair, shard, fx);
  }
}

// Agents keep dying somewhere in this shard: halves of it find out where. Each half has one more
// life, so log2(n) rounds single out the unit and its siblings finish.
void CoordinatorCore::SplitPoisoned(PairEntry& pair, OpenShard& shard, Effects& fx) {
  shard.record.crash_n = std::max(pair.spec.retry.crashes - 1, 0);
  OpenShard& lower = CutShard(pair, shard, shard.record.range.size() / 2, fx);
  lower.avoid = AgentId{};
}

void CoordinatorCore::QuarantineShard(PairEntry& pair, OpenShard& shard, const OpenLease& lease,
                                      const std::string& reason, Effects& fx) {
  StoreBatch& batch = BatchOf(pair.spec.sweep, fx);
  batch.ops.push_back(QuarantineMissing{.pair = pair.spec.id,
                                        .range = shard.record.range,
                                        .units = {},
                                        .lease = lease.id,
                                        .reason = reason});
  // One pair per batch may quarantine, so that the store's count has one owner.
  WF_CHECK(quarantining_.try_emplace(batch.id, pair.spec.id).first->second == pair.spec.id);
  shard.record.state = ShardState::kQuarantined;
  batch.ops.push_back(UpdateShard{.shard = shard.record,
                                  .expect_epoch = shard.record.epoch,
                                  .expect_state = ShardState::kLeased});
  const UnitRange range = shard.record.range;
  pair.plan.Finish(shard.record.id);
  ShardEnded(pair, range, false, fx);
}

void CoordinatorCore::CountAgainst(RosterAgent& agent, Instant now) {
  agent.consecutive_failures += 1;
  if (agent.consecutive_failures < options_.breaker_failures) {
    return;
  }
  const int doublings = std::min(agent.quarantines, 4);
  agent.quarantines += 1;
  agent.consecutive_failures = 0;
  agent.quarantined_until =
      now.monotonic + std::min<std::chrono::milliseconds>(options_.breaker_pause * (1 << doublings),
                                                          std::chrono::hours(1));
}

// The instance cannot drive this pair, whatever unit of it: it is granted no more until the agent
// connects anew or somebody resumes the sweep.
void CoordinatorCore::Bar(const OpenLease& lease, const std::string& reason, Instant now,
                          Effects& fx) {
  PairEntry& pair = pairs_.at(lease.pair);
  RosterAgent* agent = roster_.Find(lease.agent);
  const std::string name = agent == nullptr ? "" : agent->hello.agent_name;
  Note(pair.spec.sweep, "NOT_CONCURRENT",
       absl::StrCat(name, ": ", PairName(pair.spec), ": ", reason), now, fx);
  if (agent == nullptr) {
    return;
  }
  agent->health = reason;
  if (const auto it = agent->instances.find(lease.instance); it != agent->instances.end()) {
    it->second.barred[lease.pair] = absl::StrCat(name, ": ", reason);
  }
}

// A pair that every connected instance which could serve it is barred from is blocked, and says
// why; it opens again with an instance that is not.
void CoordinatorCore::ReviewBlocked(PairEntry& pair, Effects& fx) {
  // What blocks a judge is mended by people, who say so.
  if ((pair.state != PairState::kOpen && pair.state != PairState::kBlocked) || pair.judge) {
    return;
  }
  std::string why;
  for (const auto& [id, agent] : roster_.agents()) {
    for (const auto& [name, instance] : agent.instances) {
      if (!agent.session.has_value() || !CanServePair(instance.offer, pair.spec)) {
        continue;
      }
      const auto bar = instance.barred.find(pair.spec.id);
      if (bar == instance.barred.end()) {
        SetPair(pair, PairState::kOpen, "", fx);
        return;
      }
      why = bar->second;
    }
  }
  if (!why.empty() && leases_.CountOf(pair.spec.id) == 0) {
    SetPair(pair, PairState::kBlocked, why, fx);
  }
}

void CoordinatorCore::ReviewAllBlocked(Effects& fx) {
  for (auto& [id, pair] : pairs_) {
    if (pair.state == PairState::kBlocked) {
      ReviewBlocked(pair, fx);
    }
  }
}

}  // namespace wattfleet::coordinator
