#include "coordinator/store/memory_sweep_view.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {

namespace {

constexpr Unit kFirst = std::numeric_limits<Unit>::min();

// The rows of one pair in a map keyed by (pair, unit).
template <typename Map, typename Visit>
absl::Status ForEachOfPair(const Map& map, PairId pair, Visit visit) {
  for (auto it = map.lower_bound({pair, kFirst}); it != map.end() && it->first.first == pair;
       ++it) {
    WF_RETURN_IF_ERROR(visit(it->first.second, it->second));
  }
  return absl::OkStatus();
}

ResultRow RowOf(const MemoryResult& stored) {
  const Result& result = stored.result;
  ResultRow row{.unit = result.unit,
                .status = result.status,
                .failure = result.failure,
                .finish = result.finish,
                .environment_id = stored.environment_id,
                .lease = stored.lease,
                .sent_unix_ms = result.sent_unix_ms,
                .duration_ns = result.duration_ns,
                .ttft_ns = result.ttft_ns,
                .input_tokens = result.input_tokens,
                .cached_tokens = result.cached_tokens,
                .output_tokens = result.output_tokens,
                .reasoning_tokens = result.reasoning_tokens,
                .flags = result.flags};
  if (stored.verdict.has_value()) {
    row.verdict = stored.verdict->value;
  }
  return row;
}

}  // namespace

std::vector<PairSnapshot> MemoryPairs(const MemorySweep& sweep) {
  std::vector<PairSnapshot> pairs;
  for (const auto& [id, pair] : sweep.pairs) {
    PairSnapshot snapshot{
        .spec = pair.spec, .state = pair.state, .reason = pair.reason, .seal = pair.seal};
    snapshot.judge = pair.judge;
    if (pair.judge) {
      (void)ForEachOfPair(sweep.results, id, [&](Unit, const MemoryResult& stored) {
        AddTokens(stored.result, snapshot.tokens);
        return absl::OkStatus();
      });
    }
    for (const auto& [lease_id, lease] : sweep.leases) {
      if (lease.record.pair == id) {
        snapshot.completed += lease.accepted - lease.failed;
        snapshot.failed += lease.failed;
      }
    }
    (void)ForEachOfPair(sweep.quarantine, id, [&](Unit, const MemoryQuarantine&) {
      ++snapshot.quarantined;
      return absl::OkStatus();
    });
    pairs.push_back(std::move(snapshot));
  }
  return pairs;
}

absl::StatusOr<std::vector<std::int64_t>> MemorySweepView::Sample() {
  return sweep_.sample.value_or(std::vector<std::int64_t>{});
}

absl::Status MemorySweepView::ForEachResult(
    PairId pair, const std::function<absl::Status(const ResultRow&)>& visit) {
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> sample, Sample());
  return ForEachOfPair(sweep_.results, pair, [&](Unit unit, const MemoryResult& stored) {
    ResultRow row = RowOf(stored);
    if (!sample.empty()) {
      row.q = sample[static_cast<std::size_t>(unit) % sample.size()];
    }
    return visit(row);
  });
}

