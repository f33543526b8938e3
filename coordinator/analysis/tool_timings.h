#ifndef WF_COORDINATOR_ANALYSIS_TOOL_TIMINGS_H_
#define WF_COORDINATOR_ANALYSIS_TOOL_TIMINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "common/domain/result.h"
#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/timing.h"

namespace wattfleet::coordinator {

// Times as other tools define them, by the names that tell the definitions apart (metrics.md, "Per
// query"). What the tools call end-to-end time is here t_q: to the last token received.

// What of one answered request they are made of.
struct RequestTimes {
  std::int64_t duration_ns = 0;          // t_q
  std::optional<std::int64_t> ttft_ns;   // first content or reasoning chunk - sent
  std::optional<std::int64_t> queue_ns;  // sent - scheduled
  std::optional<std::int64_t> output_tokens;
  std::vector<std::int64_t> chunks_ns;  // chunk - sent, of each chunk with text, in order
};

// Time per output token without the first: (t_q - ttft) / (output tokens - 1), as vLLM's
// benchmark_serving, genai-bench and inference-perf. Absent below two tokens, or without ttft.
std::optional<double> TpotVllm(const RequestTimes& request);
// Time per output token with the first: t_q / output tokens, as GuideLLM; inference-perf calls it
// normalized. Absent without a token.
std::optional<double> TpotGuidellm(const RequestTimes& request);
// Inter-token latency of a request: (last chunk - first chunk) / (output tokens - 1), as GuideLLM
// and AIPerf, which divide by tokens and not by chunks. Absent below two tokens or two chunks.
std::optional<double> ItlMean(const RequestTimes& request);
// From when the request was due: t_q + (sent - scheduled), as MLPerf's server scenario. It does not
// leave out what a request waited for a free place (coordinated omission). Absent where the
// schedule is not known.
std::optional<double> E2eFromSchedule(const RequestTimes& request);

// In seconds. Of `itl_pooled` mean and percentiles are over the gaps between successive chunks of
// all requests in one list (vLLM, inference-perf; a chunk may bring several tokens), the
// percentiles to the microsecond; of the others as TimingFigures says.
struct ToolTimings {
  TimingFigures tpot_vllm;
  TimingFigures tpot_guidellm;
  TimingFigures itl_pooled;
  TimingFigures itl_mean;
  TimingFigures e2e_from_schedule;
  std::int64_t results = 0;      // in the timing population
  std::int64_t with_chunks = 0;  // of them, with two stored chunk times or more
  std::int64_t gaps = 0;         // between those
};

// Collects the requests of a pair's timing population (timing.h). `columns` outlives it. Its size
// is bounded by the pair's units, not by their chunks.
class ToolTimingsTally {
 public:
  explicit ToolTimingsTally(const UnitColumns& columns);

  // Once for each unit.
  void Add(std::size_t unit, const RequestTimes& request);
  ToolTimings Result() const;

 private:
  // By unit; NaN: absent. Seconds.
  using Values = std::vector<double>;

  TimingFigures Pooled() const;

  const UnitColumns& columns_;
  Values tpot_vllm_;
  Values tpot_guidellm_;
  Values itl_mean_;
  Values e2e_from_schedule_;
  absl::flat_hash_map<std::int64_t, std::int64_t> gaps_;  // microseconds -> how many
  double gaps_sum_ns_ = 0;
  ToolTimings counts_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_TOOL_TIMINGS_H_
