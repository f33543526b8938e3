#include "coordinator/analysis/timing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace wattfleet::coordinator {

namespace {

constexpr double kSecondsPerNanosecond = 1e-9;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

template <typename T>
std::optional<T> RankIn(std::span<T> samples, double share) {
  if (samples.empty()) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(samples.size());
  // The product's rounding error must not lift an exact rank to the next one.
  const double rank = std::clamp(std::ceil(share * n - 1e-9), 1.0, n);
  const auto nth = samples.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(samples.begin(), nth, samples.end());
  return *nth;
}

std::optional<double> PercentileSeconds(std::span<std::int64_t> samples, double share) {
  const std::optional<std::int64_t> ns = NearestRank(samples, share);
  if (!ns) {
    return std::nullopt;
  }
  return static_cast<double>(*ns) * kSecondsPerNanosecond;
}

// `ns_of(unit)` is nullopt for units that are not of the population.
template <typename NsOf>
TimingFigures FiguresOf(const UnitColumns& columns, const NsOf& ns_of) {
  std::vector<std::int64_t> samples;
  samples.reserve(columns.units());
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (const std::optional<std::int64_t> ns = ns_of(unit)) {
      samples.push_back(*ns);
    }
  }
  TimingFigures figures;
  figures.mean = MeanOverQueries(columns, [&](std::size_t unit) -> std::optional<double> {
    const std::optional<std::int64_t> ns = ns_of(unit);
    return ns ? std::optional<double>(static_cast<double>(*ns) * kSecondsPerNanosecond)
              : std::nullopt;
  });
  figures.p50 = PercentileSeconds(samples, 0.50);
  figures.p90 = PercentileSeconds(samples, 0.90);
  if (samples.size() >= kP99SamplesMin) {
    figures.p99 = PercentileSeconds(samples, 0.99);
  }
  return figures;
}

// A request coming or going on one instance.
struct Edge {
  std::int64_t at_ns = 0;
  std::uint32_t instance = 0;
  bool is_start = false;
  std::size_t unit = 0;
};

std::vector<Edge> EdgesInOrder(const UnitColumns& columns) {
  std::vector<Edge> edges;
  edges.reserve(columns.units() * 2);
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (!columns.IsCompleted(unit)) {
      continue;
    }
    Edge edge{.at_ns = columns.sent_unix_ms[unit] * kNanosecondsPerMillisecond,
              .instance = columns.instance[unit],
              .is_start = true,
              .unit = unit};
    edges.push_back(edge);
    edge.at_ns += columns.duration_ns[unit];
    edge.is_start = false;
    edges.push_back(edge);
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return a.instance != b.instance ? a.instance < b.instance : a.at_ns < b.at_ns;
  });
  return edges;
}

}  // namespace

std::optional<std::int64_t> NearestRank(std::span<std::int64_t> samples, double share) {
  return RankIn(samples, share);
}

std::optional<double> NearestRankOf(std::vector<double> samples, double share) {
  return RankIn(std::span<double>(samples), share);
}

bool IsInTimingPopulation(const UnitColumns& columns, std::size_t unit) {
  return columns.IsCompleted(unit) && columns.HasGoodTiming(unit);
}

TimingFigures Latency(const UnitColumns& columns) {
  return FiguresOf(columns, [&](std::size_t unit) {
    return IsInTimingPopulation(columns, unit)
               ? std::optional<std::int64_t>(columns.duration_ns[unit])
               : std::nullopt;
  });
}

TimingFigures TimeToFirstToken(const UnitColumns& columns) {
  return FiguresOf(columns, [&](std::size_t unit) {
    return IsInTimingPopulation(columns, unit) ? columns.ttft_ns[unit] : std::nullopt;
  });
}

void ShareBusyTime(UnitColumns& columns) {
  columns.busy_seconds.assign(columns.units(), 0);
  // Integral of 1 / present over all edges so far; it stands still between requests, and so from
  // one instance's last edge to the next one's first.
  double integral_s = 0;
  std::int64_t present = 0;
  std::int64_t before_ns = 0;
  for (const Edge& edge : EdgesInOrder(columns)) {
    if (present > 0) {
      integral_s += static_cast<double>(edge.at_ns - before_ns) * kSecondsPerNanosecond /
                    static_cast<double>(present);
    }
    before_ns = edge.at_ns;
    columns.busy_seconds[edge.unit] += edge.is_start ? -integral_s : integral_s;
    present += edge.is_start ? 1 : -1;
  }
}

}  // namespace wattfleet::coordinator
