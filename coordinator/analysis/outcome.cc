#include "coordinator/analysis/outcome.h"

#include "coordinator/analysis/proportion.h"

namespace wattfleet::coordinator {

namespace {

// Every query's outcomes, one query at a time.
template <typename Visit>
void ForEachQuery(const UnitColumns& columns, const Visit& visit) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(columns.repetitions));
  for (std::int64_t position = 0; position < columns.queries; ++position) {
    for (std::int64_t repetition = 0; repetition < columns.repetitions; ++repetition) {
      const Unit unit = UnitOf({.repetition = repetition, .position = position}, columns.queries);
      outcomes[static_cast<std::size_t>(repetition)] =
          columns.outcome[static_cast<std::size_t>(unit)];
    }
    visit(static_cast<std::size_t>(position), std::span<const Outcome>(outcomes));
  }
}

// The state of a query: that of its unit which has come least far.
UnitState StateOfQuery(const UnitColumns& columns, std::int64_t position) {
  const auto rank = [](UnitState state) {
    switch (state) {
      case UnitState::kOpen:
        return 3;
      case UnitState::kQuarantined:
        return 2;
      case UnitState::kFailed:
        return 1;
      case UnitState::kCompleted:
        return 0;
    }
    return 3;
  };
  UnitState least = UnitState::kCompleted;
  for (std::int64_t repetition = 0; repetition < columns.repetitions; ++repetition) {
    const Unit unit = UnitOf({.repetition = repetition, .position = position}, columns.queries);
    const UnitState state = columns.state[static_cast<std::size_t>(unit)];
    if (rank(state) > rank(least)) {
      least = state;
    }
  }
  return least;
}

}  // namespace

Progress CountProgress(const UnitColumns& columns) {
  Progress progress;
  for (std::int64_t position = 0; position < columns.queries; ++position) {
    switch (StateOfQuery(columns, position)) {
      case UnitState::kOpen:
        ++progress.open;
        break;
      case UnitState::kCompleted:
        ++progress.completed;
        break;
      case UnitState::kFailed:
        ++progress.failed;
        break;
      case UnitState::kQuarantined:
        ++progress.quarantined;
        break;
    }
  }
  return progress;
}

void OutcomeTally::AddQuery(std::span<const Outcome> outcomes) {
  Cell cell;
  for (const Outcome outcome : outcomes) {
    cell.correct += outcome == Outcome::kCorrect ? 1 : 0;
    cell.wrong += outcome == Outcome::kWrong ? 1 : 0;
    cell.no_answer += outcome == Outcome::kNoAnswer ? 1 : 0;
  }
  ++queries_;
  correct_ += cell.correct;
  wrong_ += cell.wrong;
  no_answer_ += cell.no_answer;
  if (repetitions_ > 1) {
    ++cells_[cell];
  }
}

void OutcomeTally::AddQueries(Outcome outcome, std::int64_t n) {
  queries_ += n;
  correct_ += outcome == Outcome::kCorrect ? n : 0;
  wrong_ += outcome == Outcome::kWrong ? n : 0;
  no_answer_ += outcome == Outcome::kNoAnswer ? n : 0;
}

std::optional<Estimate> OutcomeTally::Proportion(Denominator denominator) const {
  const auto of = [&](const Cell& cell) {
    switch (denominator) {
      case Denominator::kDecided:
        return cell.correct + cell.wrong + cell.no_answer;
      case Denominator::kExtracted:
        return cell.correct + cell.wrong;
      case Denominator::kAll:
        return repetitions_;
    }
    return repetitions_;
  };
  if (repetitions_ == 1) {
    const std::int64_t trials =
        denominator == Denominator::kAll
            ? queries_
            : of({.correct = correct_, .wrong = wrong_, .no_answer = no_answer_});
    return Wilson(static_cast<double>(correct_), static_cast<double>(trials));
  }
  std::vector<ClusterCell> clusters;
  clusters.reserve(cells_.size());
  for (const auto& [cell, queries] : cells_) {
    clusters.push_back({.numerator = cell.correct, .denominator = of(cell), .queries = queries});
  }
  return ClusteredProportion(clusters);
}

std::optional<Estimate> OutcomeTally::Accuracy() const {
  return Proportion(Denominator::kDecided);
}
std::optional<Estimate> OutcomeTally::AccuracyExtractable() const {
  return Proportion(Denominator::kExtracted);
}
std::optional<Estimate> OutcomeTally::Coverage() const {
  return Proportion(Denominator::kAll);
}

std::optional<double> OutcomeTally::CoverageIfPendingWrong() const {
  if (queries_ == 0) {
    return std::nullopt;
  }
  return correct() / static_cast<double>(queries_);
}
std::optional<double> OutcomeTally::CoverageIfPendingRight() const {
  if (queries_ == 0) {
    return std::nullopt;
  }
  return (correct() + pending()) / static_cast<double>(queries_);
}

std::vector<OutcomeTally> TallyByGroup(const UnitColumns& columns,
                                       std::span<const std::int32_t> group_of_position,
                                       std::size_t groups) {
  std::vector<OutcomeTally> tallies(groups, OutcomeTally(columns.repetitions));
  ForEachQuery(columns, [&](std::size_t position, std::span<const Outcome> outcomes) {
    tallies[static_cast<std::size_t>(group_of_position[position])].AddQuery(outcomes);
  });
  return tallies;
}

std::vector<OutcomeTally> TallyByInstance(const UnitColumns& columns,
                                          std::span<const std::size_t> group_of_instance,
                                          std::size_t groups) {
  std::vector<OutcomeTally> tallies(groups, OutcomeTally(columns.repetitions));
  std::vector<std::vector<Outcome>> of_query(groups);
  for (std::size_t position = 0; position < static_cast<std::size_t>(columns.queries); ++position) {
    for (std::size_t unit = position; unit < columns.units();
         unit += static_cast<std::size_t>(columns.queries)) {
      if (columns.IsCompleted(unit)) {
        of_query[group_of_instance[columns.instance[unit]]].push_back(columns.outcome[unit]);
      }
    }
    for (std::size_t group = 0; group < groups; ++group) {
      if (!of_query[group].empty()) {
        tallies[group].AddQuery(of_query[group]);
        of_query[group].clear();
      }
    }
  }
  return tallies;
}

OutcomeTally TallyAll(const UnitColumns& columns) {
  OutcomeTally tally(columns.repetitions);
  ForEachQuery(columns,
               [&](std::size_t, std::span<const Outcome> outcomes) { tally.AddQuery(outcomes); });
  return tally;
}

std::optional<double> MacroAccuracy(std::span<const OutcomeTally> groups) {
  double sum = 0;
  std::int64_t decided_groups = 0;
  for (const OutcomeTally& group : groups) {
    if (const std::optional<Estimate> accuracy = group.Accuracy()) {
      sum += accuracy->value;
      ++decided_groups;
    }
  }
  if (decided_groups == 0) {
    return std::nullopt;
  }
  return sum / static_cast<double>(decided_groups);
}

}  // namespace wattfleet::coordinator
