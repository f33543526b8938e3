#include "coordinator/store/sqlite_append.h"

#include <algorithm>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_rows.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kLeasesRemembered = 10'000;
constexpr std::size_t kDigestsRemembered = 100'000;

template <typename Enum>
std::int64_t Number(Enum value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

absl::Status SqliteAppender::Prepare() {
  if (statements_.result != nullptr) {
    return absl::OkStatus();
  }
  Statements s;
  WF_ASSIGN_OR_RETURN(
      s.result,
      connection_.Cached("INSERT INTO result VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                         "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) "
                         "ON CONFLICT DO NOTHING"));
  WF_ASSIGN_OR_RETURN(
      s.stored, connection_.Cached(
                    "SELECT status, body_digest FROM result WHERE pair_id = ?1 AND unit = ?2"));
  WF_ASSIGN_OR_RETURN(
      s.energy,
      connection_.Cached("INSERT INTO result_energy VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                         "?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING"));
  WF_ASSIGN_OR_RETURN(s.response, connection_.Cached("INSERT INTO response VALUES (?1, ?2)"));
  WF_ASSIGN_OR_RETURN(s.verdict,
                      connection_.Cached("INSERT INTO verdict VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  WF_ASSIGN_OR_RETURN(
      s.duplicate, connection_.Cached("INSERT INTO result_dup VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                                      "ON CONFLICT DO NOTHING"));
  WF_ASSIGN_OR_RETURN(
      s.lift, connection_.Cached("DELETE FROM quarantine WHERE pair_id = ?1 AND unit = ?2"));
  statements_ = s;
  return absl::OkStatus();
}

absl::Status SqliteAppender::Append(const AppendResults& op, Committed& committed) {
  const ResultBatch& batch = op.graded->batch;
  WF_RETURN_IF_ERROR(Prepare());
  const std::uint64_t cursor = cursors_.At(op.agent, batch.spool_id);
  if (batch.seq > cursor + 1) {
    return absl::InternalError(absl::StrFormat("agent %d appends frame %d after frame %d",
                                               op.agent.value, batch.seq, cursor));
  }
  LeaseCommit counts{.lease = batch.lease, .pair = batch.pair};
  if (batch.seq > cursor) {
    WF_ASSIGN_OR_RETURN(Lease * lease, FindLease(batch.lease));
    if (lease != nullptr && LeaseCovers(lease->record, batch, op.agent)) {
      WF_RETURN_IF_ERROR(AppendToLease(op, *lease, counts, committed.events));
    } else {
      counts.refused = static_cast<std::int64_t>(batch.results.size());
    }
    cursors_.Advance(op.agent, batch.spool_id, batch.seq);
  }
  committed.leases.push_back(counts);
  committed.cursors.push_back({.agent = op.agent,
                               .spool = batch.spool_id,
                               .seq = cursors_.At(op.agent, batch.spool_id),
                               .wire_bytes = op.graded->wire_bytes});
  return absl::OkStatus();
}

absl::Status SqliteAppender::AppendToLease(const AppendResults& op, Lease& lease,
                                           LeaseCommit& counts, std::vector<RecordEvent>& events) {
  if (!lease.is_dirty) {
    lease.is_dirty = true;
    dirty_.push_back(&lease);
  }
  Batch batch{.op = op, .batch = op.graded->batch, .lease = lease, .counts = counts};
  batch.channel_ids.resize(batch.batch.channels.size());
  WF_ASSIGN_OR_RETURN(batch.has_quarantine, HasQuarantine(lease.record.pair));
  for (std::size_t i = 0; i < batch.batch.results.size(); ++i) {
    WF_RETURN_IF_ERROR(AppendOne(batch, i));
  }
  lease.accepted += counts.accepted;
  lease.failed += counts.failed_accepted;
  lease.duplicate += counts.duplicate;
  lease.conflicting += counts.conflicting;
  lease.refused += counts.refused;
  if (counts.accepted > 0) {
    environment_results_[{lease.record.pair, batch.environment_id}] += counts.accepted;
  }
  if (counts.conflicting > 0) {
    events.push_back(ConflictEvent(lease.record.id, counts.conflicting, op.received_unix_ms));
    WF_RETURN_IF_ERROR(InsertEvent(connection_, events.back()));
  }
  WF_RETURN_IF_ERROR(InsertTrace(batch.batch));
  WF_ASSIGN_OR_RETURN(const std::string why, CloseLedger(batch));
  counts.ledger_balances = why.empty();
  if (!why.empty()) {
    events.push_back(LedgerEvent(lease.record.id, why, op.received_unix_ms));
    WF_RETURN_IF_ERROR(InsertEvent(connection_, events.back()));
  }
  for (RecordEvent& drift : batch.drifts) {
    WF_RETURN_IF_ERROR(InsertEvent(connection_, drift));
    events.push_back(std::move(drift));
  }
  return absl::OkStatus();
}

absl::Status SqliteAppender::InsertTrace(const ResultBatch& batch) {
  if (!batch.trace.has_value()) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_.Cached("INSERT INTO trace VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"));
  return insert->Bind(1, batch.lease.value)
      .Bind(2, std::int64_t{batch.trace->part})
      .Bind(3, std::int64_t{batch.trace->parts})
      .BindBlob(4, batch.trace->bytes)
      .Run();
}

absl::Status SqliteAppender::AppendOne(Batch& batch, std::size_t i) {
  const Result& result = batch.batch.results[i];
  if (batch.lease.has_ledger || !IsStorable(result, batch.batch, batch.lease.record)) {
    ++batch.counts.refused;
    return AddToSums(batch, result, &ChannelSums::set_aside);
  }
  const auto& verdicts = batch.op.graded->verdicts;
  const Verdict* verdict = i < verdicts.size() && verdicts[i].has_value() ? &*verdicts[i] : nullptr;
  WF_ASSIGN_OR_RETURN(const bool is_first, InsertResult(batch, result, verdict));
  if (!is_first) {
    return SetAside(batch, result);
  }
  ++batch.counts.accepted;
  batch.counts.failed_accepted += result.status == ResultStatus::kFailed ? 1 : 0;
  AddTokens(result, batch.counts.tokens);
  return InsertParts(batch, result, verdict);
}

absl::StatusOr<bool> SqliteAppender::InsertResult(Batch& batch, const Result& result,
                                                  const Verdict* verdict) {
  WF_ASSIGN_OR_RETURN(const std::int64_t environment, EnvironmentOf(batch));
  const std::optional<std::int64_t> value =
      verdict == nullptr ? std::nullopt : std::optional(Number(verdict->value));
  WF_RETURN_IF_ERROR(statements_.result->Bind(1, batch.batch.pair.value)
                         .Bind(2, result.unit)
                         .Bind(3, Number(result.status))
                         .Bind(4, value)
                         .Bind(5, static_cast<std::int64_t>(result.flags))
                         .Bind(6, Number(result.failure))
                         .Bind(7, Number(result.finish))
                         .Bind(8, environment)
                         .Bind(9, batch.batch.lease.value)
                         .Bind(10, result.sent_unix_ms)
                         .Bind(11, result.duration_ns)
                         .Bind(12, result.ttft_ns)
                         .Bind(13, result.input_tokens)
                         .Bind(14, result.cached_tokens)
                         .Bind(15, result.output_tokens)
                         .Bind(16, result.reasoning_tokens)
                         .Bind(17, result.ttfo_ns)
                         .Bind(18, result.queue_ns)
                         .Bind(19, Number(result.token_source))
                         .Bind(20, result.in_flight_mean)
                         .Bind(21, static_cast<std::int64_t>(result.body_digest))
                         .Run());
  return connection_.changes() == 1;
}

absl::Status SqliteAppender::InsertParts(Batch& batch, const Result& result,
                                         const Verdict* verdict) {
  const PairId pair = batch.batch.pair;
  for (const ChannelEnergy& energy : result.energy) {
    WF_ASSIGN_OR_RETURN(const std::int64_t channel, ChannelOf(batch, energy.channel));
    WF_RETURN_IF_ERROR(statements_.energy->Bind(1, pair.value)
                           .Bind(2, result.unit)
                           .Bind(3, channel)
                           .Bind(4, Number(energy.status))
                           .Bind(5, energy.gross)
                           .Bind(6, energy.net)
                           .Bind(7, energy.random)
                           .Bind(8, static_cast<std::int64_t>(energy.flags))
                           .Bind(9, energy.samples)
                           .Bind(10, energy.max_gap_ns)
                           .Bind(11, energy.covered_ppm)
                           .Bind(12, energy.baseline_id)
                           .Bind(13, energy.prefill)
                           .Run());
  }
  WF_RETURN_IF_ERROR(AddToSums(batch, result, &ChannelSums::counted));
  if (!result.body_zstd.empty()) {
    WF_RETURN_IF_ERROR(statements_.response->Bind(1, ResponseKey(pair, result.unit))
                           .BindBlob(2, result.body_zstd)
                           .Run());
  }
  if (verdict != nullptr) {
    WF_RETURN_IF_ERROR(InsertVerdict(batch, result.unit, *verdict));
  }
  if (batch.has_quarantine) {
    WF_RETURN_IF_ERROR(statements_.lift->Bind(1, pair.value).Bind(2, result.unit).Run());
    batch.counts.unquarantined += connection_.changes();
  }
  return absl::OkStatus();
}

absl::Status SqliteAppender::InsertVerdict(const Batch& batch, Unit unit, const Verdict& verdict) {
  WF_ASSIGN_OR_RETURN(const std::int64_t grader, GraderOf(verdict));
  return statements_.verdict->Bind(1, batch.batch.pair.value)
      .Bind(2, unit)
      .Bind(3, grader)
      .Bind(4, Number(verdict.value))
      .BindText(5, verdict.reason)
      .BindText(6, verdict.extracted)
      .Run();
}

absl::Status SqliteAppender::SetAside(Batch& batch, const Result& result) {
  const PairId pair = batch.batch.pair;
  SqliteStatement& stored = *statements_.stored;
  WF_ASSIGN_OR_RETURN(const bool has_row, stored.Bind(1, pair.value).Bind(2, result.unit).Step());
  const bool is_same = has_row && SaysTheSame(result, static_cast<ResultStatus>(stored.Int(0)),
                                              static_cast<std::uint64_t>(stored.Int(1)));
  stored.Reset();
  ++(is_same ? batch.counts.duplicate : batch.counts.conflicting);
  WF_RETURN_IF_ERROR(statements_.duplicate->Bind(1, pair.value)
                         .Bind(2, result.unit)
                         .Bind(3, batch.batch.lease.value)
                         .Bind(4, Number(result.status))
                         .Bind(5, result.duration_ns)
                         .Bind(6, static_cast<std::int64_t>(result.body_digest))
                         .Bind(7, batch.op.received_unix_ms)
                         .Run());
  return AddToSums(batch, result, &ChannelSums::set_aside);
}

absl::Status SqliteAppender::AddToSums(Batch& batch, const Result& result,
                                       Microjoules ChannelSums::*sum) {
  const auto& energies = result.energy;
  for (auto energy = energies.begin(); energy != energies.end(); ++energy) {
    const bool is_named_before = std::any_of(
        energies.begin(), energy,
        [&](const ChannelEnergy& earlier) { return earlier.channel == energy->channel; });
    if (is_named_before || energy->channel >= batch.channel_ids.size()) {
      continue;
    }
    WF_ASSIGN_OR_RETURN(const std::int64_t channel, ChannelOf(batch, energy->channel));
    batch.lease.sums[channel].*sum +=
        std::clamp(energy->gross.value_or(0), -kResultMicrojoulesMax, kResultMicrojoulesMax);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SqliteAppender::CloseLedger(Batch& batch) {
  const auto& close = batch.batch.close;
  if (!close.has_value() || (close->ledger.empty() && batch.lease.sums.empty())) {
    return "";
  }
  Lease& lease = batch.lease;
  if (lease.has_ledger) {
    return "it was closed before";
  }
  std::string why;
  std::map<std::int64_t, LedgerEntry> settled;
  for (const LedgerEntry& entry : close->ledger) {
    if (entry.channel >= batch.channel_ids.size()) {
      why = "an entry names no channel";
    }
    if (!why.empty()) {
      break;
    }
    WF_ASSIGN_OR_RETURN(const std::int64_t channel, ChannelOf(batch, entry.channel));
    const auto books = SettleLedger(entry, lease.sums[channel]);
    if (!books.has_value() || !settled.emplace(channel, *books).second) {
      why =
          absl::StrFormat("channel %s does not balance", batch.batch.channels[entry.channel].name);
    }
  }
  for (const auto& [channel, sums] : lease.sums) {
    if (why.empty() && sums != ChannelSums{} && !settled.contains(channel)) {
      WF_ASSIGN_OR_RETURN(const std::string name, ChannelName(channel));
      why = MissingBooks(name);
    }
  }
  if (!why.empty()) {
    WF_RETURN_IF_ERROR(RefuseLedger(lease.record.id, why));
    return why;
  }
  for (const auto& [channel, entry] : settled) {
    WF_RETURN_IF_ERROR(NoteBaseline(batch, channel, entry));
    WF_RETURN_IF_ERROR(InsertLedger(lease.record.id, channel, entry));
  }
  lease.has_ledger = true;
  return "";
}

absl::Status SqliteAppender::NoteBaseline(Batch& batch, std::int64_t channel,
                                          const LedgerEntry& entry) {
  if (!entry.baseline_id || !entry.baseline_uw) {
    return absl::OkStatus();
  }
  const PairId pair = batch.lease.record.pair;
  const auto [known, is_new] = baselines_.try_emplace({pair, channel});
  if (is_new) {
    WF_ASSIGN_OR_RETURN(known->second, LastBaseline(pair, channel));
  }
  std::optional<StoredBaseline>& last = known->second;
  if (last && *entry.baseline_id <= last->id) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(const std::string name, ChannelName(channel));
  if (auto event = DriftEvent(pair, name, last, entry, batch.op.received_unix_ms)) {
    batch.drifts.push_back(*std::move(event));
  }
  last = StoredBaseline{.id = *entry.baseline_id, .idle_uw = *entry.baseline_uw};
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StoredBaseline>> SqliteAppender::LastBaseline(PairId pair,
                                                                           std::int64_t channel) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * select,
      connection_.Cached("SELECT l.baseline_id, l.baseline_uw FROM lease JOIN ledger l USING "
                         "(lease_id) WHERE lease.pair_id = ?1 AND l.channel_id = ?2 AND "
                         "l.baseline_id IS NOT NULL AND l.baseline_uw IS NOT NULL "
                         "ORDER BY l.baseline_id DESC LIMIT 1"));
  WF_ASSIGN_OR_RETURN(const bool has_row, select->Bind(1, pair.value).Bind(2, channel).Step());
  std::optional<StoredBaseline> last;
  if (has_row) {
    last = StoredBaseline{.id = select->Int(0), .idle_uw = select->Int(1)};
  }
  select->Reset();
  return last;
}

absl::StatusOr<std::string> SqliteAppender::ChannelName(std::int64_t channel) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * select,
                      connection_.Cached("SELECT name FROM channel WHERE channel_id = ?1"));
  WF_ASSIGN_OR_RETURN(const bool has_row, select->Bind(1, channel).Step());
  std::string name = has_row ? std::string(select->Text(0)) : "";
  select->Reset();
  return name;
}

absl::Status SqliteAppender::RefuseLedger(LeaseId lease, const std::string& why) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_.Cached("UPDATE lease SET ledger_refused = ?2 WHERE lease_id = ?1"));
  return update->Bind(1, lease.value).BindText(2, why).Run();
}

absl::Status SqliteAppender::InsertLedger(LeaseId lease, std::int64_t channel,
                                          const LedgerEntry& entry) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_.Cached("INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  return insert->Bind(1, lease.value)
      .Bind(2, channel)
      .Bind(3, entry.total)
      .Bind(4, entry.attributed)
      .Bind(5, entry.idle)
      .Bind(6, entry.uncounted)
      .Bind(7, entry.unassigned)
      .Bind(8, entry.baseline_uw)
      .Bind(9, entry.baseline_id)
      .Run();
}

void SqliteAppender::Trim() {
  if (leases_.size() > kLeasesRemembered) {
    leases_.clear();
  }
  if (environments_.size() > kDigestsRemembered) {
    environments_.clear();
  }
  if (channels_.size() > kDigestsRemembered) {
    channels_.clear();
  }
}

void SqliteAppender::Forget() {
  leases_.clear();
  dirty_.clear();
  environments_.clear();
  channels_.clear();
  graders_.clear();
  quarantined_.clear();
  baselines_.clear();
  environment_results_.clear();
}

}  // namespace wattfleet::coordinator
