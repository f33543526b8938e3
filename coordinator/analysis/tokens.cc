#include "coordinator/analysis/tokens.h"

#include <cstddef>
#include <vector>

#include "coordinator/analysis/timing.h"

namespace wattfleet::coordinator {

namespace {

using TokenColumn = std::vector<std::optional<std::int64_t>>;

constexpr double kSecondsPerNanosecond = 1e-9;

std::optional<double> MeanTokens(const UnitColumns& columns, const TokenColumn& tokens) {
  return MeanOverQueries(columns, [&](std::size_t unit) -> std::optional<double> {
    if (!columns.IsCompleted(unit) || !tokens[unit]) {
      return std::nullopt;
    }
    return static_cast<double>(*tokens[unit]);
  });
}

std::optional<double> OutputPerSecond(const UnitColumns& columns) {
  double tokens = 0;
  double seconds = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (columns.IsCompleted(unit) && columns.output_tokens[unit] && columns.HasGoodTiming(unit)) {
      tokens += static_cast<double>(*columns.output_tokens[unit]);
      seconds += columns.busy_seconds.empty()
                     ? static_cast<double>(columns.duration_ns[unit]) * kSecondsPerNanosecond
                     : columns.busy_seconds[unit];
    }
  }
  if (seconds <= 0) {
    return std::nullopt;
  }
  return tokens / seconds;
}

std::optional<double> CachedInputShare(const UnitColumns& columns) {
  std::int64_t cached = 0;
  std::int64_t input = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (columns.IsCompleted(unit) && columns.input_tokens[unit] && columns.cached_tokens[unit]) {
      cached += *columns.cached_tokens[unit];
      input += *columns.input_tokens[unit];
    }
  }
  if (input == 0) {
    return std::nullopt;
  }
  return static_cast<double>(cached) / static_cast<double>(input);
}

std::optional<double> TruncatedShare(const UnitColumns& columns) {
  std::int64_t truncated = 0;
  std::int64_t completed = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (columns.IsCompleted(unit)) {
      ++completed;
      truncated += (columns.flags[unit] & kFlagTruncated) != 0 ? 1 : 0;
    }
  }
  if (completed == 0) {
    return std::nullopt;
  }
  return static_cast<double>(truncated) / static_cast<double>(completed);
}

}  // namespace

TokenFigures CountTokens(const UnitColumns& columns) {
  return {.input_mean = MeanTokens(columns, columns.input_tokens),
          .cached_input_mean = MeanTokens(columns, columns.cached_tokens),
          .output_mean = MeanTokens(columns, columns.output_tokens),
          .reasoning_mean = MeanTokens(columns, columns.reasoning_tokens),
          .output_per_second = OutputPerSecond(columns),
          .cached_input_share = CachedInputShare(columns),
          .truncated_share = TruncatedShare(columns)};
}

std::optional<std::int64_t> MedianInputTokens(const UnitColumns& columns) {
  std::vector<std::int64_t> known;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (columns.IsCompleted(unit) && columns.input_tokens[unit]) {
      known.push_back(*columns.input_tokens[unit]);
    }
  }
  return NearestRank(known, 0.5);
}

std::optional<double> CostOfUnit(const UnitColumns& columns, std::size_t unit, const Price& price) {
  if (!columns.IsCompleted(unit) || !columns.input_tokens[unit] || !columns.output_tokens[unit]) {
    return std::nullopt;
  }
  return CostUsd(price, {.input = *columns.input_tokens[unit],
                         .cached = columns.cached_tokens[unit].value_or(0),
                         .output = *columns.output_tokens[unit]});
}

std::optional<double> CostPerQuery(const UnitColumns& columns, const std::optional<Price>& price) {
  if (!price) {
    return std::nullopt;
  }
  return MeanOverQueries(columns,
                         [&](std::size_t unit) { return CostOfUnit(columns, unit, *price); });
}

}  // namespace wattfleet::coordinator
