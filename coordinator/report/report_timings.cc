#include "coordinator/report/report_timings.h"

#include <string>

#include "common/status/status_macros.h"
#include "common/wire/body.h"

namespace wattfleet::coordinator {

absl::StatusOr<ToolTimings> ReportTimings(SweepView& view, PairId pair,
                                          const UnitColumns& columns) {
  ToolTimingsTally tally(columns);
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (!IsInTimingPopulation(columns, unit)) {
      continue;
    }
    const auto at = static_cast<Unit>(unit);
    WF_ASSIGN_OR_RETURN(const ResultDetail detail, view.Detail(pair, at));
    RequestTimes request{.duration_ns = columns.duration_ns[unit],
                         .ttft_ns = columns.ttft_ns[unit],
                         .queue_ns = detail.queue_ns,
                         .output_tokens = columns.output_tokens[unit]};
    const absl::StatusOr<std::string> packed = view.Body(pair, at);
    if (!packed.ok() && !absl::IsNotFound(packed.status())) {
      return packed.status();
    }
    if (packed.ok()) {
      if (const auto body = UnpackBody(*packed); body.ok()) {
        for (const ChunkStamp& chunk : body->chunks) {
          request.chunks_ns.push_back(chunk.since_sent_ns);
        }
      }
    }
    tally.Add(unit, request);
  }
  return tally.Result();
}

}  // namespace wattfleet::coordinator
