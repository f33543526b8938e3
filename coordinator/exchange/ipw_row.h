#ifndef WF_COORDINATOR_EXCHANGE_IPW_ROW_H_
#define WF_COORDINATOR_EXCHANGE_IPW_ROW_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/pair.h"
#include "common/domain/result.h"

namespace wattfleet::coordinator {

// What a run's summary.json says of all its rows.
struct IpwRun {
  std::string hardware;      // its hardware_label; empty = not said
  std::string dataset;       // its dataset_name; empty = not said
  std::string workload_id;   // of ours; empty where the harness made it
  std::int64_t queries = 0;  // of the sweep that it was exported from; 0 = not said
};
// Of the text of summary.json; nothing is known where it is none.
IpwRun ReadIpwRun(const std::string& json);

// One model's answer to one problem.
struct IpwAnswer {
  PairSpec pair;         // model, build, accelerator, location, condition, parameters
  std::string query_id;  // of ours; empty where the harness made the row
  std::int64_t repetition = 0;
  Result result;  // without its unit; energy on channel 0, of status imported
  std::optional<Verdict> verdict;
};
struct IpwRow {
  std::string problem;
  std::string answer;
  std::string subject;
  std::string dataset;
  std::vector<IpwAnswer> answers;
};

// Reads one ProfilingRecord. INVALID_ARGUMENT: what is wrong with it.
absl::StatusOr<IpwRow> ReadIpwRow(std::string_view json, const IpwRun& run);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_IPW_ROW_H_
