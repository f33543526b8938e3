#include "coordinator/store/append_rules.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_format.h"

#include "common/domain/baseline_drift.h"

namespace wattfleet::coordinator {

namespace {

bool IsPlausible(const std::optional<Microjoules>& energy, Microjoules limit) {
  return !energy.has_value() || (-limit <= *energy && *energy <= limit);
}

}  // namespace

bool LeaseCovers(const LeaseRecord& lease, const ResultBatch& batch, AgentId agent) {
  return lease.agent == agent && lease.pair == batch.pair;
}

bool IsStorable(const Result& result, const ResultBatch& batch, const LeaseRecord& lease) {
  return lease.range.contains(result.unit) &&
         std::all_of(result.energy.begin(), result.energy.end(), [&](const ChannelEnergy& energy) {
           return energy.channel < batch.channels.size() &&
                  IsPlausible(energy.gross, kResultMicrojoulesMax) &&
                  IsPlausible(energy.net, kResultMicrojoulesMax) &&
                  IsPlausible(energy.random, kResultMicrojoulesMax) &&
                  IsPlausible(energy.prefill, kResultMicrojoulesMax);
         });
}

bool SaysTheSame(const Result& result, ResultStatus stored_status, std::uint64_t stored_digest) {
  return result.status == stored_status && result.body_digest == stored_digest;
}

std::optional<LedgerEntry> SettleLedger(const LedgerEntry& reported, const ChannelSums& sums) {
  for (const Microjoules part : {reported.total, reported.attributed, reported.idle,
                                 reported.uncounted, reported.unassigned}) {
    if (!IsPlausible(part, kLedgerMicrojoulesMax)) {
      return std::nullopt;
    }
  }
  if (!reported.Balances() || reported.attributed != sums.counted + sums.set_aside) {
    return std::nullopt;
  }
  LedgerEntry settled = reported;
  settled.attributed = sums.counted;
  settled.uncounted += sums.set_aside;
  return settled;
}

std::string MissingBooks(const std::string& channel) {
  return absl::StrFormat("channel %s has energy and no ledger", channel);
}

RecordEvent ConflictEvent(LeaseId lease, std::int64_t conflicting, std::int64_t at_unix_ms) {
  return {
      .kind = "CONFLICT",
      .text = absl::StrFormat("lease %d: %d results differ from those already stored; kept aside",
                              lease.value, conflicting),
      .at_unix_ms = at_unix_ms};
}

RecordEvent LedgerEvent(LeaseId lease, const std::string& why, std::int64_t at_unix_ms) {
  return {
      .kind = "LEDGER_IMBALANCE",
      .text = absl::StrFormat("lease %d: %s; its ledger is refused and its energy counts nowhere",
                              lease.value, why),
      .at_unix_ms = at_unix_ms};
}

std::optional<RecordEvent> DriftEvent(PairId pair, const std::string& channel,
                                      const std::optional<StoredBaseline>& last,
                                      const LedgerEntry& next, std::int64_t at_unix_ms) {
  if (!last || !next.baseline_id || !next.baseline_uw || *next.baseline_id <= last->id ||
      !HasDrifted(last->idle_uw, *next.baseline_uw)) {
    return std::nullopt;
  }
  return RecordEvent{
      .kind = "BASELINE_DRIFT",
      .text = absl::StrFormat(
          "pair %d: the idle power of %s went from %.4g W to %.4g W; results in between are "
          "flagged IDLE_UNSTABLE",
          pair.value, channel, static_cast<double>(last->idle_uw) * 1e-6,
          static_cast<double>(*next.baseline_uw) * 1e-6),
      .at_unix_ms = at_unix_ms};
}

void AddTokens(const Result& result, TokenSums& tokens) {
  ++tokens.results;
  tokens.uncounted += result.input_tokens && result.output_tokens ? 0 : 1;
  tokens.input += result.input_tokens.value_or(0);
  tokens.cached += result.cached_tokens.value_or(0);
  tokens.output += result.output_tokens.value_or(0);
}

bool HasToBeJudged(const JudgeTask& task, const JudgementAddress& judgement,
                   const std::optional<JudgedRow>& answer,
                   const std::optional<JudgedRow>& previous) {
  if (!answer || answer->status != ResultStatus::kCompleted) {
    return false;
  }
  if (answer->verdict &&
      (answer->grader != task.grader || *answer->verdict == VerdictValue::kNoAnswer)) {
    return false;
  }
  return judgement.attempt == 0 || (previous && previous->verdict == VerdictValue::kNoAnswer);
}

Verdict CombineJudgements(const JudgeTask& task, const std::vector<JudgedRow>& by_order) {
  std::size_t wins = 0;
  Verdict verdict{.grader = task.grader, .grader_version = task.grader_version};
  for (const JudgedRow& row : by_order) {
    wins += row.verdict == VerdictValue::kCorrect ? 1 : 0;
    verdict.extracted += (verdict.extracted.empty() ? "" : ", ") + row.extracted;
  }
  const bool is_correct = task.rule == JudgeRule::kOr ? wins > 0 : wins == by_order.size();
  verdict.value = is_correct ? VerdictValue::kCorrect : VerdictValue::kWrong;
  return verdict;
}

}  // namespace wattfleet::coordinator
