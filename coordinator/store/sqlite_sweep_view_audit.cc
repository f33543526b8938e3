#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_sweep_view.h"

namespace wattfleet::coordinator {

absl::StatusOr<ResultDetail> SqliteSweepView::Detail(PairId pair, Unit unit) {
  WF_RETURN_IF_ERROR(Sample().status());
  WF_ASSIGN_OR_RETURN(
      SqliteStatement row,
      connection_->Prepare(absl::StrFormat(
          "SELECT %s, ttfo_ns, queue_ns, token_source, in_flight_mean, body_digest FROM result "
          "WHERE pair_id = ?1 AND unit = ?2",
          kResultColumns)));
  WF_ASSIGN_OR_RETURN(const bool has_row, row.Bind(1, pair.value).Bind(2, unit).Step());
  if (!has_row) {
    return absl::NotFoundError(
        absl::StrFormat("unit %d of pair %d has no result", unit, pair.value));
  }
  ResultDetail detail{.row = ResultOf(row)};
  detail.ttfo_ns = row.OptionalInt(15);
  detail.queue_ns = row.OptionalInt(16);
  detail.token_source = static_cast<TokenSource>(row.Int(17));
  detail.in_flight_mean = row.OptionalReal(18);
  detail.body_digest = static_cast<std::uint64_t>(row.Int(19));
  WF_RETURN_IF_ERROR(ReadEnergies(pair, unit, detail));
  WF_RETURN_IF_ERROR(ReadVerdict(pair, unit, detail));
  return detail;
}

absl::Status SqliteSweepView::ReadEnergies(PairId pair, Unit unit, ResultDetail& detail) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection_->Prepare(
          "SELECT channel_id, status, gross_uj, net_uj, random_uj, flags, samples, max_gap_ns, "
          "covered_ppm, baseline_id, prefill_uj FROM result_energy WHERE pair_id = ?1 AND "
          "unit = ?2 ORDER BY channel_id"));
  rows.Bind(1, pair.value).Bind(2, unit);
  return ForEachRow(rows, [&](const SqliteStatement& row) {
    detail.energies.emplace_back(row.Int(0),
                                 ChannelEnergy{.status = static_cast<EnergyStatus>(row.Int(1)),
                                               .gross = row.OptionalInt(2),
                                               .net = row.OptionalInt(3),
                                               .random = row.OptionalInt(4),
                                               .prefill = row.OptionalInt(10),
                                               .samples = row.Int(6),
                                               .max_gap_ns = row.OptionalInt(7),
                                               .covered_ppm = row.OptionalInt(8),
                                               .flags = static_cast<Flags>(row.Int(5)),
                                               .baseline_id = row.OptionalInt(9)});
    return absl::OkStatus();
  });
}

absl::Status SqliteSweepView::ReadVerdict(PairId pair, Unit unit, ResultDetail& detail) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection_->Prepare("SELECT v.value, g.name, g.version, v.reason, v.extracted "
                           "FROM verdict v JOIN grader g USING (grader_id) "
                           "WHERE v.pair_id = ?1 AND v.unit = ?2 ORDER BY grader_id"));
  rows.Bind(1, pair.value).Bind(2, unit);
  return ForEachRow(rows, [&](const SqliteStatement& row) {
    detail.verdict = Verdict{.value = static_cast<VerdictValue>(row.Int(0)),
                             .grader = std::string(row.Text(1)),
                             .grader_version = static_cast<std::int32_t>(row.Int(2)),
                             .reason = std::string(row.Text(3)),
                             .extracted = std::string(row.Text(4))};
    detail.row.verdict = detail.verdict->value;
    return absl::OkStatus();
  });
}

