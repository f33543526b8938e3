#include "coordinator/analysis/tool_timings.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace wattfleet::coordinator {

namespace {

constexpr double kSecondsPerNanosecond = 1e-9;
constexpr double kSecondsPerMicrosecond = 1e-6;
constexpr std::int64_t kNanosecondsPerMicrosecond = 1'000;
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

double Seconds(std::int64_t ns) {
  return static_cast<double>(ns) * kSecondsPerNanosecond;
}

TimingFigures FiguresOf(const UnitColumns& columns, const std::vector<double>& values) {
  TimingFigures figures;
  figures.mean = MeanOverQueries(columns, [&](std::size_t unit) {
    return std::isnan(values[unit]) ? std::nullopt : std::optional(values[unit]);
  });
  std::vector<double> known;
  std::copy_if(values.begin(), values.end(), std::back_inserter(known),
               [](double value) { return !std::isnan(value); });
  figures.p50 = NearestRankOf(known, 0.50);
  figures.p90 = NearestRankOf(known, 0.90);
  if (known.size() >= kP99SamplesMin) {
    figures.p99 = NearestRankOf(known, 0.99);
  }
  return figures;
}

}  // namespace

std::optional<double> TpotVllm(const RequestTimes& request) {
  if (!request.ttft_ns || request.output_tokens.value_or(0) < 2) {
    return std::nullopt;
  }
  return Seconds(request.duration_ns - *request.ttft_ns) /
         static_cast<double>(*request.output_tokens - 1);
}

std::optional<double> TpotGuidellm(const RequestTimes& request) {
  if (request.output_tokens.value_or(0) < 1) {
    return std::nullopt;
  }
  return Seconds(request.duration_ns) / static_cast<double>(*request.output_tokens);
}

std::optional<double> ItlMean(const RequestTimes& request) {
  if (request.chunks_ns.size() < 2 || request.output_tokens.value_or(0) < 2) {
    return std::nullopt;
  }
  return Seconds(request.chunks_ns.back() - request.chunks_ns.front()) /
         static_cast<double>(*request.output_tokens - 1);
}

std::optional<double> E2eFromSchedule(const RequestTimes& request) {
  return request.queue_ns ? std::optional(Seconds(request.duration_ns + *request.queue_ns))
                          : std::nullopt;
}

ToolTimingsTally::ToolTimingsTally(const UnitColumns& columns)
    : columns_(columns),
      tpot_vllm_(columns.units(), kAbsent),
      tpot_guidellm_(columns.units(), kAbsent),
      itl_mean_(columns.units(), kAbsent),
      e2e_from_schedule_(columns.units(), kAbsent) {}

void ToolTimingsTally::Add(std::size_t unit, const RequestTimes& request) {
  ++counts_.results;
  tpot_vllm_[unit] = TpotVllm(request).value_or(kAbsent);
  tpot_guidellm_[unit] = TpotGuidellm(request).value_or(kAbsent);
  itl_mean_[unit] = ItlMean(request).value_or(kAbsent);
  e2e_from_schedule_[unit] = E2eFromSchedule(request).value_or(kAbsent);
  const std::vector<std::int64_t>& chunks = request.chunks_ns;
  if (chunks.size() < 2) {
    return;
  }
  ++counts_.with_chunks;
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    const std::int64_t gap = chunks[i] - chunks[i - 1];
    gaps_sum_ns_ += static_cast<double>(gap);
    ++gaps_[(gap + kNanosecondsPerMicrosecond / 2) / kNanosecondsPerMicrosecond];
    ++counts_.gaps;
  }
}

TimingFigures ToolTimingsTally::Pooled() const {
  TimingFigures figures;
  if (counts_.gaps == 0) {
    return figures;
  }
  const auto n = static_cast<double>(counts_.gaps);
  figures.mean = gaps_sum_ns_ * kSecondsPerNanosecond / n;
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted(gaps_.begin(), gaps_.end());
  std::sort(sorted.begin(), sorted.end());
  const auto rank = [&](double share) {
    double left = std::clamp(std::ceil(share * n - 1e-9), 1.0, n);
    for (const auto& [microseconds, times] : sorted) {
      left -= static_cast<double>(times);
      if (left <= 0) {
        return static_cast<double>(microseconds) * kSecondsPerMicrosecond;
      }
    }
    return static_cast<double>(sorted.back().first) * kSecondsPerMicrosecond;
  };
  figures.p50 = rank(0.50);
  figures.p90 = rank(0.90);
  if (counts_.gaps >= static_cast<std::int64_t>(kP99SamplesMin)) {
    figures.p99 = rank(0.99);
  }
  return figures;
}

ToolTimings ToolTimingsTally::Result() const {
  ToolTimings timings = counts_;
  timings.tpot_vllm = FiguresOf(columns_, tpot_vllm_);
  timings.tpot_guidellm = FiguresOf(columns_, tpot_guidellm_);
  timings.itl_pooled = Pooled();
  timings.itl_mean = FiguresOf(columns_, itl_mean_);
  timings.e2e_from_schedule = FiguresOf(columns_, e2e_from_schedule_);
  return timings;
}

}  // namespace wattfleet::coordinator
