#ifndef WF_COORDINATOR_AUDIT_SHOW_RESULT_H_
#define WF_COORDINATOR_AUDIT_SHOW_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/query.h"
#include "common/domain/result.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// Which result, and how its prompt was made.
struct ShowQuestion {
  std::string pair;   // its name, or a part of it that no other pair's has
  std::string query;  // its id in the workload
  std::int64_t repetition = 0;
  PromptForm prompt;
  std::string system_prompt;
};

// Mean power of a channel in equal spans of time; absent where nothing was measured.
struct PowerPlot {
  double from_seconds = 0;  // since the result was scheduled
  double to_seconds = 0;
  std::vector<std::optional<double>> watts;
  bool operator==(const PowerPlot&) const = default;
};

// One channel's word on the result, with all that an audit asks for.
struct ShownChannel {
  ChannelFacts facts;
  std::string method;
  ChannelEnergy energy;
  std::optional<double> baseline_watts;  // of energy.baseline_id, where its power is known
  std::optional<PowerPlot> power;        // where the lease's trace is stored
};

struct ShownResult {
  std::string sweep;
  std::string pair;
  Query query;
  Unit unit = 0;
  std::int64_t repetition = 0;
  ResultDetail detail;
  std::string agent;
  std::string instance;
  Environment environment;
  std::string system;
  std::optional<std::string> prompt;  // absent: the engine answers by id, and was sent none
  std::optional<ResponseBody> body;   // absent: not kept
  std::vector<ShownChannel> channels;
  std::string ledger_refused;  // why the lease's energy counts nowhere; empty: it does
  std::string no_trace;        // why there is no power; empty: there is
};

// Everything that is known of one result. NOT_FOUND for a pair, query or result that is not there,
// naming the nearest; INVALID_ARGUMENT for a part of a name that several pairs have.
absl::StatusOr<ShownResult> FindResult(SweepView& view, const Workload& workload,
                                       const ShowQuestion& question);

// For people, at most 100 columns wide but for texts of the query and its answer; as JSON.
std::string RenderShownResult(const ShownResult& shown);
std::string RenderShownResultJson(const ShownResult& shown);

// Eight heights of blocks, one column for each span, from 0 watts to the highest; a gap where
// nothing was measured.
std::string DrawPower(const PowerPlot& plot);
// A line under it: letters where moments fall.
struct PlotMark {
  double at_seconds = 0;
  char letter = ' ';
};
std::string DrawMarks(const PowerPlot& plot, const std::vector<PlotMark>& marks);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_AUDIT_SHOW_RESULT_H_
