#include "coordinator/analysis/block_interval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>

#include "common/random/random.h"
#include "coordinator/analysis/proportion.h"
#include "coordinator/analysis/student.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kResamples = 2000;
// How many runs that were tested as uncorrelated make one block.
constexpr std::size_t kTestedInBlock = 2;
// A correlation between neighbours above this many standard errors is taken as one.
constexpr double kCorrelatedZ = 2;
// A block is at least this many correlation times, less kTimesOff, so that parts without any
// correlation make blocks of a few.
constexpr double kTimesInBlock = 8;
constexpr double kTimesOff = 6;
// Drift that adds less than this share to a figure's variance even if all of a run drifted alike.
constexpr double kDriftShareMax = 0.05;

// Sums over consecutive runs of `length` values; what is left over at the end joins the last run.
std::vector<double> SumRuns(std::span<const double> values, std::size_t length) {
  const std::size_t runs = values.size() / length;
  std::vector<double> sums(runs, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[std::min(i / length, runs - 1)] += values[i];
  }
  return sums;
}

double SumOfSquares(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) {
    sum += value * value;
  }
  return sum;
}

// Of values that sum to 0: the sum of their products with those `lag` later.
double Covariance(std::span<const double> values, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = 0; i + lag < values.size(); ++i) {
    sum += values[i] * values[i + lag];
  }
  return sum;
}

double NeighbourCorrelation(std::span<const double> values) {
  const double variance = Covariance(values, 0);
  return variance > 0 ? Covariance(values, 1) / variance : 0;
}

// The sum of the autocorrelations over all lags of both signs, by Geyer's (1992) initial positive
// sequence; at least 1, which is no correlation. In parts.
double CorrelationTime(std::span<const double> values) {
  const double variance = Covariance(values, 0);
  double time = -1;
  for (std::size_t lag = 0; variance > 0 && lag + 1 < values.size() / 2; lag += 2) {
    const double two = (Covariance(values, lag) + Covariance(values, lag + 1)) / variance;
    if (two <= 0) {
      break;
    }
    time += 2 * two;
  }
  return std::max(1.0, time);
}

std::vector<double> TotalsOf(std::span<const Factor> factors) {
  std::vector<double> totals;
  for (const Factor& factor : factors) {
    double& total = totals.emplace_back(0);
    for (const double sum : factor.sums) {
      total += sum;
    }
  }
  return totals;
}

// What each part adds to the logarithm of the figure, to first order; sums to 0.
std::vector<double> Influence(std::span<const Factor> factors, std::span<const double> totals) {
  std::vector<double> influence(factors.front().sums.size(), 0);
  double mean = 0;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    for (std::size_t i = 0; i < influence.size(); ++i) {
      influence[i] += factors[k].exponent * factors[k].sums[i] / totals[k];
    }
    mean += factors[k].exponent / static_cast<double>(influence.size());
  }
  for (double& value : influence) {
    value -= mean;
  }
  return influence;
}

// The shortest runs without correlation between neighbours, all longer ones without it too;
// nullopt where the longest that leave kBlocksMin runs are correlated.
std::optional<std::size_t> UncorrelatedRun(std::span<const double> influence) {
  std::size_t length = 1;
  while (influence.size() / (2 * length) >= kBlocksMin) {
    length *= 2;
  }
  std::optional<std::size_t> shortest;
  for (; length >= 1; length /= 2) {
    const std::vector<double> runs = SumRuns(influence, length);
    if (NeighbourCorrelation(runs) > kCorrelatedZ / std::sqrt(static_cast<double>(runs.size()))) {
      break;
    }
    shortest = length;
  }
  return shortest;
}

// In parts; nullopt where fewer than kBlocksMin blocks would be left.
std::optional<std::size_t> BlockLength(std::span<const double> influence, double time) {
  const std::optional<std::size_t> run = UncorrelatedRun(influence);
  if (!run) {
    return std::nullopt;
  }
  const auto several = static_cast<std::size_t>(std::ceil(kTimesInBlock * time - kTimesOff));
  const std::size_t length =
      std::max({*run * kTestedInBlock, several, influence.size() / kBlocksMax});
  return influence.size() / length >= kBlocksMin ? std::optional(length) : std::nullopt;
}

// Lengthens `length` to what drift needs; false where drift may hide in the figure.
bool ContainsDrift(std::span<const PowerDrift> drifts, std::span<const double> influence,
                   std::size_t& length) {
  const double variance = SumOfSquares(SumRuns(influence, length));
  for (const PowerDrift& drift : drifts) {
    if (drift.block_length) {
      length = std::max(length, *drift.block_length);
    } else if (drift.slow_variance > kDriftShareMax * variance) {
      return false;
    }
  }
  return influence.size() / length >= kBlocksMin;
}

