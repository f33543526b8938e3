#include <algorithm>
#include <utility>

#include "common/check/check.h"
#include "coordinator/core/coordinator_core.h"
#include "coordinator/plan/judge_plan.h"

namespace wattfleet::coordinator {

namespace {}  // namespace

void CoordinatorCore::On(const SweepSubmitted& event, Instant now, Effects& fx) {
  SweepRecord record = event.sweep;
  record.id = SweepId{next_sweep_++};
  record.created_unix_ms = now.unix_ms;
  record.state = SweepState::kPending;
  SweepEntry& sweep = sweeps_[record.id];
  sweep.record = std::move(record);
  std::vector<StoreOp>& ops = BatchOf(sweep.record.id, fx).ops;
  ops.push_back(PutSweep{sweep.record});
  ops.push_back(PutSample{event.sample});
  AddPairs(event.pairs, event.judge, sweep, fx);
  GrantAll(now, fx);
}

void CoordinatorCore::On(const SweepExtended& event, Instant now, Effects& fx) {
  SweepEntry& sweep = sweeps_.at(event.sweep);
  if (!event.resolved.empty()) {
    sweep.record.resolved = event.resolved;
  }
  AddPairs(event.pairs, event.judge, sweep, fx);
  if (!event.pairs.empty() && sweep.record.state != SweepState::kPaused) {
    sweep.record.state = SweepState::kRunning;
  }
  BatchOf(event.sweep, fx).ops.push_back(PutSweep{sweep.record});
  GrantAll(now, fx);
}

void CoordinatorCore::AddPairs(const std::vector<PairSpec>& specs,
                               const std::optional<JudgePlan>& judge, SweepEntry& sweep,
                               Effects& fx) {
  for (const PairSpec& spec : specs) {
    const PairId id = AddPair(spec, std::nullopt, sweep, fx);
    if (judge) {
      const JudgePlan plan = JudgePairOf(*judge, pairs_.at(id).spec);
      AddPair(plan.spec, plan.task, sweep, fx);
    }
  }
}

PairId CoordinatorCore::AddPair(PairSpec spec, const std::optional<JudgeTask>& judge,
                                SweepEntry& sweep, Effects& fx) {
  spec.id = PairId{next_pair_++};
  spec.sweep = sweep.record.id;
  WF_CHECK(spec.n_units > 0);
  const ShardRecord shard{
      .id = ShardId{next_shard_++}, .pair = spec.id, .range = {.lo = 0, .hi = spec.n_units}};
  std::vector<StoreOp>& ops = BatchOf(sweep.record.id, fx).ops;
  ops.push_back(InsertPair{spec, judge});
  ops.push_back(InsertShard{shard});
  sweep.pairs.push_back(spec.id);
  const PairId id = spec.id;
  PairEntry& pair = pairs_[id];
  pair.spec = std::move(spec);
  pair.judge = judge;
  pair.plan.Add({.record = shard, .waits = judge.has_value()});
  return id;
}

void CoordinatorCore::On(const SweepCommanded& event, Instant now, Effects& fx) {
  SweepEntry& sweep = sweeps_.at(event.sweep);
  if (HasEnded(sweep.record.state)) {
    return;
  }
  if (event.verb == SweepVerb::kResumeJudge) {
    ResumeJudging(sweep, fx);
    GrantAll(now, fx);
    return;
  }
  for (const PairId id : sweep.pairs) {
    PairEntry& pair = pairs_.at(id);
    if (HasEnded(pair.state)) {
      continue;
    }
    switch (event.verb) {
      case SweepVerb::kPause:
        SetPair(pair, PairState::kPaused, "paused by the operator", fx);
        break;
      case SweepVerb::kResume:
        SetPair(pair, PairState::kOpen, "", fx);
        break;
      case SweepVerb::kCancel:
        CancelPair(pair, "cancelled by the operator", now, fx);
        break;
      case SweepVerb::kResumeJudge:
        break;  // done above
    }
  }
  switch (event.verb) {
    case SweepVerb::kPause:
      SetSweep(sweep, SweepState::kPaused, fx);
      break;
    case SweepVerb::kResume:
      for (auto& [id, agent] : roster_.agents()) {
        agent.mismatched.clear();
        for (auto& [name, instance] : agent.instances) {
          instance.barred.clear();
        }
        agent.quarantined_until = now.monotonic;
      }
      SetSweep(sweep, SweepState::kRunning, fx);
      break;
    case SweepVerb::kCancel:
      SetSweep(sweep, SweepState::kCancelled, fx);
      break;
    case SweepVerb::kResumeJudge:
      break;
  }
  GrantAll(now, fx);
}

void CoordinatorCore::On(const SweepReason& event, Instant, Effects& fx) {
  SweepEntry& sweep = sweeps_.at(event.sweep);
  if (sweep.record.reason == event.reason) {
    return;
  }
  sweep.record.reason = event.reason;
  if (!event.reason.empty() && sweep.record.state == SweepState::kPending) {
    sweep.record.state = SweepState::kBlocked;
  } else if (event.reason.empty() && sweep.record.state == SweepState::kBlocked) {
    sweep.record.state = SweepState::kPending;
  }
  BatchOf(event.sweep, fx).ops.push_back(PutSweep{sweep.record});
  if (event.reason.empty() && !HasEnded(sweep.record.state)) {
    CompleteSweepIfDone(sweep, fx);
  }
}

void CoordinatorCore::CancelPair(PairEntry& pair, const std::string& reason, Instant now,
                                 Effects& fx) {
  for (const LeaseId id : leases_.OfPair(pair.spec.id)) {
    const OpenLease lease = *leases_.Find(id);
    EndLease(id, LeaseState::kRevoked, Charge::kNone, "cancelled", now, fx);
    const RosterAgent* agent = roster_.Find(lease.agent);
    if (agent != nullptr && agent->session.has_value()) {
      fx.messages.push_back({*agent->session, LeaseOrder{id, LeaseVerdict::kStop}});
    }
  }
  std::vector<ShardRecord> open;
  for (const auto& [id, shard] : pair.plan.open()) {
    open.push_back(shard.record);
  }
  for (ShardRecord record : open) {
    UpdateShard update{.shard = record, .expect_epoch = record.epoch, .expect_state = record.state};
    update.shard.state = ShardState::kCancelled;
    BatchOf(pair.spec.sweep, fx).ops.push_back(update);
    pair.plan.Finish(record.id);
  }
  SetPair(pair, PairState::kCancelled, reason, fx);
}

void CoordinatorCore::SetPair(PairEntry& pair, PairState state, const std::string& reason,
                              Effects& fx) {
  if (pair.state == state && pair.reason == reason) {
    return;
  }
  pair.state = state;
  pair.reason = reason;
  BatchOf(pair.spec.sweep, fx)
      .ops.push_back(SetPairState{.pair = pair.spec.id, .state = state, .reason = reason});
}

void CoordinatorCore::SetSweep(SweepEntry& sweep, SweepState state, Effects& fx) {
  if (sweep.record.state == state) {
    return;
  }
  sweep.record.state = state;
  BatchOf(sweep.record.id, fx).ops.push_back(PutSweep{sweep.record});
}

void CoordinatorCore::CompletePairIfDone(PairEntry& pair, Effects& fx) {
  const bool counting =
      std::any_of(quarantining_.begin(), quarantining_.end(),
                  [&pair](const auto& entry) { return entry.second == pair.spec.id; });
  if (!pair.plan.empty() || HasEnded(pair.state) || counting) {
    return;
  }
  const bool gaps = pair.failed + pair.quarantined > 0;
  SetPair(pair, gaps ? PairState::kCompleteWithGaps : PairState::kComplete, "", fx);
  CompleteSweepIfDone(sweeps_.at(pair.spec.sweep), fx);
}

void CoordinatorCore::CompleteSweepIfDone(SweepEntry& sweep, Effects& fx) {
  bool gaps = false;
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = pairs_.at(id);
    if (!HasEnded(pair.state)) {
      return;
    }
    gaps = gaps || (pair.state != PairState::kComplete && TakenOverBy(pair) == nullptr);
  }
  if (sweep.record.reason.empty()) {
    SetSweep(sweep, gaps ? SweepState::kCompleteWithGaps : SweepState::kComplete, fx);
  }
}

}  // namespace wattfleet::coordinator
