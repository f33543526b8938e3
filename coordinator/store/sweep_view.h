#ifndef WF_COORDINATOR_STORE_SWEEP_VIEW_H_
#define WF_COORDINATOR_STORE_SWEEP_VIEW_H_

#include <cstdint>
#include <functional>
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

struct EnergyRow {
  Unit unit = 0;
  std::int64_t channel_id = 0;
  EnergyStatus status = EnergyStatus::kUnmeasurable;
  std::optional<Microjoules> gross;
  std::optional<Microjoules> net;
  std::optional<Microjoules> random;
  Flags flags = 0;
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
  // The compressed body of one result; NOT_FOUND when it has none.
  virtual absl::StatusOr<std::string> Body(PairId pair, Unit unit) = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SWEEP_VIEW_H_
