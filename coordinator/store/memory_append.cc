#include <algorithm>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/append_rules.h"
#include "coordinator/store/memory_transaction.h"

namespace wattfleet::coordinator {

absl::Status MemoryTransaction::Do(const AppendResults& op) {
  const ResultBatch& batch = op.graded->batch;
  const SpoolKey key{op.agent, batch.spool_id};
  Add(tables_.cursors, key, std::uint64_t{0});
  const std::uint64_t cursor = tables_.cursors.at(key);
  LeaseCommit counts{.lease = batch.lease, .pair = batch.pair};
  if (batch.seq > cursor + 1) {
    return absl::InternalError(absl::StrFormat("agent %d appends frame %d after frame %d",
                                               op.agent.value, batch.seq, cursor));
  }
  if (batch.seq > cursor) {
    const auto found = sweep_->leases.find(batch.lease);
    if (found != sweep_->leases.end() && LeaseCovers(found->second.record, batch, op.agent)) {
      Append(op, Change(found->second), counts);
    } else {
      counts.refused = static_cast<std::int64_t>(batch.results.size());
    }
  }
  committed_->leases.push_back(counts);
  return MoveCursor(key, batch.seq, op.graded->wire_bytes);
}

void MemoryTransaction::Append(const AppendResults& op, MemoryLease& lease, LeaseCommit& counts) {
  for (std::size_t i = 0; i < op.graded->batch.results.size(); ++i) {
    AppendOne(op, i, lease, counts);
  }
  lease.accepted += counts.accepted;
  lease.failed += counts.failed_accepted;
  lease.duplicate += counts.duplicate;
  lease.conflicting += counts.conflicting;
  lease.refused += counts.refused;
  if (counts.conflicting > 0) {
    Tell(ConflictEvent(lease.record.id, counts.conflicting, op.received_unix_ms));
  }
  if (const auto& trace = op.graded->batch.trace; trace.has_value()) {
    auto& traces = sweep_->traces;
    Add(traces, lease.record.id, std::map<std::int32_t, TracePart>{});
    Add(traces.at(lease.record.id), trace->part, *trace);
  }
  counts.ledger_balances = CloseLedger(op, lease);
}

void MemoryTransaction::AppendOne(const AppendResults& op, std::size_t i, MemoryLease& lease,
                                  LeaseCommit& counts) {
  const ResultBatch& batch = op.graded->batch;
  const Result& result = batch.results[i];
  if (lease.has_ledger || !IsStorable(result, batch, lease.record)) {
    ++counts.refused;
    AddToSums(op, result, lease, &ChannelSums::set_aside);
    return;
  }
  const UnitKey key{batch.pair, result.unit};
  const auto stored = sweep_->results.find(key);
  if (stored == sweep_->results.end()) {
    Insert(op, i, lease, counts);
    return;
  }
  const Result& first = stored->second.result;
  ++(SaysTheSame(result, first.status, first.body_digest) ? counts.duplicate : counts.conflicting);
  Add(sweep_->duplicates, std::pair{key, lease.record.id},
      MemoryDuplicate{.status = result.status,
                      .body_digest = result.body_digest,
                      .duration_ns = result.duration_ns,
                      .received_unix_ms = op.received_unix_ms});
  AddToSums(op, result, lease, &ChannelSums::set_aside);
}

void MemoryTransaction::Insert(const AppendResults& op, std::size_t i, MemoryLease& lease,
                               LeaseCommit& counts) {
  const ResultBatch& batch = op.graded->batch;
  const UnitKey key{batch.pair, batch.results[i].unit};
  MemoryResult row{.result = batch.results[i],
                   .lease = lease.record.id,
                   .environment_id = EnvironmentId(op, lease)};
  if (i < op.graded->verdicts.size() && op.graded->verdicts[i].has_value()) {
    row.verdict = op.graded->verdicts[i];
    NoteGrader(*row.verdict);
  }
  for (const ChannelEnergy& energy : row.result.energy) {
    row.energy.emplace(ChannelId(op.agent, batch.channels[energy.channel]), energy);
  }
  Add(sweep_->environment_results, std::pair{batch.pair, row.environment_id}, std::int64_t{0});
  ++Change(sweep_->environment_results.at({batch.pair, row.environment_id}));
  ++counts.accepted;
  counts.failed_accepted += row.result.status == ResultStatus::kFailed ? 1 : 0;
  AddTokens(row.result, counts.tokens);
  Add(sweep_->results, key, std::move(row));
  AddToSums(op, batch.results[i], lease, &ChannelSums::counted);
  if (const auto found = sweep_->quarantine.find(key); found != sweep_->quarantine.end()) {
    undo_.push_back([this_sweep = sweep_, key, before = found->second] {
      this_sweep->quarantine.emplace(key, before);
    });
    sweep_->quarantine.erase(found);
    ++counts.unquarantined;
  }
}

void MemoryTransaction::AddToSums(const AppendResults& op, const Result& result, MemoryLease& lease,
                                  Microjoules ChannelSums::*sum) {
  const ResultBatch& batch = op.graded->batch;
  std::map<std::int64_t, Microjoules> once;
  for (const ChannelEnergy& energy : result.energy) {
    if (energy.channel < batch.channels.size()) {
      once.emplace(ChannelId(op.agent, batch.channels[energy.channel]), energy.gross.value_or(0));
    }
  }
  for (const auto& [channel, gross] : once) {
    lease.sums[channel].*sum += std::clamp(gross, -kResultMicrojoulesMax, kResultMicrojoulesMax);
  }
}

bool MemoryTransaction::CloseLedger(const AppendResults& op, MemoryLease& lease) {
  const ResultBatch& batch = op.graded->batch;
  if (!batch.close.has_value() || (batch.close->ledger.empty() && lease.sums.empty())) {
    return true;
  }
  const auto reject = [&](const std::string& why) {
    Tell(LedgerEvent(lease.record.id, why, op.received_unix_ms));
    lease.ledger_refused = why;
    return false;
  };
  if (lease.has_ledger) {
    Tell(LedgerEvent(lease.record.id, "it was closed before", op.received_unix_ms));
    return false;
  }
  std::map<std::int64_t, LedgerEntry> settled;
  for (const LedgerEntry& entry : batch.close->ledger) {
    if (entry.channel >= batch.channels.size()) {
      return reject("an entry names no channel");
    }
    const ChannelFacts& facts = batch.channels[entry.channel];
    const std::int64_t channel = ChannelId(op.agent, facts);
    const auto books = SettleLedger(entry, lease.sums[channel]);
    if (!books.has_value() || !settled.emplace(channel, *books).second) {
      return reject(absl::StrFormat("channel %s does not balance", facts.name));
    }
  }
  for (const auto& [channel, sums] : lease.sums) {
    if (sums != ChannelSums{} && !settled.contains(channel)) {
      const auto row = static_cast<std::size_t>(channel - 1);
      return reject(MissingBooks(sweep_->channels[row].facts.name));
    }
  }
  for (const auto& [channel, entry] : settled) {
    NoteBaseline(op, lease, channel, entry);
    Add(sweep_->ledger, std::pair{lease.record.id, channel},
        LedgerRow{.lease = lease.record.id,
                  .pair = lease.record.pair,
                  .channel_id = channel,
                  .entry = entry});
  }
  lease.has_ledger = true;
  return true;
}

void MemoryTransaction::NoteBaseline(const AppendResults& op, const MemoryLease& lease,
                                     std::int64_t channel, const LedgerEntry& entry) {
  std::optional<StoredBaseline> last;
  for (const auto& [key, row] : sweep_->ledger) {
    const LedgerEntry& stored = row.entry;
    if (row.pair == lease.record.pair && row.channel_id == channel && stored.baseline_id &&
        stored.baseline_uw && (!last || *stored.baseline_id > last->id)) {
      last = StoredBaseline{.id = *stored.baseline_id, .idle_uw = *stored.baseline_uw};
    }
  }
  const std::string& name = sweep_->channels[static_cast<std::size_t>(channel - 1)].facts.name;
  if (const auto event = DriftEvent(lease.record.pair, name, last, entry, op.received_unix_ms)) {
    Tell(*event);
  }
}

void MemoryTransaction::Tell(const RecordEvent& event) {
  (void)Do(event);
  committed_->events.push_back(event);
}

std::int64_t MemoryTransaction::EnvironmentId(const AppendResults& op, const MemoryLease& lease) {
  auto& rows = sweep_->environments;
  const Environment& environment = op.graded->batch.environment;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const EnvironmentRow& row) {
    return row.agent == op.agent && row.instance == lease.record.instance &&
           row.environment == environment;
  });
  if (found != rows.end()) {
    return found->environment_id;
  }
  const auto id = static_cast<std::int64_t>(rows.size()) + 1;
  Push(rows, EnvironmentRow{.environment_id = id,
                            .agent = op.agent,
                            .instance = lease.record.instance,
                            .environment = environment});
  return id;
}

std::int64_t MemoryTransaction::ChannelId(AgentId agent, const ChannelFacts& facts) {
  auto& rows = sweep_->channels;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ChannelRow& row) {
    return row.agent == agent && row.facts == facts;
  });
  if (found != rows.end()) {
    return found->channel_id;
  }
  const auto id = static_cast<std::int64_t>(rows.size()) + 1;
  Push(rows, ChannelRow{.channel_id = id, .agent = agent, .facts = facts});
  return id;
}

void MemoryTransaction::NoteGrader(const Verdict& verdict) {
  const std::pair grader{verdict.grader, verdict.grader_version};
  if (std::find(sweep_->graders.begin(), sweep_->graders.end(), grader) == sweep_->graders.end()) {
    Push(sweep_->graders, grader);
  }
}

}  // namespace wattfleet::coordinator
