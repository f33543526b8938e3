// Simulated studies with known truth: how often each 95 % interval that a report prints covers it.
// Prints Markdown tables. 1 when a figure is printed in at least kPrintedMin of the studies of a
// case and covers outside kCoverMin to kCoverMax; the edges, at the end, are shown only.
// Run: build/release/bin/interval_study [STUDIES = 1000] [CASES whose name begins with this]
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <numbers>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/comparison.h"
#include "coordinator/analysis/energy_intervals.h"
#include "coordinator/analysis/outcome.h"
#include "coordinator/analysis/timing.h"
#include "coordinator/analysis/weighted_coverage.h"

namespace wattfleet::coordinator {
namespace {

constexpr double kCoverMin = 0.93;
constexpr double kCoverMax = 0.97;
constexpr double kPrintedMin = 0.05;
constexpr std::int64_t kStudies = 1000;
// Studies of proportions cost little, and the coverage of 0.1 over 100 queries is 93.6 %.
constexpr std::int64_t kProportionStudies = 20;

double Normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.Unit()));
  return radius * std::cos(2 * std::numbers::pi * random.Unit());
}

// How often one figure's interval was printed and covered the truth.
struct Coverage {
  std::int64_t studies = 0;
  std::int64_t printed = 0;
  std::int64_t covered = 0;

  void Add(const std::optional<Estimate>& estimate, double truth) {
    ++studies;
    if (estimate && estimate->low && estimate->high) {
      ++printed;
      covered += *estimate->low <= truth && truth <= *estimate->high ? 1 : 0;
    }
  }
  void Add(const Coverage& other) {
    studies += other.studies;
    printed += other.printed;
    covered += other.covered;
  }
  double printed_share() const {
    return static_cast<double>(printed) / static_cast<double>(studies);
  }
  double share() const { return static_cast<double>(covered) / static_cast<double>(printed); }
};

// Ornstein-Uhlenbeck process with standard deviation 1.
class Wander {
 public:
  Wander(double correlation_time, Random& random)
      : keep_(correlation_time > 0 ? std::exp(-1 / correlation_time) : 0),
        random_(random),
        value_(Normal(random)) {}
  double Next() {
    value_ = keep_ * value_ + std::sqrt(1 - keep_ * keep_) * Normal(random_);
    return value_;
  }

 private:
  double keep_;
  Random& random_;
  double value_;
};

struct Case {
  std::string name;
  std::int64_t queries = 1000;
  std::int64_t repetitions = 1;
  double drift = 0;       // standard deviation of slow drift of the power, relative
  double drift_time = 0;  // its correlation time, in queries
  double noise_time = 0;  // of the 3 % by which power varies from query to query; 0: independent
  bool is_served = false;
};

// A device: watts, seconds of a query of length 1.
struct Device {
  double watts = 40;
  double seconds = 5;
};

constexpr double kLengthSpread = 0.8;  // of the logarithm of a query's length, whose mean is 1
constexpr double kOwnShare = 0.3;      // of the length's logarithm, that each repetition adds
constexpr double kHardFrom = 0.3;
constexpr double kRightIfHard = 0.3;
constexpr double kRightElse = 0.6;
constexpr double kTokensPerLength = 1000;

double TrueAccuracy() {
  const double hard = 0.5 * std::erfc(kHardFrom / std::numbers::sqrt2);
  return kRightIfHard * hard + kRightElse * (1 - hard);
}

UnitColumns Run(const Case& of, const Device& device, const std::vector<double>& difficulty,
                Random& random) {
  UnitColumns columns;
  columns.Reset(of.queries, of.repetitions);
  Wander drift(of.drift_time, random);
  Wander noise(of.noise_time, random);
  double clock_ms = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    const double z = difficulty[unit % difficulty.size()];
    const double spread = kLengthSpread * kLengthSpread + kOwnShare * kOwnShare;
    const double length = std::exp(kLengthSpread * z + kOwnShare * Normal(random) - spread / 2);
    const double seconds = device.seconds * length;
    const double watts = device.watts * (1 + of.drift * drift.Next()) * (1 + 0.03 * noise.Next());
    columns.state[unit] = UnitState::kCompleted;
    columns.outcome[unit] = random.Chance(z > kHardFrom ? kRightIfHard : kRightElse)
                                ? Outcome::kCorrect
                                : Outcome::kWrong;
    columns.class_energy[unit] = ClassEnergy::kMeasured;
    columns.class_uj[unit] = std::llround(watts * seconds * 1e6);
    columns.duration_ns[unit] = std::llround(seconds * 1e9);
    columns.output_tokens[unit] = std::llround(kTokensPerLength * length);
    columns.sent_unix_ms[unit] = std::llround(clock_ms);
    clock_ms += seconds * 1e3;
  }
  if (of.is_served) {
    ShareBusyTime(columns);
  }
  return columns;
}

