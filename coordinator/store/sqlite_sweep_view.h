#ifndef WF_COORDINATOR_STORE_SQLITE_SWEEP_VIEW_H_
#define WF_COORDINATOR_STORE_SQLITE_SWEEP_VIEW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// One read transaction over a sweep's file. See OpenSweepView().
class SqliteSweepView final : public SweepView {
 public:
  // `agent_names` may lack agents: their rows then have no name. NOT_FOUND when the file holds no
  // sweep.
  static absl::StatusOr<std::unique_ptr<SqliteSweepView>> Open(
      const std::string& path, absl::flat_hash_map<AgentId, std::string> agent_names);

  const SweepRecord& sweep() const override { return sweep_; }
  absl::StatusOr<std::vector<PairSnapshot>> Pairs() override;
  absl::StatusOr<std::vector<std::int64_t>> Sample() override;
  absl::Status ForEachResult(PairId pair,
                             const std::function<absl::Status(const ResultRow&)>& visit) override;
  absl::Status ForEachEnergy(PairId pair,
                             const std::function<absl::Status(const EnergyRow&)>& visit) override;
  absl::StatusOr<std::vector<ChannelRow>> Channels() override;
  absl::StatusOr<std::vector<EnvironmentRow>> Environments(PairId pair) override;
  absl::StatusOr<std::vector<LedgerRow>> Ledger() override;
  absl::StatusOr<std::vector<EventRow>> Events(std::int64_t last_n) override;
  absl::StatusOr<std::vector<QuarantineRow>> Quarantined(PairId pair) override;
  absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> Graders() override;
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
  explicit SqliteSweepView(std::unique_ptr<SqliteConnection> connection)
      : connection_(std::move(connection)) {}

  using VisitRow = std::function<absl::Status(const SqliteStatement&)>;
  // Runs `statement`, whose parameters are bound, and shows every row.
  static absl::Status ForEachRow(SqliteStatement& statement, const VisitRow& visit);
  absl::Status ForEachRow(const char* sql, const VisitRow& visit);
  absl::Status ForEachRowOfPair(const std::string& sql, PairId pair, const VisitRow& visit);

  // What ResultOf reads, from the first column on; the sample has been read.
  static constexpr char kResultColumns[] =
      "unit, status, verdict, flags, failure, finish, environment_id, lease_id, sent_unix_ms, "
      "duration_ns, ttft_ns, input_tokens, cached_tokens, output_tokens, reasoning_tokens";
  ResultRow ResultOf(const SqliteStatement& row) const;

  absl::Status ReadEnergies(PairId pair, Unit unit, ResultDetail& detail);
  absl::Status ReadVerdict(PairId pair, Unit unit, ResultDetail& detail);

  std::unique_ptr<SqliteConnection> connection_;
  SweepRecord sweep_;
  absl::flat_hash_map<AgentId, std::string> agent_names_;
  std::optional<std::vector<std::int64_t>> sample_;  // once it was asked for
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_SWEEP_VIEW_H_
