#ifndef WF_COORDINATOR_STORE_SWEEP_VIEW_H_
#define WF_COORDINATOR_STORE_SWEEP_VIEW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// One stored result, without its body. Strings live until the callback returns.
struct ResultRow {
  Unit unit = 0;
  std::int64_t q = 0;  // of the workload
  ResultStatus status = ResultStatus::kCompleted;
  Failure failure = Failure::kNone;
  Finish finish = Finish::kUnknown;
  std::int64_t environment_id = 0;
  LeaseId lease;
  std::int64_t sent_unix_ms = 0;
  std::int64_t duration_ns = 0;
  std::optional<std::int64_t> ttft_ns;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  Flags flags = 0;
  std::optional<VerdictValue> verdict;  // absent = pending
};

// What figures are made from; ResultDetail has the rest of a channel's energy.
struct EnergyRow {
  Unit unit = 0;
  std::int64_t channel_id = 0;
  EnergyStatus status = EnergyStatus::kUnmeasurable;
  std::optional<Microjoules> gross;
  Flags flags = 0;
};

// Everything that is stored of one result but its body.
struct ResultDetail {
  ResultRow row;
  std::optional<std::int64_t> ttfo_ns;
  std::optional<std::int64_t> queue_ns;
  TokenSource token_source = TokenSource::kNone;
  std::optional<double> in_flight_mean;
  std::uint64_t body_digest = 0;
  std::optional<Verdict> verdict;                                // in force
  std::vector<std::pair<std::int64_t, ChannelEnergy>> energies;  // by channel id
};

// A lease of which a trace is stored, perhaps not all of it.
struct TraceRow {
  LeaseId lease;
  PairId pair;
  AgentId agent;
  std::int32_t parts = 0;
  std::int32_t stored = 0;  // of `parts`
  bool operator==(const TraceRow&) const = default;
};

struct ChannelRow {
  std::int64_t channel_id = 0;
  AgentId agent;
  ChannelFacts facts;
};
struct EnvironmentRow {
  std::int64_t environment_id = 0;
  AgentId agent;
  std::string agent_name;
  std::string instance;
  Environment environment;
  std::int64_t results = 0;
};
struct LedgerRow {
  LeaseId lease;
  PairId pair;
  std::int64_t channel_id = 0;
  LedgerEntry entry;
};
struct VerdictRow {
  Unit unit = 0;
  VerdictValue value = VerdictValue::kNoAnswer;
  std::string reason;
  std::string extracted;
};
struct QuarantineRow {
  Unit unit = 0;
  std::string reason;
};
struct EventRow {
  std::int64_t at_unix_ms = 0;
  std::string kind;
  std::string text;
};

// A consistent, read-only look at one sweep, for reports and exports. It never takes a write lock
// and works beside a running coordinator. One thread.
class SweepView {
 public:
  virtual ~SweepView() = default;
  virtual const SweepRecord& sweep() const = 0;
  virtual absl::StatusOr<std::vector<PairSnapshot>> Pairs() = 0;
  virtual absl::StatusOr<std::vector<std::int64_t>> Sample() = 0;  // q of each position
  // In unit order. A callback's error stops the walk and is returned.
  virtual absl::Status ForEachResult(
      PairId pair, const std::function<absl::Status(const ResultRow&)>& visit) = 0;
  virtual absl::Status ForEachEnergy(
      PairId pair, const std::function<absl::Status(const EnergyRow&)>& visit) = 0;
  virtual absl::StatusOr<std::vector<ChannelRow>> Channels() = 0;
  virtual absl::StatusOr<std::vector<EnvironmentRow>> Environments(PairId pair) = 0;
  virtual absl::StatusOr<std::vector<LedgerRow>> Ledger() = 0;
  // The last `last_n`, oldest first.
  virtual absl::StatusOr<std::vector<EventRow>> Events(std::int64_t last_n) = 0;
  virtual absl::StatusOr<std::vector<QuarantineRow>> Quarantined(PairId pair) = 0;
  // name -> version of every grader that spoke.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> Graders() = 0;
  // The verdicts of that grader in that version, in force or added by a regrade; in unit order.
  virtual absl::Status ForEachVerdict(
      PairId pair, const std::string& grader, std::int32_t version,
      const std::function<absl::Status(const VerdictRow&)>& visit) = 0;
  // The compressed body of one result; NOT_FOUND when it has none.
  virtual absl::StatusOr<std::string> Body(PairId pair, Unit unit) = 0;
  // NOT_FOUND when the unit has no result.
  virtual absl::StatusOr<ResultDetail> Detail(PairId pair, Unit unit) = 0;
  // Leases whose ledger was refused, with the reason: their energy counts nowhere.
  virtual absl::StatusOr<std::map<LeaseId, std::string>> RefusedLedgers() = 0;
  // In lease order.
  virtual absl::StatusOr<std::vector<TraceRow>> Traces() = 0;
  // The bytes of a lease's trace; NOT_FOUND when a part is missing.
  virtual absl::StatusOr<std::string> Trace(LeaseId lease) = 0;
  // The methods by which energy was computed again from traces, and was stored beside.
  virtual absl::StatusOr<std::vector<std::string>> ReattributedMethods() = 0;
  virtual absl::Status ForEachReattributed(
      PairId pair, const std::string& method,
      const std::function<absl::Status(const EnergyRow&)>& visit) = 0;
};

// The pairs that answer; those that judge are left out.
inline absl::StatusOr<std::vector<PairSnapshot>> AnswerPairs(SweepView& view) {
  absl::StatusOr<std::vector<PairSnapshot>> pairs = view.Pairs();
  if (pairs.ok()) {
    std::erase_if(*pairs, [](const PairSnapshot& pair) { return pair.judge.has_value(); });
  }
  return pairs;
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SWEEP_VIEW_H_