using Table = std::map<std::string, Coverage>;

void AddEstimates(const EnergyFigures& figures, const Device& device, bool is_served,
                  Table& table) {
  const EnergyEstimates estimates = EstimatesOf(figures);
  const double joules = device.watts * device.seconds;
  const double accuracy = TrueAccuracy();
  table["J per query"].Add(estimates.joules_per_query, joules);
  table["power watts"].Add(estimates.power_watts, device.watts);
  if (is_served) {
    table["power share watts"].Add(estimates.power_share_watts, device.watts);
  }
  table["J per output token"].Add(estimates.joules_per_output_token, joules / kTokensPerLength);
  table["J per correct"].Add(estimates.joules_per_correct, joules / accuracy);
  table["ipw"].Add(estimates.ipw, accuracy / device.watts);
  table["ipj"].Add(estimates.ipj, accuracy / joules);
}

void Study(const Case& of, std::uint64_t seed, Table& table) {
  Random random(seed);
  std::vector<double> difficulty(static_cast<std::size_t>(of.queries));
  for (double& z : difficulty) {
    z = Normal(random);
  }
  const Device local{.watts = 40, .seconds = 5};
  const Device cloud{.watts = 300, .seconds = 1};
  const UnitColumns a = Run(of, local, difficulty, random);
  const UnitColumns b = Run(of, cloud, difficulty, random);
  const EnergyFigures of_a = MeasuredFigures(a, {});
  const EnergyFigures of_b = MeasuredFigures(b, {});
  AddEstimates(of_a, local, of.is_served, table);
  const EnergyRatios ratios = RatiosOf(of_b, of_a);
  table["ipw ratio"].Add(ratios.ipw, 40.0 / 300);
  table["ipj ratio"].Add(ratios.ipj, 200.0 / 300);
  table["J per correct ratio"].Add(ratios.joules_per_correct, 300.0 / 200);
  table["accuracy"].Add(TallyAll(a).Accuracy(), TrueAccuracy());
  if (of.repetitions == 1) {
    table["accuracy difference"].Add(AccuracyDifference(Compare(OutcomesOf(a), OutcomesOf(b))), 0);
  }
}

// Coverage of three subjects of unlike sizes and accuracies, weighted 5 : 3 : 1.
void WeightedStudy(std::uint64_t seed, Table& table) {
  Random random(seed);
  const double p[] = {0.8, 0.3, 0.55};
  const std::int64_t n[] = {120, 300, 60};
  const double weights[] = {5, 3, 1};
  std::vector<OutcomeTally> tallies(3);
  std::vector<WeightedTally> weighted;
  double truth = 0;
  for (std::size_t subject = 0; subject < 3; ++subject) {
    for (std::int64_t i = 0; i < n[subject]; ++i) {
      tallies[subject].AddQueries(random.Chance(p[subject]) ? Outcome::kCorrect : Outcome::kWrong,
                                  1);
    }
    weighted.push_back({.weight = weights[subject], .outcomes = &tallies[subject]});
    truth += weights[subject] * p[subject] / 9;
  }
  table["weighted coverage"].Add(WeightedCoverage(weighted), truth);
}

void ProportionStudy(std::int64_t n, double p, Random& random, Coverage& coverage) {
  OutcomeTally tally;
  for (std::int64_t i = 0; i < n; ++i) {
    tally.AddQueries(random.Chance(p) ? Outcome::kCorrect : Outcome::kWrong, 1);
  }
  coverage.Add(tally.Coverage(), p);
}

void ProportionStudies(std::int64_t n, std::uint64_t seed, Table& table) {
  for (const double p : {0.1, 0.3, 0.5, 0.9}) {
    Random random(seed);
    char figure[32];
    std::snprintf(figure, sizeof figure, "%g", p);
    ProportionStudy(n, p, random, table[figure]);
  }
}

// Of few queries a proportion takes few values, and coverage jumps with the truth: over all truths.
void SmallProportionStudy(std::int64_t n, std::uint64_t seed, Table& table) {
  Random random(seed);
  const double p = 0.05 + 0.9 * random.Unit();
  ProportionStudy(n, p, random, table["0.05 to 0.95"]);
}

