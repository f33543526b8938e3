#include "coordinator/store/memory_transaction.h"

#include <algorithm>
#include <limits>
#include <set>
#include <type_traits>
#include <variant>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {

namespace {

bool IsOpen(LeaseState state) {
  return state == LeaseState::kOffered || state == LeaseState::kActive;
}

template <typename... Args>
absl::Status GuardFailed(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::InternalError(absl::StrFormat(format, args...));
}

template <typename Op>
constexpr bool kNeedsNoSweep = std::is_same_v<Op, ConsumeSeq> || std::is_same_v<Op, RecordEvent> ||
                               std::is_same_v<Op, PutSweep>;

}  // namespace

MemoryTransaction::~MemoryTransaction() {
  for (; !undo_.empty(); undo_.pop_back()) {
    undo_.back()();
  }
}

absl::Status MemoryTransaction::Apply(const StoreBatch& batch, Committed& committed) {
  committed = {.batch_id = batch.id, .sweep = batch.sweep};
  committed_ = &committed;
  sweep_id_ = batch.sweep;
  const auto found = tables_.sweeps.find(batch.sweep);
  sweep_ = found == tables_.sweeps.end() ? nullptr : &found->second;
  for (const StoreOp& op : batch.ops) {
    WF_RETURN_IF_ERROR(std::visit(
        [this](const auto& concrete) -> absl::Status {
          if (sweep_ == nullptr &&
              (sweep_id_ || !kNeedsNoSweep<std::decay_t<decltype(concrete)>>)&&!std::is_same_v<
                  std::decay_t<decltype(concrete)>, PutSweep>) {
            return GuardFailed("sweep %d is not stored", sweep_id_.value);
          }
          return Do(concrete);
        },
        op));
  }
  return absl::OkStatus();
}

absl::StatusOr<MemoryPair*> MemoryTransaction::FindPair(PairId id) {
  const auto found = sweep_->pairs.find(id);
  if (found == sweep_->pairs.end()) {
    return GuardFailed("pair %d is not stored in sweep %d", id.value, sweep_id_.value);
  }
  return &found->second;
}

