#ifndef WF_COORDINATOR_REPORT_PAIR_READER_H_
#define WF_COORDINATOR_REPORT_PAIR_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/energy_class.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// Where the queries of a sweep's sample stand, by position.
struct SampleColumns {
  std::vector<std::int32_t> dataset;
  std::vector<std::int32_t> subject;
  std::vector<std::int32_t> options;
  std::int64_t queries() const { return static_cast<std::int64_t>(dataset.size()); }
};
absl::StatusOr<SampleColumns> ReadSample(SweepView& view, const Workload& workload);

// What a pair's rows say beside the columns.
struct PairRows {
  std::vector<EnvironmentRow> environments;
  DeviceKind device = DeviceKind::kDiscrete;
  ClassChoice choice;
  ScopeSet sensed = 0;        // scopes of all measuring channels of the pair's agents
  std::string modelled_by;    // names of the models, where there are modelled energies
  std::string imported_from;  // names of the recordings' channels
  std::map<std::string, std::int64_t> failed;       // reason -> results
  std::map<std::string, std::int64_t> quarantined;  // reason -> units
};

// Turns the rows of one pair after another into columns, for one energy class.
class PairReader {
 public:
  PairReader(SweepView& view, std::int64_t n_queries, std::string energy_class,
             std::vector<ChannelRow> channels)
      : view_(view),
        n_queries_(n_queries),
        energy_class_(std::move(energy_class)),
        channels_(std::move(channels)) {}

  // Overwrites `columns`. DATA_LOSS for a row outside the pair's units.
  absl::StatusOr<PairRows> Read(const PairSnapshot& pair, UnitColumns& columns) const;

 private:
  void ChooseClass(const PairSnapshot& pair, PairRows& rows) const;
  absl::Status ReadResults(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  absl::Status ReadEnergy(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  absl::Status ReadQuarantine(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  std::string NamesOf(const absl::flat_hash_map<std::int64_t, EnergyStatus>& channels,
                      EnergyStatus status) const;

  SweepView& view_;
  std::int64_t n_queries_;
  std::string energy_class_;
  std::vector<ChannelRow> channels_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_PAIR_READER_H_