std::vector<Case> Cases() {
  return {
      {.name = "independent, 100 queries", .queries = 100},
      {.name = "independent, 200", .queries = 200},
      {.name = "independent, 300", .queries = 300},
      {.name = "independent, 2,000", .queries = 2000},
      {.name = "independent, 12,000", .queries = 12000},
      {.name = "repeated 3 times, 500", .queries = 500, .repetitions = 3},
      {.name = "served, 2,000", .queries = 2000, .is_served = true},
      {.name = "power autocorrelated over 3 queries, 2,000", .queries = 2000, .noise_time = 3},
      {.name = "power autocorrelated over 20 queries, 12,000", .queries = 12000, .noise_time = 20},
      {.name = "drift of 5 % over n / 800, 12,000",
       .queries = 12000,
       .drift = 0.05,
       .drift_time = 15},
      {.name = "drift of 5 % over n / 400, 12,000",
       .queries = 12000,
       .drift = 0.05,
       .drift_time = 30},
      {.name = "drift of 5 % over n / 400, repeated 3 times, 4,000",
       .queries = 4000,
       .repetitions = 3,
       .drift = 0.05,
       .drift_time = 10},
      {.name = "drift of 1 % over n / 400, 12,000",
       .queries = 12000,
       .drift = 0.01,
       .drift_time = 30},
      {.name = "drift of 5 % over n / 200, 2,000",
       .queries = 2000,
       .drift = 0.05,
       .drift_time = 10},
      {.name = "drift of 1 % over n / 100, 2,000",
       .queries = 2000,
       .drift = 0.01,
       .drift_time = 20},
      {.name = "drift of 5 % over n / 100, 12,000",
       .queries = 12000,
       .drift = 0.05,
       .drift_time = 120},
      {.name = "drift of 5 % over n / 30, 12,000",
       .queries = 12000,
       .drift = 0.05,
       .drift_time = 400},
      {.name = "drift of 5 % over n / 4, 12,000",
       .queries = 12000,
       .drift = 0.05,
       .drift_time = 3000},
      {.name = "drift of 1 % over n / 10, 2,000",
       .queries = 2000,
       .drift = 0.01,
       .drift_time = 200},
      {.name = "drift of 5 % over n / 100, 500", .queries = 500, .drift = 0.05, .drift_time = 5},
  };
}

// Whatever the number of threads: a study is made of its own seed alone, and what is merged are
// counts.
Table InParallel(std::int64_t studies, const std::function<void(std::uint64_t, Table&)>& study) {
  std::vector<Table> tables(std::max(1U, std::thread::hardware_concurrency()));
  std::atomic<std::int64_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (Table& table : tables) {
      threads.emplace_back([&] {
        for (std::int64_t i = next++; i < studies; i = next++) {
          study(static_cast<std::uint64_t>(i) + 1, table);
        }
      });
    }
  }
  Table merged;
  for (const Table& table : tables) {
    for (const auto& [figure, coverage] : table) {
      merged[figure].Add(coverage);
    }
  }
  return merged;
}

// Between what an interval allows for and what is seen so surely that none is printed; and drift
// that no test of one run can see. Shown, since none can be reached that holds; not held to the
// bounds.
std::vector<Case> EdgeCases() {
  return {
      {.name = "edge: drift of 5 % over n / 50, 2,000",
       .queries = 2000,
       .drift = 0.05,
       .drift_time = 40},
      {.name = "edge: drift of 1 % over n / 50, 2,000",
       .queries = 2000,
       .drift = 0.01,
       .drift_time = 40},
      {.name = "edge: drift of 1 % over n / 30, 2,000",
       .queries = 2000,
       .drift = 0.01,
       .drift_time = 66},
      {.name = "edge: drift of 0.3 % over n / 30, 2,000",
       .queries = 2000,
       .drift = 0.003,
       .drift_time = 66},
      {.name = "edge: drift of 0.3 % over n / 4, 12,000",
       .queries = 12000,
       .drift = 0.003,
       .drift_time = 3000},
  };
}

// By how much a share may miss the bounds by chance; nothing in a whole study.
double Slack(const Coverage& coverage) {
  return coverage.studies >= kStudies
             ? 0
             : 2 * std::sqrt(0.95 * 0.05 / static_cast<double>(coverage.printed));
}

void PrintHeader(const std::string& what, const std::vector<std::string>& figures) {
  std::printf("\n| %s |", what.c_str());
  for (const std::string& figure : figures) {
    std::printf(" %s |", figure.c_str());
  }
  std::printf("\n|---|");
  for (std::size_t i = 0; i < figures.size(); ++i) {
    std::printf("---|");
  }
  std::printf("\n");
}

