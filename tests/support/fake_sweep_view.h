#ifndef WF_TESTS_SUPPORT_FAKE_SWEEP_VIEW_H_
#define WF_TESTS_SUPPORT_FAKE_SWEEP_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::testing {

// A sweep as plain rows that a test writes down.
class FakeSweepView final : public coordinator::SweepView {
 public:
  coordinator::SweepRecord record;
  std::vector<coordinator::PairSnapshot> pairs;
  std::vector<std::int64_t> sample;
  std::map<PairId, std::vector<coordinator::ResultRow>> results;
  std::map<PairId, std::vector<coordinator::EnergyRow>> energy;
  std::map<PairId, std::vector<coordinator::EnvironmentRow>> environments;
  std::map<PairId, std::vector<coordinator::QuarantineRow>> quarantined;
  std::vector<coordinator::ChannelRow> channels;
  std::vector<coordinator::LedgerRow> ledger;
  std::map<LeaseId, std::string> refused;  // ledgers, with the reason
  std::vector<std::pair<std::string, std::int32_t>> graders;
  std::map<std::tuple<PairId, std::string, std::int32_t>, std::vector<coordinator::VerdictRow>>
      verdicts;
  std::map<std::pair<PairId, Unit>, std::string> bodies;  // as packed
  std::map<std::pair<PairId, Unit>, coordinator::ResultDetail> details;

  const coordinator::SweepRecord& sweep() const override { return record; }
  absl::StatusOr<std::vector<coordinator::PairSnapshot>> Pairs() override { return pairs; }
  absl::StatusOr<std::vector<std::int64_t>> Sample() override { return sample; }
  absl::Status ForEachResult(
      PairId pair,
      const std::function<absl::Status(const coordinator::ResultRow&)>& visit) override {
    return ForEach(results[pair], visit);
  }
  absl::Status ForEachEnergy(
      PairId pair,
      const std::function<absl::Status(const coordinator::EnergyRow&)>& visit) override {
    return ForEach(energy[pair], visit);
  }
  absl::StatusOr<std::vector<coordinator::ChannelRow>> Channels() override { return channels; }
  absl::StatusOr<std::vector<coordinator::EnvironmentRow>> Environments(PairId pair) override {
    return environments[pair];
  }
  absl::StatusOr<std::vector<coordinator::LedgerRow>> Ledger() override { return ledger; }
  absl::StatusOr<std::vector<coordinator::EventRow>> Events(std::int64_t) override {
    return std::vector<coordinator::EventRow>();
  }
  absl::StatusOr<std::vector<coordinator::QuarantineRow>> Quarantined(PairId pair) override {
    return quarantined[pair];
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> Graders() override {
    return graders;
  }
  absl::Status ForEachVerdict(
      PairId pair, const std::string& grader, std::int32_t version,
      const std::function<absl::Status(const coordinator::VerdictRow&)>& visit) override {
    return ForEach(verdicts[{pair, grader, version}], visit);
  }
  absl::StatusOr<std::string> Body(PairId pair, Unit unit) override {
    const auto body = bodies.find({pair, unit});
    return body == bodies.end() ? absl::StatusOr<std::string>(absl::NotFoundError("no such body"))
                                : body->second;
  }
  absl::StatusOr<coordinator::ResultDetail> Detail(PairId pair, Unit unit) override {
    const auto detail = details.find({pair, unit});
    return detail == details.end()
               ? absl::StatusOr<coordinator::ResultDetail>(absl::NotFoundError("no such detail"))
               : detail->second;
  }
  absl::StatusOr<std::map<LeaseId, std::string>> RefusedLedgers() override { return refused; }
  absl::StatusOr<std::vector<coordinator::TraceRow>> Traces() override {
    return std::vector<coordinator::TraceRow>();
  }
  absl::StatusOr<std::string> Trace(LeaseId) override {
    return absl::NotFoundError("this sweep has no traces");
  }
  absl::StatusOr<std::vector<std::string>> ReattributedMethods() override {
    return std::vector<std::string>();
  }
  absl::Status ForEachReattributed(
      PairId, const std::string&,
      const std::function<absl::Status(const coordinator::EnergyRow&)>&) override {
    return absl::OkStatus();
  }

 private:
  template <typename Row>
  static absl::Status ForEach(const std::vector<Row>& rows,
                              const std::function<absl::Status(const Row&)>& visit) {
    for (const Row& row : rows) {
      WF_RETURN_IF_ERROR(visit(row));
    }
    return absl::OkStatus();
  }
};

// A workload of `keys.size()` queries, without text unless `fill` makes it up.
class FakeWorkload final : public coordinator::Workload {
 public:
  coordinator::WorkloadFacts workload_facts;
  std::vector<std::string> dataset_names;
  std::vector<std::string> subject_names;
  std::vector<coordinator::QueryKey> keys;
  std::function<void(Query&)> fill;  // given a query that has its `q`, and nothing else yet

  FakeWorkload() = default;
  explicit FakeWorkload(std::function<void(Query&)> fill_query) : fill(std::move(fill_query)) {}

  const coordinator::WorkloadFacts& facts() const override { return workload_facts; }
  absl::StatusOr<Query> Get(std::int64_t q) const override {
    if (!fill) {
      return absl::OutOfRangeError("this workload has no text");
    }
    Query query;
    query.q = q;
    fill(query);
    return query;
  }
  const std::vector<std::string>& datasets() const override { return dataset_names; }
  const std::vector<std::string>& subjects() const override { return subject_names; }
  absl::StatusOr<std::vector<coordinator::QueryKey>> Keys() const override { return keys; }
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_SWEEP_VIEW_H_
