#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/core/coordinator_core.h"

namespace wattfleet::coordinator {

namespace {

// Shorter stretches say little of an instance's speed where leases overlap.
constexpr std::chrono::milliseconds kSpeedSpanLeast{100};

std::string SealText(const Seal& seal) {
  return absl::StrCat(seal.engine_kind, " ", seal.model_digest.empty() ? "?" : seal.model_digest,
                      " ", seal.quantization);
}

}  // namespace

void CoordinatorCore::On(const ResultsReceived& event, Instant now, Effects& fx) {
  RosterAgent* agent = roster_.OfSession(event.session);
  if (agent == nullptr) {
    return;  // a fenced session changes nothing
  }
  agent->last_heard = now.monotonic;
  const ResultBatch& batch = event.graded->batch;
  SpoolCursor& cursor = CursorOf(*agent);
  if (batch.spool_id != agent->hello.spool_id) {
    RefuseSession(event.session, "PROTOCOL", "a frame of another spool than Hello named", true, fx);
    return;
  }
  if (batch.seq <= cursor.received) {
    // Sent before, on this connection or an earlier one; what is durable is said again.
    fx.messages.push_back({event.session, ResultAck{.spool_id = batch.spool_id,
                                                    .through_seq = cursor.committed,
                                                    .credit_bytes = event.graded->wire_bytes}});
    return;
  }
  if (batch.seq != cursor.received + 1) {
    RefuseSession(event.session, "GAP",
                  absl::StrCat("frame ", batch.seq, " after ", cursor.received), false, fx);
    return;
  }
  agent->credit_outstanding += event.graded->wire_bytes;
  if (agent->credit_outstanding > 2 * options_.session_credit_max) {
    RefuseSession(event.session, "PROTOCOL", "sent more than its credit", false, fx);
    return;
  }
  cursor.received = batch.seq;
  const auto it = pairs_.find(batch.pair);
  if (it == pairs_.end() || it->second.spec.sweep != batch.sweep) {
    BatchOf(SweepId{}, fx)
        .ops.push_back(ConsumeSeq{.agent = agent->id,
                                  .spool = batch.spool_id,
                                  .seq = batch.seq,
                                  .wire_bytes = event.graded->wire_bytes});
    return;
  }
  Append(*agent, it->second, event, now, fx);
}

void CoordinatorCore::Append(RosterAgent& agent, PairEntry& pair, const ResultsReceived& event,
                             Instant now, Effects& fx) {
  const ResultBatch& batch = event.graded->batch;
  std::vector<StoreOp>& ops = BatchOf(pair.spec.sweep, fx).ops;
  if (!batch.results.empty()) {
    if (pair.seal.has_value() && *pair.seal != batch.environment.seal) {
      RefuseBatch(agent, pair, *event.graded,
                  absl::StrCat("sealed ", SealText(*pair.seal), ", served ",
                               SealText(batch.environment.seal)),
                  now, fx);
      return;
    }
    if (!pair.seal.has_value()) {
      pair.seal = batch.environment.seal;
      ops.push_back(SealPair{.pair = pair.spec.id, .seal = *pair.seal});
    }
  }
  ops.push_back(
      AppendResults{.graded = event.graded, .agent = agent.id, .received_unix_ms = now.unix_ms});
  if (pair.judge && !batch.results.empty() && TakenOverBy(pair) == nullptr) {
    ops.push_back(
        SettleJudgements{.pair = pair.spec.id, .judge = *pair.judge, .graded = event.graded});
  }
  RenameVerdicts(pair, event.graded, fx);
  OpenLease* lease = leases_.Find(batch.lease);
  const bool fits = lease != nullptr && lease->agent == agent.id && lease->epoch == batch.epoch;
  if (!batch.close.has_value() || !fits || lease->phase != LeasePhase::kActive) {
    return;  // late is not wrong: the rows count, the shard has moved on
  }
  lease->phase = LeasePhase::kClosing;
  closing_[lease->id] = *batch.close;
  if (!batch.close->failures.empty()) {
    ops.push_back(RecordFailures{
        .shard = lease->shard, .lease = lease->id, .failures = batch.close->failures});
  }
  ops.push_back(CountMissing{
      .shard = lease->shard, .pair = lease->pair, .range = lease->range, .judge = pair.judge});
}

void CoordinatorCore::RefuseBatch(RosterAgent& agent, PairEntry& pair, const GradedBatch& graded,
                                  const std::string& reason, Instant now, Effects& fx) {
  const ResultBatch& batch = graded.batch;
  BatchOf(pair.spec.sweep, fx)
      .ops.push_back(ConsumeSeq{.agent = agent.id,
                                .spool = batch.spool_id,
                                .seq = batch.seq,
                                .wire_bytes = graded.wire_bytes});
  Note(pair.spec.sweep, "BUILD_MISMATCH",
       absl::StrCat(agent.hello.agent_name, ": ", PairName(pair.spec), ": ", reason), now, fx);
  agent.mismatched.insert(pair.spec.id);
  const OpenLease* lease = leases_.Find(batch.lease);
  if (lease != nullptr && lease->agent == agent.id && lease->phase == LeasePhase::kActive) {
    fx.messages.push_back({*agent.session, LeaseOrder{batch.lease, LeaseVerdict::kStop}});
    EndLease(batch.lease, LeaseState::kRevoked, Charge::kNone, "BUILD_MISMATCH", now, fx);
  }
}

void CoordinatorCore::On(const StoreCommitted& event, Instant now, Effects& fx) {
  const Committed& committed = event.committed;
  CountRows(committed, now);
  Acknowledge(committed, fx);
  for (const MissingUnits& missing : committed.missing) {
    for (const auto& [id, lease] : leases_.all()) {
      if (lease.shard == missing.shard) {
        if (lease.phase == LeasePhase::kGranting) {
          FinishGrant(*leases_.Find(id), missing, now, fx);
        } else if (lease.phase == LeasePhase::kClosing) {
          FinishClose(lease, missing, now, fx);
        }
        break;
      }
    }
  }
  for (auto& [id, agent] : roster_.agents()) {
    JudgeOrphans(agent, now, fx);
  }
  if (const auto sweep = sweeps_.find(committed.sweep); sweep != sweeps_.end()) {
    for (const PairId id : sweep->second.pairs) {
      CompletePairIfDone(pairs_.at(id), fx);
    }
    ReviewBudget(sweep->second, now, fx);
  }
  GrantAll(now, fx);
}

void CoordinatorCore::CountRows(const Committed& committed, Instant now) {
  for (const LeaseCommit& lease : committed.leases) {
    if (const auto it = pairs_.find(lease.pair); it != pairs_.end()) {
      it->second.completed += lease.accepted - lease.failed_accepted;
      it->second.failed += lease.failed_accepted;
      it->second.quarantined -= lease.unquarantined;
      if (it->second.judge) {
        TokenSums& tokens = it->second.tokens;
        tokens.results += lease.tokens.results;
        tokens.uncounted += lease.tokens.uncounted;
        tokens.input += lease.tokens.input;
        tokens.cached += lease.tokens.cached;
        tokens.output += lease.tokens.output;
      }
    }
    leases_.Accepted(lease.lease, lease.accepted, now.monotonic);
    if (RosterInstance* instance = InstanceOf(lease.lease); instance != nullptr) {
      instance->rows_since_close += lease.accepted;
    }
  }
  if (const auto it = quarantining_.find(committed.batch_id); it != quarantining_.end()) {
    pairs_.at(it->second).quarantined += committed.quarantined;
    quarantining_.erase(it);
  }
}

// One acknowledgement per agent and commit, however many frames it covers.
void CoordinatorCore::Acknowledge(const Committed& committed, Effects& fx) {
  std::map<AgentId, ResultAck> acks;
  for (const CursorCommit& stored : committed.cursors) {
    const auto it = cursors_.find({stored.agent, stored.spool});
    RosterAgent* agent = roster_.Find(stored.agent);
    if (it == cursors_.end() || agent == nullptr) {
      continue;
    }
    it->second.committed = std::max(it->second.committed, stored.seq);
    if (!agent->session.has_value() || agent->hello.spool_id != stored.spool) {
      continue;
    }
    ResultAck& ack = acks[stored.agent];
    ack.spool_id = stored.spool;
    ack.through_seq = it->second.committed;
    ack.credit_bytes += stored.wire_bytes;
    agent->credit_outstanding =
        std::max<std::int64_t>(0, agent->credit_outstanding - stored.wire_bytes);
  }
  for (const LeaseCommit& lease : committed.leases) {
    const OpenLease* open = leases_.Find(lease.lease);
    if (open == nullptr) {
      continue;
    }
    if (RosterAgent* agent = roster_.Find(open->agent); agent != nullptr) {
      agent->results += lease.accepted;
      if (lease.accepted > 0) {
        agent->consecutive_failures = 0;
        agent->quarantines = 0;
      }
    }
    if (const auto ack = acks.find(open->agent); ack != acks.end()) {
      ack->second.accepted += lease.accepted;
      ack->second.duplicate += lease.duplicate;
      ack->second.refused += lease.refused;
    }
  }
  for (auto& [id, ack] : acks) {
    fx.messages.push_back({*roster_.Find(id)->session, ack});
  }
}

// The lease's last batch is durable. Whether its shard is done, the rows say, not the agent.
void CoordinatorCore::FinishClose(OpenLease lease, const MissingUnits& missing, Instant now,
                                  Effects& fx) {
  const LeaseClose close = closing_[lease.id];
  PairEntry& pair = pairs_.at(lease.pair);
  NoteSpeed(lease, now);
  if (missing.ranges.empty()) {
    leases_.Remove(lease.id);
    closing_.erase(lease.id);
    std::vector<StoreOp>& ops = BatchOf(pair.spec.sweep, fx).ops;
    ops.push_back(UpdateLease{.lease = lease.id,
                              .expect_state = LeaseState::kActive,
                              .state = LeaseState::kCompleted,
                              .closed_unix_ms = now.unix_ms,
                              .reason = close.message});
    OpenShard& shard = *pair.plan.Find(lease.shard);
    shard.record.state = ShardState::kDone;
    ops.push_back(UpdateShard{
        .shard = shard.record, .expect_epoch = lease.epoch, .expect_state = ShardState::kLeased});
    const UnitRange range = shard.record.range;
    pair.plan.Finish(lease.shard);
    ShardEnded(pair, range, missing.unclear == 0, fx);
    return;
  }
  RosterAgent* agent = roster_.Find(lease.agent);
  const bool units_failed = !close.failures.empty();
  switch (close.outcome) {
    case LeaseOutcome::kReleased:
      EndLease(lease.id, LeaseState::kReleased, Charge::kNone, close.message, now, fx);
      return;
    case LeaseOutcome::kEngineBlocked:
      if (pair.judge) {
        EndBlockedJudging(lease.id, pair, close.message, now, fx);
        return;
      }
      [[fallthrough]];
    case LeaseOutcome::kBuildMismatch:
      if (agent != nullptr) {
        agent->mismatched.insert(lease.pair);
        agent->health = close.message;
      }
      Note(pair.spec.sweep,
           close.outcome == LeaseOutcome::kBuildMismatch ? "BUILD_MISMATCH" : "BLOCKED",
           absl::StrCat(PairName(pair.spec), ": ", close.message), now, fx);
      EndLease(lease.id, LeaseState::kReleased, Charge::kNone, close.message, now, fx);
      return;
    case LeaseOutcome::kNotConcurrent:
      Bar(lease, close.message, now, fx);
      EndLease(lease.id, LeaseState::kReleased, Charge::kNone, close.message, now, fx);
      ReviewBlocked(pair, fx);
      return;
    case LeaseOutcome::kCompleted:
    case LeaseOutcome::kFailed:
      Note(pair.spec.sweep, "LEASE_FAILED", absl::StrCat(PairName(pair.spec), ": ", close.message),
           now, fx);
      // An engine that cannot start says nothing about the units: then only the agent is charged.
      if (!units_failed && agent != nullptr && lease.accepted == 0) {
        CountAgainst(*agent, now);
        agent->health = close.message;
      }
      EndLease(lease.id, LeaseState::kFailed, units_failed ? Charge::kError : Charge::kNone,
               close.message, now, fx);
      if (OpenShard* shard = pair.plan.Find(lease.shard); shard != nullptr && !units_failed) {
        shard->not_before = now.monotonic + options_.error_backoff;
        shard->avoid = lease.agent;
      }
      return;
  }
}

RosterInstance* CoordinatorCore::InstanceOf(LeaseId id) {
  const OpenLease* lease = leases_.Find(id);
  RosterAgent* agent = lease == nullptr ? nullptr : roster_.Find(lease->agent);
  if (agent == nullptr) {
    return nullptr;
  }
  const auto it = agent->instances.find(lease->instance);
  return it == agent->instances.end() ? nullptr : &it->second;
}

// Units per second of one instance on one pair: the newest lease counts for half. Only the lease's
// own rows count, since others may have answered part of its range before; and one that was
// prefetched began when the one before it ended. Leases of a served pair overlap: of theirs all
// rows since the last one's end count.
void CoordinatorCore::NoteSpeed(const OpenLease& lease, Instant now) {
  RosterInstance* instance = InstanceOf(lease.id);
  if (instance == nullptr || !lease.granted.has_value()) {
    return;
  }
  const bool may_overlap = pairs_.at(lease.pair).spec.condition.concurrency > 1;
  const auto span = now.monotonic - std::max(*lease.granted, instance->last_close);
  if (may_overlap && (lease.accepted == 0 || span < kSpeedSpanLeast) &&
      leases_.CountOf(lease.agent, lease.instance) > 1) {
    return;  // leases that end together tell of no speed; their rows count with the next one's
  }
  const std::int64_t since_close = std::exchange(instance->rows_since_close, 0);
  const std::int64_t rows = may_overlap ? since_close : lease.accepted;
  const double seconds = std::chrono::duration<double>(span).count();
  instance->last_close = now.monotonic;
  if (rows <= 0 || seconds <= 0) {
    return;
  }
  const double speed = static_cast<double>(rows) / seconds;
  const auto [known, fresh] = instance->units_per_second.try_emplace(lease.pair, speed);
  if (!fresh) {
    known->second = 0.5 * known->second + 0.5 * speed;
  }
  PairEntry& pair = pairs_.at(lease.pair);
  pair.units_per_second = 0;
  for (const auto& [id, other] : roster_.agents()) {
    for (const auto& [name, driven] : other.instances) {
      if (const auto found = driven.units_per_second.find(lease.pair);
          found != driven.units_per_second.end()) {
        pair.units_per_second += found->second;
      }
    }
  }
}

}  // namespace wattfleet::coordinator