absl::Status MemorySweepView::ForEachEnergy(
    PairId pair, const std::function<absl::Status(const EnergyRow&)>& visit) {
  return ForEachOfPair(sweep_.results, pair, [&](Unit unit, const MemoryResult& stored) {
    for (const auto& [channel, energy] : stored.energy) {
      WF_RETURN_IF_ERROR(visit({.unit = unit,
                                .channel_id = channel,
                                .status = energy.status,
                                .gross = energy.gross,
                                .flags = energy.flags}));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<EnvironmentRow>> MemorySweepView::Environments(PairId pair) {
  std::vector<EnvironmentRow> rows;
  for (auto it = sweep_.environment_results.lower_bound({pair, 0});
       it != sweep_.environment_results.end() && it->first.first == pair; ++it) {
    rows.push_back(sweep_.environments[static_cast<std::size_t>(it->first.second - 1)]);
    rows.back().results = it->second;
    for (const auto& [name, agent] : agents_) {
      if (agent == rows.back().agent) {
        rows.back().agent_name = name;
      }
    }
  }
  return rows;
}

absl::StatusOr<std::vector<LedgerRow>> MemorySweepView::Ledger() {
  std::vector<LedgerRow> rows;
  for (const auto& [key, row] : sweep_.ledger) {
    rows.push_back(row);
  }
  return rows;
}

absl::StatusOr<std::vector<EventRow>> MemorySweepView::Events(std::int64_t last_n) {
  const auto n =
      std::min(std::max<std::int64_t>(last_n, 0), static_cast<std::int64_t>(sweep_.events.size()));
  return std::vector<EventRow>(sweep_.events.end() - n, sweep_.events.end());
}

absl::StatusOr<std::vector<QuarantineRow>> MemorySweepView::Quarantined(PairId pair) {
  std::vector<QuarantineRow> rows;
  WF_RETURN_IF_ERROR(
      ForEachOfPair(sweep_.quarantine, pair, [&](Unit unit, const MemoryQuarantine& row) {
        rows.push_back({.unit = unit, .reason = row.reason});
        return absl::OkStatus();
      }));
  return rows;
}

absl::Status MemorySweepView::ForEachVerdict(
    PairId pair, const std::string& grader, std::int32_t version,
    const std::function<absl::Status(const VerdictRow&)>& visit) {
  return ForEachOfPair(sweep_.results, pair, [&](Unit unit, const MemoryResult& stored) {
    const Verdict* verdict = stored.verdict ? &*stored.verdict : nullptr;
    if (verdict == nullptr || verdict->grader != grader || verdict->grader_version != version) {
      const auto added = sweep_.regraded.find({UnitKey{pair, unit}, grader, version});
      verdict = added == sweep_.regraded.end() ? nullptr : &added->second;
    }
    return verdict == nullptr ? absl::OkStatus()
                              : visit({.unit = unit,
                                       .value = verdict->value,
                                       .reason = verdict->reason,
                                       .extracted = verdict->extracted});
  });
}

absl::StatusOr<std::string> MemorySweepView::Body(PairId pair, Unit unit) {
  const auto found = sweep_.results.find({pair, unit});
  if (found == sweep_.results.end() || found->second.result.body_zstd.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("unit %d of pair %d has no stored body", unit, pair.value));
  }
  return found->second.result.body_zstd;
}

absl::StatusOr<ResultDetail> MemorySweepView::Detail(PairId pair, Unit unit) {
  const auto found = sweep_.results.find({pair, unit});
  if (found == sweep_.results.end()) {
    return absl::NotFoundError(
        absl::StrFormat("unit %d of pair %d has no result", unit, pair.value));
  }
  const MemoryResult& stored = found->second;
  ResultDetail detail{.row = RowOf(stored),
                      .ttfo_ns = stored.result.ttfo_ns,
                      .queue_ns = stored.result.queue_ns,
                      .token_source = stored.result.token_source,
                      .in_flight_mean = stored.result.in_flight_mean,
                      .body_digest = stored.result.body_digest,
                      .verdict = stored.verdict};
  if (sweep_.sample && !sweep_.sample->empty()) {
    detail.row.q = (*sweep_.sample)[static_cast<std::size_t>(unit) % sweep_.sample->size()];
  }
  for (const auto& [channel, energy] : stored.energy) {
    detail.energies.emplace_back(channel, energy).second.channel = 0;
  }
  return detail;
}

absl::StatusOr<std::map<LeaseId, std::string>> MemorySweepView::RefusedLedgers() {
  std::map<LeaseId, std::string> refused;
  for (const auto& [id, lease] : sweep_.leases) {
    if (lease.ledger_refused) {
      refused[id] = *lease.ledger_refused;
    }
  }
  return refused;
}

absl::StatusOr<std::vector<TraceRow>> MemorySweepView::Traces() {
  std::vector<TraceRow> rows;
  for (const auto& [id, parts] : sweep_.traces) {
    const LeaseRecord& lease = sweep_.leases.at(id).record;
    rows.push_back({.lease = id,
                    .pair = lease.pair,
                    .agent = lease.agent,
                    .parts = parts.begin()->second.parts,
                    .stored = static_cast<std::int32_t>(parts.size())});
  }
  return rows;
}

absl::StatusOr<std::string> MemorySweepView::Trace(LeaseId lease) {
  const auto found = sweep_.traces.find(lease);
  const bool is_whole =
      found != sweep_.traces.end() &&
      static_cast<std::int32_t>(found->second.size()) == found->second.begin()->second.parts;
  if (!is_whole) {
    return absl::NotFoundError(
        absl::StrFormat("lease %d has %s stored", lease.value,
                        found == sweep_.traces.end() ? "no trace" : "only part of its trace"));
  }
  std::string bytes;
  for (const auto& [number, part] : found->second) {
    bytes.append(part.bytes);
  }
  return bytes;
}

absl::StatusOr<std::vector<std::string>> MemorySweepView::ReattributedMethods() {
  std::set<std::string> methods;
  for (const auto& [key, energy] : sweep_.reattributed) {
    methods.insert(std::get<2>(key));
  }
  return std::vector<std::string>(methods.begin(), methods.end());
}

absl::Status MemorySweepView::ForEachReattributed(
    PairId pair, const std::string& method,
    const std::function<absl::Status(const EnergyRow&)>& visit) {
  for (const auto& [key, energy] : sweep_.reattributed) {
    const auto& [unit, channel, of_method] = key;
    if (unit.first == pair && of_method == method) {
      WF_RETURN_IF_ERROR(visit({.unit = unit.second,
                                .channel_id = channel,
                                .status = energy.status,
                                .gross = energy.gross,
                                .flags = energy.flags}));
    }
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
