#include <optional>
#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "coordinator/store/append_rules.h"
#include "coordinator/store/sqlite_sweep.h"

namespace wattfleet::coordinator {

absl::StatusOr<std::optional<JudgedRow>> SqliteSweep::RowForJudging(PairId pair, Unit unit) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * select,
      connection_->Cached("SELECT r.status, r.verdict, g.name, v.extracted FROM result r "
                          "LEFT JOIN verdict v USING (pair_id, unit) "
                          "LEFT JOIN grader g USING (grader_id) "
                          "WHERE r.pair_id = ?1 AND r.unit = ?2"));
  WF_ASSIGN_OR_RETURN(const bool has_row, select->Bind(1, pair.value).Bind(2, unit).Step());
  std::optional<JudgedRow> row;
  if (has_row) {
    row.emplace().status = static_cast<ResultStatus>(select->Int(0));
    if (!select->IsNull(1)) {
      row->verdict = static_cast<VerdictValue>(select->Int(1));
      row->grader = std::string(select->Text(2));
      row->extracted = std::string(select->Text(3));
    }
  }
  select->Reset();
  return row;
}

absl::StatusOr<std::vector<UnitRange>> SqliteSweep::ToBeJudged(
    PairId pair, const JudgeTask& task, const std::vector<UnitRange>& among) {
  const JudgeUnits units(task);
  std::vector<UnitRange> ranges;
  for (const UnitRange& range : among) {
    for (Unit unit = range.lo; unit < range.hi; ++unit) {
      const JudgementAddress judgement = units.AddressOf(unit);
      WF_ASSIGN_OR_RETURN(const auto answer, RowForJudging(task.subject, judgement.answer));
      WF_ASSIGN_OR_RETURN(const auto previous, RowForJudging(pair, unit - units.per_attempt()));
      if (!HasToBeJudged(task, judgement, answer, previous)) {
        continue;
      }
      if (!ranges.empty() && ranges.back().hi == unit) {
        ++ranges.back().hi;
      } else {
        ranges.push_back({.lo = unit, .hi = unit + 1});
      }
    }
  }
  return ranges;
}

absl::StatusOr<std::int64_t> SqliteSweep::CountUnclear(PairId pair, UnitRange range) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * count,
                      connection_->Cached("SELECT count(*) FROM result WHERE pair_id = ?1 AND "
                                          "unit >= ?2 AND unit < ?3 AND verdict = ?4"));
  count->Bind(1, pair.value)
      .Bind(2, range.lo)
      .Bind(3, range.hi)
      .Bind(4, static_cast<std::int64_t>(VerdictValue::kNoAnswer));
  WF_ASSIGN_OR_RETURN(const bool has_row, count->Step());
  const std::int64_t unclear = has_row ? count->Int(0) : 0;
  count->Reset();
  return unclear;
}

absl::Status SqliteSweep::Do(const SettleJudgements& op, Committed&) {
  const JudgeUnits units(op.judge);
  for (const Result& result : op.graded->batch.results) {
    WF_RETURN_IF_ERROR(Settle(op, units.AddressOf(result.unit).answer));
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Settle(const SettleJudgements& op, Unit answer) {
  const JudgeUnits units(op.judge);
  std::vector<JudgedRow> by_order;
  for (std::int64_t order = 0; order < units.orders(); ++order) {
    Unit unit = units.UnitOf(answer, order);
    WF_ASSIGN_OR_RETURN(auto row, RowForJudging(op.pair, unit));
    while (row && row->verdict == VerdictValue::kNoAnswer) {
      unit += units.per_attempt();
      WF_ASSIGN_OR_RETURN(row, RowForJudging(op.pair, unit));
    }
    if (!row || !row->verdict) {
      return absl::OkStatus();
    }
    by_order.push_back(*std::move(row));
  }
  return appender_.PutInForce(op.judge.subject, answer, CombineJudgements(op.judge, by_order));
}

absl::Status SqliteSweep::Do(const RenameGrader& op, Committed&) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * name,
                      connection_->Cached("INSERT OR IGNORE INTO grader (name, version) "
                                          "SELECT ?2, version FROM grader WHERE name = ?1"));
  WF_RETURN_IF_ERROR(name->BindText(1, op.from).BindText(2, op.to).Run());
  if (op.among == nullptr) {
    return RenameAll(op);
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * rename,
      connection_->Cached("UPDATE verdict SET grader_id = new.grader_id FROM grader old "
                          "JOIN grader new ON new.name = ?4 AND new.version = old.version "
                          "WHERE verdict.pair_id = ?1 AND verdict.unit = ?2 AND old.name = ?3 "
                          "AND verdict.grader_id = old.grader_id"));
  for (const Result& result : op.among->batch.results) {
    WF_RETURN_IF_ERROR(rename->Bind(1, op.pair.value)
                           .Bind(2, result.unit)
                           .BindText(3, op.from)
                           .BindText(4, op.to)
                           .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::RenameAll(const RenameGrader& op) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * rename,
      connection_->Cached("UPDATE verdict SET grader_id = new.grader_id FROM grader old "
                          "JOIN grader new ON new.name = ?3 AND new.version = old.version "
                          "WHERE verdict.pair_id = ?1 AND old.name = ?2 "
                          "AND verdict.grader_id = old.grader_id"));
  return rename->Bind(1, op.pair.value).BindText(2, op.from).BindText(3, op.to).Run();
}

}  // namespace wattfleet::coordinator
