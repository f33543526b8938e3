#include "coordinator/store/sqlite_sweep_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_schema.h"

namespace wattfleet::coordinator {

ResultRow SqliteSweepView::ResultOf(const SqliteStatement& row) const {
  ResultRow result{.unit = row.Int(0),
                   .status = static_cast<ResultStatus>(row.Int(1)),
                   .failure = static_cast<Failure>(row.Int(4)),
                   .finish = static_cast<Finish>(row.Int(5)),
                   .environment_id = row.Int(6),
                   .lease = {row.Int(7)},
                   .sent_unix_ms = row.Int(8),
                   .duration_ns = row.Int(9),
                   .ttft_ns = row.OptionalInt(10),
                   .input_tokens = row.OptionalInt(11),
                   .cached_tokens = row.OptionalInt(12),
                   .output_tokens = row.OptionalInt(13),
                   .reasoning_tokens = row.OptionalInt(14),
                   .flags = static_cast<Flags>(row.Int(3))};
  if (const std::optional<std::int64_t> verdict = row.OptionalInt(2)) {
    result.verdict = static_cast<VerdictValue>(*verdict);
  }
  if (sample_.has_value() && !sample_->empty()) {
    const auto unit = static_cast<std::size_t>(result.unit);
    result.q = (*sample_)[unit < sample_->size() ? unit : unit % sample_->size()];
  }
  return result;
}

absl::StatusOr<std::unique_ptr<SqliteSweepView>> SqliteSweepView::Open(
    const std::string& path, absl::flat_hash_map<AgentId, std::string> agent_names) {
  WF_ASSIGN_OR_RETURN(auto connection, SqliteConnection::OpenReader(path));
  WF_RETURN_IF_ERROR(connection->Execute("BEGIN"));
  WF_RETURN_IF_ERROR(CheckSchema(*connection, SweepSchema()));
  WF_ASSIGN_OR_RETURN(std::optional<SweepRecord> sweep, ReadSweep(*connection));
  if (!sweep.has_value()) {
    return absl::NotFoundError(absl::StrFormat("%s holds no sweep yet", path));
  }
  auto view = std::unique_ptr<SqliteSweepView>(new SqliteSweepView(std::move(connection)));
  view->sweep_ = *std::move(sweep);
  view->agent_names_ = std::move(agent_names);
  return view;
}

absl::Status SqliteSweepView::ForEachRow(SqliteStatement& statement, const VisitRow& visit) {
  WF_ASSIGN_OR_RETURN(bool more, statement.Step());
  while (more) {
    WF_RETURN_IF_ERROR(visit(statement));
    WF_ASSIGN_OR_RETURN(more, statement.Step());
  }
  return absl::OkStatus();
}

absl::Status SqliteSweepView::ForEachRow(const char* sql, const VisitRow& visit) {
  WF_ASSIGN_OR_RETURN(SqliteStatement statement, connection_->Prepare(sql));
  return ForEachRow(statement, visit);
}

absl::Status SqliteSweepView::ForEachRowOfPair(const std::string& sql, PairId pair,
                                               const VisitRow& visit) {
  WF_ASSIGN_OR_RETURN(SqliteStatement statement, connection_->Prepare(sql));
  return ForEachRow(statement.Bind(1, pair.value), visit);
}

absl::StatusOr<std::vector<PairSnapshot>> SqliteSweepView::Pairs() {
  return ReadPairs(*connection_, sweep_.id);
}

absl::StatusOr<std::vector<std::int64_t>> SqliteSweepView::Sample() {
  if (sample_.has_value()) {
    return *sample_;
  }
  std::vector<std::int64_t> sample;
  WF_RETURN_IF_ERROR(
      ForEachRow("SELECT q FROM sample ORDER BY position", [&](const SqliteStatement& row) {
        sample.push_back(row.Int(0));
        return absl::OkStatus();
      }));
  sample_ = std::move(sample);
  return *sample_;
}

absl::Status SqliteSweepView::ForEachResult(
    PairId pair, const std::function<absl::Status(const ResultRow&)>& visit) {
  WF_RETURN_IF_ERROR(Sample().status());
  return ForEachRowOfPair(
      absl::StrFormat("SELECT %s FROM result WHERE pair_id = ?1 ORDER BY unit", kResultColumns),
      pair, [&](const SqliteStatement& row) { return visit(ResultOf(row)); });
}

absl::Status SqliteSweepView::ForEachEnergy(
    PairId pair, const std::function<absl::Status(const EnergyRow&)>& visit) {
  return ForEachRowOfPair(
      "SELECT unit, channel_id, status, gross_uj, flags FROM result_energy "
      "WHERE pair_id = ?1 ORDER BY unit, channel_id",
      pair, [&](const SqliteStatement& row) {
        return visit({.unit = row.Int(0),
                      .channel_id = row.Int(1),
                      .status = static_cast<EnergyStatus>(row.Int(2)),
                      .gross = row.OptionalInt(3),
                      .flags = static_cast<Flags>(row.Int(4))});
      });
}

absl::StatusOr<std::vector<ChannelRow>> SqliteSweepView::Channels() {
  std::vector<ChannelRow> rows;
  WF_RETURN_IF_ERROR(
      ForEachRow("SELECT channel_id, agent_id, name, source, scope, facts FROM channel "
                 "ORDER BY channel_id",
                 [&](const SqliteStatement& row) {
                   rows.push_back({.channel_id = row.Int(0),
                                   .agent = {row.Int(1)},
                                   .facts = {.name = std::string(row.Text(2)),
                                             .source = std::string(row.Text(3)),
                                             .scope = static_cast<Scope>(row.Int(4)),
                                             .facts_json = std::string(row.Text(5))}});
                   return absl::OkStatus();
                 }));
  return rows;
}

absl::StatusOr<std::vector<EnvironmentRow>> SqliteSweepView::Environments(PairId pair) {
  std::vector<EnvironmentRow> rows;
  WF_RETURN_IF_ERROR(ForEachRowOfPair(
      "SELECT environment_id, agent_id, instance, model_digest, engine_kind, quantization, facts, "
      "results FROM pair_environment JOIN environment USING (environment_id) WHERE pair_id = ?1 "
      "ORDER BY environment_id",
      pair, [&](const SqliteStatement& row) {
        EnvironmentRow environment{
            .environment_id = row.Int(0),
            .agent = {row.Int(1)},
            .instance = std::string(row.Text(2)),
            .environment = {.seal = {.model_digest = std::string(row.Text(3)),
                                     .engine_kind = std::string(row.Text(4)),
                                     .quantization = std::string(row.Text(5))},
                            .facts_json = std::string(row.Text(6))},
            .results = row.Int(7)};
        if (const auto name = agent_names_.find(environment.agent); name != agent_names_.end()) {
          environment.agent_name = name->second;
        }
        rows.push_back(std::move(environment));
        return absl::OkStatus();
      }));
  return rows;
}

absl::StatusOr<std::vector<LedgerRow>> SqliteSweepView::Ledger() {
  std::vector<LedgerRow> rows;
  WF_RETURN_IF_ERROR(
      ForEachRow("SELECT lease_id, pair_id, channel_id, total_uj, attributed_uj, idle_uj, "
                 "uncounted_uj, unassigned_uj, baseline_uw, l.baseline_id FROM ledger l JOIN lease "
                 "USING (lease_id) "
                 "ORDER BY lease_id, channel_id",
                 [&](const SqliteStatement& row) {
                   rows.push_back({.lease = {row.Int(0)},
                                   .pair = {row.Int(1)},
                                   .channel_id = row.Int(2),
                                   .entry = {.total = row.Int(3),
                                             .attributed = row.Int(4),
                                             .idle = row.Int(5),
                                             .uncounted = row.Int(6),
                                             .unassigned = row.Int(7),
                                             .baseline_uw = row.OptionalInt(8),
                                             .baseline_id = row.OptionalInt(9)}});
                   return absl::OkStatus();
                 }));
  return rows;
}

absl::StatusOr<std::vector<EventRow>> SqliteSweepView::Events(std::int64_t last_n) {
  std::vector<EventRow> rows;
  WF_ASSIGN_OR_RETURN(
      SqliteStatement statement,
      connection_->Prepare(
          "SELECT at_unix_ms, kind, text FROM event ORDER BY event_id DESC LIMIT ?1"));
  WF_RETURN_IF_ERROR(ForEachRow(statement.Bind(1, std::max<std::int64_t>(last_n, 0)),
                                [&](const SqliteStatement& row) {
                                  rows.push_back({.at_unix_ms = row.Int(0),
                                                  .kind = std::string(row.Text(1)),
                                                  .text = std::string(row.Text(2))});
                                  return absl::OkStatus();
                                }));
  std::reverse(rows.begin(), rows.end());
  return rows;
}

absl::StatusOr<std::vector<QuarantineRow>> SqliteSweepView::Quarantined(PairId pair) {
  std::vector<QuarantineRow> rows;
  WF_RETURN_IF_ERROR(
      ForEachRowOfPair("SELECT unit, reason FROM quarantine WHERE pair_id = ?1 ORDER BY unit", pair,
                       [&](const SqliteStatement& row) {
                         rows.push_back({.unit = row.Int(0), .reason = std::string(row.Text(1))});
                         return absl::OkStatus();
                       }));
  return rows;
}

absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> SqliteSweepView::Graders() {
  std::vector<std::pair<std::string, std::int32_t>> graders;
  WF_RETURN_IF_ERROR(ForEachRow(
      "SELECT name, version FROM grader ORDER BY grader_id", [&](const SqliteStatement& row) {
        graders.emplace_back(std::string(row.Text(0)), static_cast<std::int32_t>(row.Int(1)));
        return absl::OkStatus();
      }));
  return graders;
}

absl::StatusOr<std::string> SqliteSweepView::Body(PairId pair, Unit unit) {
  WF_ASSIGN_OR_RETURN(SqliteStatement row,
                      connection_->Prepare("SELECT zstd FROM response WHERE response_key = ?1"));
  WF_ASSIGN_OR_RETURN(const bool has_row, row.Bind(1, ResponseKey(pair, unit)).Step());
  if (!has_row) {
    return absl::NotFoundError(
        absl::StrFormat("unit %d of pair %d has no stored body", unit, pair.value));
  }
  return std::string(row.Blob(0));
}

}  // namespace wattfleet::coordinator