absl::Status MemoryTransaction::Do(const PutSweep& op) {
  if (op.sweep.id != sweep_id_ || !sweep_id_) {
    return GuardFailed("sweep %d put in a batch of sweep %d", op.sweep.id.value, sweep_id_.value);
  }
  for (const auto& [id, other] : tables_.sweeps) {
    if (id != sweep_id_ && other.record.name == op.sweep.name) {
      return GuardFailed("sweep name %s is taken by sweep %d", op.sweep.name, id.value);
    }
  }
  if (sweep_ == nullptr) {
    Add(tables_.sweeps, sweep_id_, MemorySweep{});
    sweep_ = &tables_.sweeps.at(sweep_id_);
  }
  Change(sweep_->record) = op.sweep;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const PutSample& op) {
  if (sweep_->sample.has_value()) {
    return GuardFailed("sweep %d already has its sample", sweep_id_.value);
  }
  Change(sweep_->sample) = op.q_of_position;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const InsertPair& op) {
  if (op.pair.sweep != sweep_id_ ||
      !Add(sweep_->pairs, op.pair.id, MemoryPair{.spec = op.pair, .judge = op.judge})) {
    return GuardFailed("pair %d is of another sweep or already stored", op.pair.id.value);
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const SetPairState& op) {
  WF_ASSIGN_OR_RETURN(MemoryPair * pair, FindPair(op.pair));
  Change(pair->state) = op.state;
  Change(pair->reason) = op.reason;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const SealPair& op) {
  WF_ASSIGN_OR_RETURN(MemoryPair * pair, FindPair(op.pair));
  if (pair->seal.has_value() && *pair->seal != op.seal) {
    return GuardFailed("pair %d is sealed otherwise", op.pair.value);
  }
  Change(pair->seal) = op.seal;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const InsertShard& op) {
  WF_RETURN_IF_ERROR(FindPair(op.shard.pair).status());
  ShardRecord stored = op.shard;
  stored.not_before_ms = 0;
  if (!Add(sweep_->shards, stored.id, stored)) {
    return GuardFailed("shard %d is already stored", stored.id.value);
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const UpdateShard& op) {
  const auto found = sweep_->shards.find(op.shard.id);
  if (found == sweep_->shards.end() || found->second.epoch != op.expect_epoch ||
      found->second.state != op.expect_state || found->second.pair != op.shard.pair) {
    return GuardFailed("shard %d is not in epoch %d and state %d", op.shard.id.value,
                       op.expect_epoch, static_cast<int>(op.expect_state));
  }
  ShardRecord& stored = Change(found->second);
  stored = op.shard;
  stored.not_before_ms = 0;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const InsertLease& op) {
  if (sweep_->shards.find(op.lease.shard) == sweep_->shards.end()) {
    return GuardFailed("lease %d is of shard %d, which is not stored", op.lease.id.value,
                       op.lease.shard.value);
  }
  const auto& of_shard = sweep_->lease_of_epoch;
  for (auto it = of_shard.lower_bound({op.lease.shard, std::numeric_limits<std::int64_t>::min()});
       it != of_shard.end() && it->first.first == op.lease.shard; ++it) {
    const LeaseRecord& other = sweep_->leases.at(it->second).record;
    if (other.epoch == op.lease.epoch || (IsOpen(other.state) && IsOpen(op.lease.state))) {
      return GuardFailed("shard %d is leased as %d already", op.lease.shard.value, other.id.value);
    }
  }
  if (!Add(sweep_->leases, op.lease.id, MemoryLease{.record = op.lease})) {
    return GuardFailed("lease %d is already stored", op.lease.id.value);
  }
  Add(sweep_->lease_of_epoch, std::pair{op.lease.shard, op.lease.epoch}, op.lease.id);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const UpdateLease& op) {
  const auto found = sweep_->leases.find(op.lease);
  if (found == sweep_->leases.end() || found->second.record.state != op.expect_state) {
    return GuardFailed("lease %d is not in state %d", op.lease.value,
                       static_cast<int>(op.expect_state));
  }
  Change(found->second.record.state) = op.state;
  Change(found->second.closed_unix_ms) = op.closed_unix_ms;
  Change(found->second.reason) = op.reason;
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const ConsumeSeq& op) {
  const SpoolKey key{op.agent, op.spool};
  Add(tables_.cursors, key, std::uint64_t{0});
  return MoveCursor(key, op.seq, op.wire_bytes);
}

absl::Status MemoryTransaction::MoveCursor(const SpoolKey& key, std::uint64_t seq,
                                           std::int64_t wire_bytes) {
  std::uint64_t& cursor = tables_.cursors.at(key);
  if (seq > cursor) {
    Change(cursor) = seq;
  }
  committed_->cursors.push_back(
      {.agent = key.first, .spool = key.second, .seq = cursor, .wire_bytes = wire_bytes});
  return absl::OkStatus();
}

bool MemoryTransaction::HasNeither(PairId pair, Unit unit) const {
  return !sweep_->results.contains({pair, unit}) && !sweep_->quarantine.contains({pair, unit});
}

absl::Status MemoryTransaction::Do(const QuarantineMissing& op) {
  WF_RETURN_IF_ERROR(FindPair(op.pair).status());
  const auto quarantine = [&](Unit unit) {
    if (op.range.contains(unit) && HasNeither(op.pair, unit)) {
      Add(sweep_->quarantine, UnitKey{op.pair, unit},
          MemoryQuarantine{.lease = op.lease, .reason = op.reason});
      ++committed_->quarantined;
    }
  };
  std::for_each(op.units.begin(), op.units.end(), quarantine);
  for (Unit unit = op.range.lo; op.units.empty() && unit < op.range.hi; ++unit) {
    quarantine(unit);
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const RecordFailures& op) {
  for (const UnitFailure& failure : op.failures) {
    Push(sweep_->failures, MemoryFailure{.shard = op.shard, .lease = op.lease, .failure = failure});
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const RecordEvent& op) {
  Push(sweep_ == nullptr ? tables_.events : sweep_->events,
       EventRow{.at_unix_ms = op.at_unix_ms, .kind = op.kind, .text = op.text});
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const PutReattributed& op) {
  for (const ReattributedEnergy& row : op.rows) {
    const std::tuple key{UnitKey{row.pair, row.unit}, row.channel_id, op.method};
    if (!Add(sweep_->reattributed, key, row.energy)) {
      Change(sweep_->reattributed.at(key)) = row.energy;
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const PutVerdicts& op) {
  for (const AddedVerdict& row : op.rows) {
    const UnitKey unit{row.pair, row.unit};
    const auto stored = sweep_->results.find(unit);
    if (stored == sweep_->results.end()) {
      return GuardFailed("unit %d of pair %d has no result to grade", row.unit, row.pair.value);
    }
    const std::optional<Verdict>& in_force = stored->second.verdict;
    const Verdict& added = row.verdict;
    if (in_force && in_force->grader == added.grader &&
        in_force->grader_version == added.grader_version) {
      continue;
    }
    NoteGrader(added);
    const std::tuple key{unit, added.grader, added.grader_version};
    if (!Add(sweep_->regraded, key, added)) {
      Change(sweep_->regraded.at(key)) = added;
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const CountMissing& op) {
  MissingUnits missing{.shard = op.shard};
  for (Unit unit = op.range.lo; unit < op.range.hi; ++unit) {
    if (!HasNeither(op.pair, unit) || (op.judge && !IsToBeJudged(op.pair, *op.judge, unit))) {
      continue;
    }
    if (!missing.ranges.empty() && missing.ranges.back().hi == unit) {
      ++missing.ranges.back().hi;
    } else {
      missing.ranges.push_back({.lo = unit, .hi = unit + 1});
    }
  }
  for (Unit unit = op.range.lo; op.judge && unit < op.range.hi; ++unit) {
    const auto row = RowForJudging(op.pair, unit);
    missing.unclear += row && row->verdict == VerdictValue::kNoAnswer ? 1 : 0;
  }
  committed_->missing.push_back(std::move(missing));
  return absl::OkStatus();
}

std::optional<JudgedRow> MemoryTransaction::RowForJudging(PairId pair, Unit unit) const {
  const auto found = sweep_->results.find({pair, unit});
  if (found == sweep_->results.end()) {
    return std::nullopt;
  }
  JudgedRow row{.status = found->second.result.status};
  if (const std::optional<Verdict>& verdict = found->second.verdict) {
    row.verdict = verdict->value;
    row.grader = verdict->grader;
    row.extracted = verdict->extracted;
  }
  return row;
}

bool MemoryTransaction::IsToBeJudged(PairId pair, const JudgeTask& task, Unit unit) const {
  const JudgeUnits units(task);
  const JudgementAddress judgement = units.AddressOf(unit);
  return HasToBeJudged(task, judgement, RowForJudging(task.subject, judgement.answer),
                       RowForJudging(pair, unit - units.per_attempt()));
}

absl::Status MemoryTransaction::Do(const SettleJudgements& op) {
  const JudgeUnits units(op.judge);
  for (const Result& result : op.graded->batch.results) {
    const JudgementAddress judgement = units.AddressOf(result.unit);
    const auto answer = sweep_->results.find({op.judge.subject, judgement.answer});
    if (answer == sweep_->results.end() || answer->second.verdict) {
      continue;
    }
    std::vector<JudgedRow> by_order;
    for (std::int64_t order = 0; order < units.orders(); ++order) {
      Unit unit = units.UnitOf(judgement.answer, order);
      auto row = RowForJudging(op.pair, unit);
      while (row && row->verdict == VerdictValue::kNoAnswer) {
        unit += units.per_attempt();
        row = RowForJudging(op.pair, unit);
      }
      if (row && row->verdict) {
        by_order.push_back(*std::move(row));
      }
    }
    if (static_cast<std::int64_t>(by_order.size()) == units.orders()) {
      Change(answer->second.verdict) = CombineJudgements(op.judge, by_order);
      NoteGrader(*answer->second.verdict);
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryTransaction::Do(const RenameGrader& op) {
  std::set<Unit> among;
  for (std::size_t i = 0; op.among != nullptr && i < op.among->batch.results.size(); ++i) {
    among.insert(op.among->batch.results[i].unit);
  }
  for (auto& [key, result] : sweep_->results) {
    const bool is_meant =
        key.first == op.pair && (op.among == nullptr || among.contains(key.second));
    if (is_meant && result.verdict && result.verdict->grader == op.from) {
      Change(result.verdict)->grader = op.to;
      NoteGrader(*result.verdict);
    }
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
