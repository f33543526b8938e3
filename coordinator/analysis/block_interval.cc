#include "coordinator/analysis/block_interval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>

#include "common/random/random.h"
#include "coordinator/analysis/proportion.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kResamples = 2000;
// How many of the lowest frequencies make L of the contract, and which make H.
constexpr std::size_t kLow = 10;
constexpr std::size_t kHighFrom = 21;
constexpr std::size_t kHighTo = 80;
static_assert(kHighTo < kPartsMin);
constexpr double kRise = 1.0 / 3;
constexpr double kRiseMax = 4;
// The 0.975 quantile of a standard normal value over the root of L (L / H) ^ kRise, L and H being
// means of that many independent squares, given L < kRiseMax H (studies_oracle.py, critical()).
constexpr double kCritical = 2.3953;
// L (L / H) ^ kRise is at least this share of what the variance would be if the parts were
// independent, which it falls below in 1 of 200 independent runs; a workload's order that repeats
// itself, such as datasets dealt in turn, can make it nothing.
constexpr double kIndependentShareMin = 0.125;
// Slow drift of the power that adds less than this share to a figure's variance is let pass.
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

// The sum of `values`, which sum to 0, times the cosine of `frequency` half turns over all of them.
double Cosine(std::span<const double> values, std::size_t frequency) {
  const double step =
      std::numbers::pi * static_cast<double>(frequency) / static_cast<double>(values.size());
  // cos((i + 1/2) step) by its recurrence.
  double before = std::cos(step / 2);
  double at = before;
  const double twice = 2 * std::cos(step);
  double sum = 0;
  for (const double value : values) {
    sum += value * at;
    const double next = twice * at - before;
    before = at;
    at = next;
  }
  return sum;
}

// What the variance of the total of values is by their spectrum between two frequencies.
double SpectralVariance(std::span<const double> values, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t frequency = from; frequency <= to; ++frequency) {
    const double cosine = Cosine(values, frequency);
    sum += 2 * cosine * cosine;
  }
  return sum / static_cast<double>(to - from + 1);
}

struct TotalVariance {
  double value = 0;
  bool is_known = true;  // the spectrum does not rise too steeply
};

// Of values that sum to 0.
TotalVariance VarianceOfTotal(std::span<const double> values) {
  const double low = SpectralVariance(values, 1, kLow);
  const double high = SpectralVariance(values, kHighFrom, kHighTo);
  const double least = kIndependentShareMin * SumOfSquares(values);
  if (low <= least) {
    return {.value = least};
  }
  return {.value = std::max(least, low * std::pow(low / high, kRise)),
          .is_known = low < kRiseMax * high};
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

// Whether slow drift may hide in the figure.
bool MayHide(const PowerDrift& drift, std::span<const double> influence) {
  return drift.is_slow && drift.variance > kDriftShareMax * SumOfSquares(influence);
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
// longer than using them, so that each thread keeps them: a few lists of 80 KiB.
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

}  // namespace

PowerDrift DriftOf(std::span<const Factor> power) {
  const std::vector<double> totals = TotalsOf(power);
  if (power.empty() || power.front().sums.size() < kPartsMin ||
      std::any_of(totals.begin(), totals.end(), [](double total) { return total <= 0; })) {
    return {};
  }
  const TotalVariance variance = VarianceOfTotal(Influence(power, totals));
  return {.is_slow = !variance.is_known, .variance = variance.value};
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
  if (influence.size() < kPartsMin) {
    return WithoutInterval(value, kTooFewBlocks);
  }
  const TotalVariance variance = VarianceOfTotal(influence);
  if (!variance.is_known || std::any_of(drifts.begin(), drifts.end(), [&](const PowerDrift& drift) {
        return MayHide(drift, influence);
      })) {
    return WithoutInterval(value, kTooFewBlocks);
  }
  const std::size_t length = influence.size() / kBlocks;
  const auto [low, high] = ResampledQuantiles(factors, length);
  if (!(low > 0) || !std::isfinite(high)) {
    return WithoutInterval(value, kTooFewBlocks);
  }
  const double of_blocks = SumOfSquares(SumRuns(influence, length));
  const double widening =
      of_blocks > 0 ? kCritical / kZ95 * std::sqrt(variance.value / of_blocks) : 0;
  return Estimate{.value = value,
                  .low = value * std::exp(widening * std::log(low / value)),
                  .high = value * std::exp(widening * std::log(high / value)),
                  .note = {}};
}

}  // namespace wattfleet::coordinator