absl::Status SqliteSweepView::ForEachVerdict(
    PairId pair, const std::string& grader, std::int32_t version,
    const std::function<absl::Status(const VerdictRow&)>& visit) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection_->Prepare("WITH g AS (SELECT grader_id FROM grader WHERE name = ?2 AND "
                           "version = ?3) "
                           "SELECT unit, value, reason, extracted FROM verdict WHERE pair_id = ?1 "
                           "AND grader_id IN g UNION ALL "
                           "SELECT unit, value, reason, extracted FROM regraded WHERE pair_id = ?1 "
                           "AND grader_id IN g ORDER BY unit"));
  rows.Bind(1, pair.value).BindText(2, grader).Bind(3, std::int64_t{version});
  return ForEachRow(rows, [&](const SqliteStatement& row) {
    return visit({.unit = row.Int(0),
                  .value = static_cast<VerdictValue>(row.Int(1)),
                  .reason = std::string(row.Text(2)),
                  .extracted = std::string(row.Text(3))});
  });
}

absl::StatusOr<std::map<LeaseId, std::string>> SqliteSweepView::RefusedLedgers() {
  std::map<LeaseId, std::string> refused;
  WF_RETURN_IF_ERROR(
      ForEachRow("SELECT lease_id, ledger_refused FROM lease WHERE ledger_refused IS NOT NULL",
                 [&](const SqliteStatement& row) {
                   refused[{row.Int(0)}] = std::string(row.Text(1));
                   return absl::OkStatus();
                 }));
  return refused;
}

absl::StatusOr<std::vector<TraceRow>> SqliteSweepView::Traces() {
  std::vector<TraceRow> rows;
  WF_RETURN_IF_ERROR(
      ForEachRow("SELECT lease_id, pair_id, agent_id, max(parts), count(*) "
                 "FROM trace JOIN lease USING (lease_id) GROUP BY lease_id ORDER BY lease_id",
                 [&](const SqliteStatement& row) {
                   rows.push_back({.lease = {row.Int(0)},
                                   .pair = {row.Int(1)},
                                   .agent = {row.Int(2)},
                                   .parts = static_cast<std::int32_t>(row.Int(3)),
                                   .stored = static_cast<std::int32_t>(row.Int(4))});
                   return absl::OkStatus();
                 }));
  return rows;
}

absl::StatusOr<std::string> SqliteSweepView::Trace(LeaseId lease) {
  WF_ASSIGN_OR_RETURN(SqliteStatement rows,
                      connection_->Prepare("SELECT part, parts, bytes FROM trace "
                                           "WHERE lease_id = ?1 ORDER BY part"));
  rows.Bind(1, lease.value);
  std::string bytes;
  std::int64_t next = 0;
  std::int64_t parts = 1;
  WF_RETURN_IF_ERROR(ForEachRow(rows, [&](const SqliteStatement& row) {
    if (row.Int(0) == next) {
      ++next;
      bytes.append(row.Blob(2));
    }
    parts = row.Int(1);
    return absl::OkStatus();
  }));
  if (next != parts) {
    return absl::NotFoundError(absl::StrFormat("lease %d has %s stored", lease.value,
                                               next == 0 ? "no trace" : "only part of its trace"));
  }
  return bytes;
}

absl::StatusOr<std::vector<std::string>> SqliteSweepView::ReattributedMethods() {
  std::vector<std::string> methods;
  WF_RETURN_IF_ERROR(ForEachRow("SELECT DISTINCT method FROM reattributed ORDER BY method",
                                [&](const SqliteStatement& row) {
                                  methods.emplace_back(row.Text(0));
                                  return absl::OkStatus();
                                }));
  return methods;
}

absl::Status SqliteSweepView::ForEachReattributed(
    PairId pair, const std::string& method,
    const std::function<absl::Status(const EnergyRow&)>& visit) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection_->Prepare("SELECT unit, channel_id, status, gross_uj, flags FROM reattributed "
                           "WHERE pair_id = ?1 AND method = ?2 "
                           "ORDER BY unit, channel_id"));
  return ForEachRow(rows.Bind(1, pair.value).BindText(2, method), [&](const SqliteStatement& row) {
    return visit({.unit = row.Int(0),
                  .channel_id = row.Int(1),
                  .status = static_cast<EnergyStatus>(row.Int(2)),
                  .gross = row.OptionalInt(3),
                  .flags = static_cast<Flags>(row.Int(4))});
  });
}

}  // namespace wattfleet::coordinator
