#ifndef WF_COORDINATOR_STORE_APPEND_RULES_H_
#define WF_COORDINATOR_STORE_APPEND_RULES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "common/domain/energy.h"
#include "common/domain/ids.h"
#include "common/domain/result.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// What every store decides alike when it appends a ResultBatch. Pure functions: the stores differ
// only in where they keep the rows.

// Far above what any query or lease can draw (70 MJ; 1.1 TJ), and low enough for exact sums.
inline constexpr Microjoules kResultMicrojoulesMax = Microjoules{1} << 46;
inline constexpr Microjoules kLedgerMicrojoulesMax = Microjoules{1} << 60;

// Whether `agent` held `lease` for the pair that the batch speaks of.
bool LeaseCovers(const LeaseRecord& lease, const ResultBatch& batch, AgentId agent);

// Whether a result of the batch can be stored under the lease: its unit is in the lease's range,
// its energies name channels of the batch, and no energy is beyond kResultMicrojoulesMax.
bool IsStorable(const Result& result, const ResultBatch& batch, const LeaseRecord& lease);

// Whether a second answer to a unit says the same as the stored one.
bool SaysTheSame(const Result& result, ResultStatus stored_status, std::uint64_t stored_digest);

// Gross energy that the results of one lease reported on one channel.
struct ChannelSums {
  Microjoules counted = 0;    // of results that were accepted
  Microjoules set_aside = 0;  // of results that were duplicate, conflicting or refused
  bool operator==(const ChannelSums&) const = default;
};

// The entry to store for what the agent closed its lease with, or nothing when its books are wrong:
// parts that do not add up to the total, or an attributed sum that is not that of the results it
// reported. Energy set aside moves from `attributed` to `uncounted`, so that the stored attributed
// energy is exactly that of the stored results.
std::optional<LedgerEntry> SettleLedger(const LedgerEntry& reported, const ChannelSums& sums);

// Why a close is refused whose ledger lacks a channel on which its results reported energy.
std::string MissingBooks(const std::string& channel);

// What the event log says of conflicting results, and of a ledger entry that is not stored.
RecordEvent ConflictEvent(LeaseId lease, std::int64_t conflicting, std::int64_t at_unix_ms);
RecordEvent LedgerEvent(LeaseId lease, const std::string& why, std::int64_t at_unix_ms);

// A channel's loaded-idle baseline as a ledger has it; ids grow with time.
struct StoredBaseline {
  std::int64_t id = 0;
  std::int64_t idle_uw = 0;
};

// What the event log says of the baseline of `next`, the first ledger of its pair on `channel` that
// was settled with it: nothing, unless it has drifted from `last`, the newest of those before.
std::optional<RecordEvent> DriftEvent(PairId pair, const std::string& channel,
                                      const std::optional<StoredBaseline>& last,
                                      const LedgerEntry& next, std::int64_t at_unix_ms);

void AddTokens(const Result& result, TokenSums& tokens);

// What judging needs to know of a stored result.
struct JudgedRow {
  ResultStatus status = ResultStatus::kCompleted;
  std::optional<VerdictValue> verdict;  // in force
  std::string grader;                   // whose it is
  std::string extracted;
};
// Whether a unit of a judge pair has something to judge: its answer was completed and waits for
// this judge's verdict or has it; and, beyond the first attempt, the reply before held no verdict.
// `previous` is the judge pair's result one attempt earlier.
bool HasToBeJudged(const JudgeTask& task, const JudgementAddress& judgement,
                   const std::optional<JudgedRow>& answer,
                   const std::optional<JudgedRow>& previous);
// The verdict on an answer that was judged in every order, each judgement with a verdict.
Verdict CombineJudgements(const JudgeTask& task, const std::vector<JudgedRow>& by_order);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_APPEND_RULES_H_
