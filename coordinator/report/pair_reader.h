#ifndef WF_COORDINATOR_REPORT_PAIR_READER_H_
#define WF_COORDINATOR_REPORT_PAIR_READER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
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
  std::vector<std::string> agents;             // by name, in the environments' order
  std::vector<std::size_t> agent_of_instance;  // index into `agents`, by UnitColumns::instance
  DeviceKind device = DeviceKind::kDiscrete;
  ClassChoice choice;
  std::string mixed_methods;         // how one scope of the class was measured, if in several ways
  std::set<LeaseId> refused_leases;  // of its results: leases whose ledger was refused
  std::vector<Unit> refused_units;   // those results
  std::vector<std::string> drifts;   // channels of the class whose idle power did not last
  std::set<LeaseId> drifted_leases;  // what was measured until that was seen
  ScopeSet sensed = 0;               // scopes of all measuring channels of the pair's agents
  std::string modelled_by;           // names of the models, where there are modelled energies
  std::string imported_from;         // names of the recordings' channels
  std::map<std::string, std::int64_t> failed;       // reason -> results
  std::map<std::string, std::int64_t> quarantined;  // reason -> units
};

// A grader that spoke, in one version.
using GraderVersion = std::pair<std::string, std::int32_t>;
// The one of `graders` that `asked` names: NAME (its newest version) or NAME@VERSION.
// INVALID_ARGUMENT says which there are.
absl::StatusOr<GraderVersion> ChooseGrader(const std::vector<GraderVersion>& graders,
                                           const std::string& asked);

// What all pairs of a report are read with.
struct PairReading {
  std::int64_t n_queries = 0;
  std::string energy_class;  // one that is measured
  double scale = 1;          // of every energy of the class
  std::vector<ChannelRow> channels;
  std::vector<LedgerRow> ledger;
  std::map<LeaseId, std::string> refused;  // leases whose energy counts nowhere
  std::optional<GraderVersion> grader;     // whose verdicts count; absent: those in force
};

// Turns the rows of one pair after another into columns, for one energy class.
class PairReader {
 public:
  PairReader(SweepView& view, PairReading reading) : view_(view), reading_(std::move(reading)) {}

  // The pair's environments and the channels that make its class, and nothing else.
  absl::StatusOr<PairRows> ReadClass(const PairSnapshot& pair) const;
  // Overwrites `columns`. DATA_LOSS for a row outside the pair's units.
  absl::StatusOr<PairRows> Read(const PairSnapshot& pair, UnitColumns& columns) const;

 private:
  void ChooseClass(const PairSnapshot& pair, PairRows& rows) const;
  // Finds drifts, in the books on the channels of the class.
  void FindDrifted(const PairSnapshot& pair, PairRows& rows) const;
  // The ways in which one scope of the chosen class was measured, if there are several.
  std::string MixedMethods(const ClassChoice& choice) const;
  absl::Status ReadResults(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  // The outcomes by `reading_.grader`, over those in force.
  absl::Status ReadVerdicts(const PairSnapshot& pair, UnitColumns& columns) const;
  absl::Status ReadEnergy(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  absl::Status ReadQuarantine(const PairSnapshot& pair, PairRows& rows, UnitColumns& columns) const;
  std::string NamesOf(const absl::flat_hash_map<std::int64_t, EnergyStatus>& channels,
                      EnergyStatus status) const;

  SweepView& view_;
  const PairReading reading_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_PAIR_READER_H_
