#ifndef WF_COORDINATOR_REPORT_REPORT_PAIR_H_
#define WF_COORDINATOR_REPORT_REPORT_PAIR_H_

#include <optional>
#include <vector>

#include "coordinator/analysis/columns.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// All that the figures of one pair are made of. References outlive the call.
struct PairSources {
  const PairSnapshot& pair;
  const UnitColumns& columns;
  const PairRows& rows;
  const SampleColumns& sample;
  const Workload& workload;
  const std::vector<ChannelRow>& channels;
  const std::vector<LedgerRow>& ledger;  // of the whole sweep
  const ReportOptions& options;
};

ReportedPair ReportPair(const PairSources& sources);

// The ledger entries of the pair's leases on the channels that make its class.
std::vector<LedgerRow> ClassLedger(const PairSources& sources);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_PAIR_H_