double Product(std::span<const Factor> factors, std::span<const double> totals) {
  double product = 1;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    product = factors[k].exponent > 0 ? product * totals[k] : product / totals[k];
  }
  return product;
}

// How often each of `blocks` blocks is drawn: of one block in all resamples, then of the next;
// `blocks` < 256. They are the same for all figures of so many blocks, and drawing them takes
// longer than using them, so that each thread keeps them: some dozens of lists of 128 KiB.
const std::vector<std::uint8_t>& TimesDrawn(std::size_t blocks) {
  thread_local std::map<std::size_t, std::vector<std::uint8_t>> of_blocks;
  std::vector<std::uint8_t>& times = of_blocks[blocks];
  if (times.empty()) {
    times.assign(kResamples * blocks, 0);
    Random random(kBootstrapSeed);
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      for (std::size_t draw = 0; draw < blocks; ++draw) {
        ++times[random.Below(blocks) * kResamples + resample];
      }
    }
  }
  return times;
}

// The total of `blocks` in each resample.
std::vector<double> ResampledTotals(std::span<const double> blocks) {
  const std::vector<std::uint8_t>& drawn = TimesDrawn(blocks.size());
  std::vector<double> totals(kResamples, 0);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::uint8_t* times = &drawn[i * kResamples];
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      totals[resample] += times[resample] * blocks[i];
    }
  }
  return totals;
}

// The 0.025 and 0.975 quantiles of the figure over resamples of blocks of `length`.
std::array<double, 2> ResampledQuantiles(std::span<const Factor> factors, std::size_t length) {
  std::vector<double> values(kResamples, 1);
  for (const Factor& factor : factors) {
    const std::vector<double> totals = ResampledTotals(SumRuns(factor.sums, length));
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      values[resample] = factor.exponent > 0 ? values[resample] * totals[resample]
                                             : values[resample] / totals[resample];
    }
  }
  const auto low = values.begin() + kResamples * 25 / 1000;
  const auto high = values.begin() + kResamples * 975 / 1000 - 1;
  std::nth_element(values.begin(), low, values.end());
  std::nth_element(low + 1, high, values.end());
  return {*low, *high};
}

// By what the distance of a quantile from the value is multiplied.
double Widening(std::span<const double> influence, std::size_t length, double time) {
  const std::vector<double> blocks = SumRuns(influence, length);
  const auto n = static_cast<double>(blocks.size());
  const double left = std::max(0.0, NeighbourCorrelation(blocks));
  const double within = 1 - (time - 1) / (2 * static_cast<double>(length));
  return StudentT975(n - 1) / kZ95 * std::sqrt(n / (n - 1) * (1 + 2 * left) / within);
}

}  // namespace

PowerDrift DriftOf(std::span<const Factor> power) {
  PowerDrift drift;
  const std::vector<double> totals = TotalsOf(power);
  if (power.empty() || power.front().sums.size() < kBlocksMin ||
      std::any_of(totals.begin(), totals.end(), [](double total) { return total <= 0; })) {
    return drift;
  }
  const std::vector<double> influence = Influence(power, totals);
  drift.block_length = BlockLength(influence, CorrelationTime(influence));
  const std::vector<double> twentieths = SumRuns(influence, influence.size() / kBlocksMin);
  drift.slow_variance = SumOfSquares(twentieths) * static_cast<double>(twentieths.size());
  return drift;
}

std::optional<Estimate> BlockInterval(std::span<const Factor> factors,
                                      std::span<const PowerDrift> drifts) {
  const std::vector<double> totals = TotalsOf(factors);
  bool is_zero = false;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    if (totals[k] <= 0 && factors[k].exponent < 0) {
      return std::nullopt;
    }
    is_zero = is_zero || totals[k] <= 0;
  }
  const double value = Product(factors, totals);
  if (is_zero) {
    return WithoutInterval(value, kNoneCorrect);
  }
  const std::vector<double> influence = Influence(factors, totals);
  const double time = CorrelationTime(influence);
  std::optional<std::size_t> length = BlockLength(influence, time);
  if (influence.size() < kPartsMin || !length || !ContainsDrift(drifts, influence, *length)) {
    return WithoutInterval(value, kTooFewBlocks);
  }
  const auto [low, high] = ResampledQuantiles(factors, *length);
  if (!(low > 0) || !std::isfinite(high)) {
    return WithoutInterval(value, kTooFewBlocks);
  }
  const double widening = Widening(influence, *length, time);
  return Estimate{.value = value,
                  .low = value * std::exp(widening * std::log(low / value)),
                  .high = value * std::exp(widening * std::log(high / value)),
                  .note = {}};
}

}  // namespace wattfleet::coordinator
