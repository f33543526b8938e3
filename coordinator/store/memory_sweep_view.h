#ifndef WF_COORDINATOR_STORE_MEMORY_SWEEP_VIEW_H_
#define WF_COORDINATOR_STORE_MEMORY_SWEEP_VIEW_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/store/memory_rows.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// The pairs of a sweep with their counts, in id order.
std::vector<PairSnapshot> MemoryPairs(const MemorySweep& sweep);

// Looks at a sweep of a MemoryStore, which must outlive it.
class MemorySweepView final : public SweepView {
 public:
  MemorySweepView(const MemorySweep& sweep, const std::map<std::string, AgentId>& agents)
      : sweep_(sweep), agents_(agents) {}

  const SweepRecord& sweep() const override { return sweep_.record; }
  absl::StatusOr<std::vector<PairSnapshot>> Pairs() override { return MemoryPairs(sweep_); }
  absl::StatusOr<std::vector<std::int64_t>> Sample() override;
  absl::Status ForEachResult(PairId pair,
                             const std::function<absl::Status(const ResultRow&)>& visit) override;
  absl::Status ForEachEnergy(PairId pair,
                             const std::function<absl::Status(const EnergyRow&)>& visit) override;
  absl::StatusOr<std::vector<ChannelRow>> Channels() override { return sweep_.channels; }
  absl::StatusOr<std::vector<EnvironmentRow>> Environments(PairId pair) override;
  absl::StatusOr<std::vector<LedgerRow>> Ledger() override;
  absl::StatusOr<std::vector<EventRow>> Events(std::int64_t last_n) override;
  absl::StatusOr<std::vector<QuarantineRow>> Quarantined(PairId pair) override;
  absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> Graders() override {
    return sweep_.graders;
  }
  absl::Status ForEachVerdict(PairId pair, const std::string& grader, std::int32_t version,
                              const std::function<absl::Status(const VerdictRow&)>& visit) override;
  absl::StatusOr<std::string> Body(PairId pair, Unit unit) override;
  absl::StatusOr<ResultDetail> Detail(PairId pair, Unit unit) override;
  absl::StatusOr<std::map<LeaseId, std::string>> RefusedLedgers() override;
  absl::StatusOr<std::vector<TraceRow>> Traces() override;
  absl::StatusOr<std::string> Trace(LeaseId lease) override;
  absl::StatusOr<std::vector<std::string>> ReattributedMethods() override;
  absl::Status ForEachReattributed(
      PairId pair, const std::string& method,
      const std::function<absl::Status(const EnergyRow&)>& visit) override;

 private:
  const MemorySweep& sweep_;
  const std::map<std::string, AgentId>& agents_;  // by name
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_MEMORY_SWEEP_VIEW_H_
