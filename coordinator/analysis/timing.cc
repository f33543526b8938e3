#include "coordinator/analysis/timing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace wattfleet::coordinator {

namespace {

constexpr double kSecondsPerNanosecond = 1e-9;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

bool HasTiming(const UnitColumns& columns, std::size_t unit) {
  return columns.IsCompleted(unit) && (columns.flags[unit] & FlagsThatSpoilTiming()) == 0;
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
  std::uint32_t request = 0;  // index into `units`
  bool is_start = false;
};

std::vector<Edge> EdgesInOrder(const UnitColumns& columns, std::span<const std::size_t> units) {
  std::vector<Edge> edges;
  edges.reserve(units.size() * 2);
  for (std::uint32_t request = 0; request < units.size(); ++request) {
    const std::size_t unit = units[request];
    Edge edge{.at_ns = columns.sent_unix_ms[unit] * kNanosecondsPerMillisecond,
              .instance = columns.instance[unit],
              .request = request,
              .is_start = true};
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

TimingFigures Latency(const UnitColumns& columns) {
  return FiguresOf(columns, [&](std::size_t unit) {
    return HasTiming(columns, unit) ? std::optional<std::int64_t>(columns.duration_ns[unit])
                                    : std::nullopt;
  });
}

TimingFigures TimeToFirstToken(const UnitColumns& columns) {
  return FiguresOf(columns, [&](std::size_t unit) {
    return HasTiming(columns, unit) ? columns.ttft_ns[unit] : std::nullopt;
  });
}

std::vector<double> PresenceShares(const UnitColumns& columns, std::span<const std::size_t> units) {
  std::vector<double> shares(units.size(), 0);
  // Integral of 1 / present since the instance's first edge, in ns.
  double integral = 0;
  std::int64_t present = 0;
  const std::vector<Edge> edges = EdgesInOrder(columns, units);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    if (i > 0 && edges[i - 1].instance == edge.instance && present > 0) {
      integral +=
          static_cast<double>(edge.at_ns - edges[i - 1].at_ns) / static_cast<double>(present);
    }
    shares[edge.request] += edge.is_start ? -integral : integral;
    present += edge.is_start ? 1 : -1;
  }
  for (double& share : shares) {
    share *= kSecondsPerNanosecond;
  }
  return shares;
}

}  // namespace wattfleet::coordinator