// Percent of the intervals printed that cover the truth, and in brackets, where not in all studies,
// in how many percent of the studies one was printed. False when a share is out of bounds.
bool PrintRow(const std::string& name, const Table& table,
              const std::vector<std::string>& figures) {
  bool is_honest = true;
  std::printf("| %s |", name.c_str());
  for (const std::string& figure : figures) {
    const auto found = table.find(figure);
    if (found == table.end()) {
      std::printf(" |");
      continue;
    }
    const Coverage& coverage = found->second;
    if (coverage.printed == 0) {
      std::printf(" none |");
      continue;
    }
    const bool is_outside = coverage.printed_share() >= kPrintedMin &&
                            (coverage.share() < kCoverMin - Slack(coverage) ||
                             coverage.share() > kCoverMax + Slack(coverage));
    is_honest = is_honest && !is_outside;
    std::printf(" %.1f%s", 100 * coverage.share(), is_outside ? " OUTSIDE" : "");
    if (coverage.printed < coverage.studies) {
      const double percent = 100 * coverage.printed_share();
      std::printf(" (%.*f)", percent < 10 ? 1 : 0, percent < 10 ? percent : std::floor(percent));
    }
    std::printf(" |");
  }
  std::printf("\n");
  std::fflush(stdout);
  return is_honest;
}

const std::vector<std::string> kEnergyFigures = {"accuracy",
                                                 "accuracy difference",
                                                 "J per query",
                                                 "power watts",
                                                 "power share watts",
                                                 "J per output token",
                                                 "J per correct",
                                                 "ipw",
                                                 "ipj",
                                                 "J per correct ratio",
                                                 "ipw ratio",
                                                 "ipj ratio"};

class StudyRun {
 public:
  StudyRun(std::int64_t studies, std::string chosen)
      : studies_(studies), chosen_(std::move(chosen)) {}

  void Energy() {
    PrintHeader("case, queries", kEnergyFigures);
    for (const Case& of : Cases()) {
      Rows(of.name, kEnergyFigures, 1,
           [&of](std::uint64_t seed, Table& table) { Study(of, seed, table); });
    }
  }

  void Edges() {
    const bool was_honest = is_honest_;
    PrintHeader("edges, queries", kEnergyFigures);
    for (const Case& of : EdgeCases()) {
      Rows(of.name, kEnergyFigures, 1,
           [&of](std::uint64_t seed, Table& table) { Study(of, seed, table); });
    }
    is_honest_ = was_honest;
  }

  void Proportions() {
    const std::vector<std::string> figures = {"0.1", "0.3", "0.5", "0.9"};
    PrintHeader("proportions, queries", figures);
    for (const std::int64_t n : {100, 500, 2000, 12000}) {
      Rows("proportions, " + std::to_string(n), figures, kProportionStudies,
           [n](std::uint64_t seed, Table& table) { ProportionStudies(n, seed, table); });
    }
    const std::vector<std::string> small = {"0.05 to 0.95"};
    PrintHeader("proportions, queries", small);
    for (const std::int64_t n : {10, 20, 50}) {
      Rows("proportions, " + std::to_string(n), small, kProportionStudies,
           [n](std::uint64_t seed, Table& table) { SmallProportionStudy(n, seed, table); });
    }
    const std::vector<std::string> weighted = {"weighted coverage"};
    PrintHeader("weights, queries", weighted);
    Rows("weighted, 480", weighted, kProportionStudies, WeightedStudy);
  }

  bool is_honest() const { return is_honest_; }

 private:
  // `times` as many studies as were asked for.
  void Rows(const std::string& name, const std::vector<std::string>& figures, std::int64_t times,
            const std::function<void(std::uint64_t, Table&)>& study) {
    if (name.compare(0, chosen_.size(), chosen_) == 0) {
      is_honest_ = PrintRow(name, InParallel(studies_ * times, study), figures) && is_honest_;
    }
  }

  std::int64_t studies_;
  std::string chosen_;
  bool is_honest_ = true;
};

}  // namespace
}  // namespace wattfleet::coordinator

int main(int argc, char** argv) {
  using wattfleet::coordinator::kStudies;
  using wattfleet::coordinator::StudyRun;
  const std::int64_t studies = argc > 1 ? std::atoll(argv[1]) : 0;
  StudyRun run(studies > 0 ? studies : kStudies, argc > 2 ? argv[2] : "");
  run.Energy();
  run.Proportions();
  run.Edges();
  return run.is_honest() ? 0 : 1;
}
