#ifndef WF_COORDINATOR_ANALYSIS_OUTCOME_H_
#define WF_COORDINATOR_ANALYSIS_OUTCOME_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/estimate.h"

namespace wattfleet::coordinator {

// How far the queries have come; the four sum to all of them. With repetitions a query is open
// while one of its units is, else quarantined if one is, else failed if one is, else completed.
struct Progress {
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  std::int64_t open = 0;
};
Progress CountProgress(const UnitColumns& columns);

// Outcomes of a set of queries. Each unit adds 1 / repetitions to exactly one of the four, so that
// they are sums of per-query means and sum to queries().
class OutcomeTally {
 public:
  explicit OutcomeTally(std::int64_t repetitions = 1) : repetitions_(repetitions) {}

  // The outcomes of one query's units.
  void AddQuery(std::span<const Outcome> outcomes);
  // `n` queries of one outcome each; only without repetitions.
  void AddQueries(Outcome outcome, std::int64_t n);

  std::int64_t queries() const { return queries_; }
  double correct() const { return Share(correct_); }
  double wrong() const { return Share(wrong_); }
  double no_answer() const { return Share(no_answer_); }
  double pending() const { return Share(queries_ * repetitions_ - decided()); }

  // correct / (correct + wrong + no_answer); nullopt while nothing is decided.
  std::optional<Estimate> Accuracy() const;
  // correct / (correct + wrong): beside accuracy, never ranked.
  std::optional<Estimate> AccuracyExtractable() const;
  // correct / queries; nullopt without queries.
  std::optional<Estimate> Coverage() const;
  // Coverage if every pending unit turned out wrong, and right.
  std::optional<double> CoverageIfPendingWrong() const;
  std::optional<double> CoverageIfPendingRight() const;

 private:
  enum class Denominator { kDecided, kExtracted, kAll };

  double Share(std::int64_t units) const {
    return static_cast<double>(units) / static_cast<double>(repetitions_);
  }
  std::int64_t decided() const { return correct_ + wrong_ + no_answer_; }
  std::optional<Estimate> Proportion(Denominator denominator) const;

  std::int64_t repetitions_;
  std::int64_t queries_ = 0;
  std::int64_t correct_ = 0;  // units, as the two below
  std::int64_t wrong_ = 0;
  std::int64_t no_answer_ = 0;
  // With repetitions: how many queries have (correct, wrong, no_answer) units.
  struct Cell {
    std::int64_t correct = 0;
    std::int64_t wrong = 0;
    std::int64_t no_answer = 0;
    auto operator<=>(const Cell&) const = default;
  };
  std::map<Cell, std::int64_t> cells_;
};

// One tally per group; `group_of_position` names each query's group, in [0, groups).
std::vector<OutcomeTally> TallyByGroup(const UnitColumns& columns,
                                       std::span<const std::int32_t> group_of_position,
                                       std::size_t groups);
// One tally per group of instances (UnitColumns::instance): the queries of which it completed a
// unit, with the units that others completed as pending.
std::vector<OutcomeTally> TallyByInstance(const UnitColumns& columns,
                                          std::span<const std::size_t> group_of_instance,
                                          std::size_t groups);
OutcomeTally TallyAll(const UnitColumns& columns);

// Unweighted mean of the groups' accuracies ("macro"), over the groups with anything decided.
std::optional<double> MacroAccuracy(std::span<const OutcomeTally> groups);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_OUTCOME_H_
