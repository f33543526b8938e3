#include "coordinator/analysis/union_coverage.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "coordinator/analysis/proportion.h"

namespace wattfleet::coordinator {

namespace {

struct Member {
  std::string model;
  QuerySet solved;  // of the common queries
};

std::vector<UnionStep> GreedyOrder(std::vector<Member> members, std::int64_t queries) {
  std::vector<UnionStep> order;
  std::int64_t covered = 0;
  while (!members.empty()) {
    const auto best = std::max_element(
        members.begin(), members.end(),
        [](const Member& a, const Member& b) { return a.solved.Count() < b.solved.Count(); });
    const QuerySet gained = best->solved;
    covered += gained.Count();
    order.push_back(
        {.member = best->model,
         .coverage_after = static_cast<double>(covered) / static_cast<double>(queries)});
    members.erase(best);
    for (Member& member : members) {
      member.solved -= gained;
    }
  }
  return order;
}

void FillFromMembers(std::vector<Member> members, std::int64_t queries, UnionCoverage& result) {
  QuerySet once(members.front().solved.size());
  QuerySet twice(once.size());
  for (const Member& member : members) {
    twice |= once & member.solved;
    once |= member.solved;
  }
  result.coverage = Wilson(static_cast<double>(once.Count()), static_cast<double>(queries));
  result.solved_by_at_least_2 = static_cast<double>(twice.Count()) / static_cast<double>(queries);
  result.order = GreedyOrder(std::move(members), queries);
}

}  // namespace

PairOutcomes OutcomesOf(const UnitColumns& columns) {
  const auto n = static_cast<std::size_t>(columns.queries);
  PairOutcomes outcomes{.decided = QuerySet(n), .solved = QuerySet(n)};
  for (std::size_t position = 0; position < n; ++position) {
    std::int64_t decided = 0;
    std::int64_t correct = 0;
    for (std::size_t unit = position; unit < columns.units(); unit += n) {
      decided += columns.IsDecided(unit) ? 1 : 0;
      correct += columns.outcome[unit] == Outcome::kCorrect ? 1 : 0;
    }
    if (decided > 0) {
      outcomes.decided.Insert(position);
    }
    if (correct * 2 > decided) {
      outcomes.solved.Insert(position);
    }
  }
  return outcomes;
}

std::optional<double> ChanceFloor(const QuerySet& queries,
                                  std::span<const std::int32_t> options_of_position,
                                  std::size_t guessers) {
  double sum = 0;
  std::int64_t count = 0;
  bool has_options = false;
  for (std::size_t position = 0; position < queries.size(); ++position) {
    if (!queries.Contains(position)) {
      continue;
    }
    ++count;
    if (const std::int32_t options = options_of_position[position]; options > 0) {
      has_options = true;
      sum += 1 - std::pow(1 - 1.0 / options, static_cast<double>(guessers));
    }
  }
  return has_options ? std::optional<double>(sum / static_cast<double>(count)) : std::nullopt;
}

UnionCoverage CoverTogether(std::span<const UnionCandidate> candidates,
                            std::span<const std::int32_t> options_of_position) {
  UnionCoverage result;
  const std::size_t n = options_of_position.size();
  QuerySet common = QuerySet::All(n);
  QuerySet solved_by_any(n);
  std::vector<Member> members;
  for (const UnionCandidate& candidate : candidates) {
    const PairOutcomes& outcomes = *candidate.outcomes;
    if (static_cast<double>(outcomes.decided.Count()) < kDecidedShareMin * static_cast<double>(n)) {
      result.left_out.push_back(candidate.model);
      continue;
    }
    result.members.push_back(candidate.model);
    members.push_back({.model = candidate.model, .solved = outcomes.solved});
    common &= outcomes.decided;
    solved_by_any |= outcomes.solved;
  }
  if (members.empty() || n == 0) {
    return result;
  }
  result.lower_bound = static_cast<double>(solved_by_any.Count()) / static_cast<double>(n);
  result.queries = common.Count();
  if (result.queries == 0) {
    return result;
  }
  result.chance_floor = ChanceFloor(common, options_of_position, members.size());
  for (Member& member : members) {
    member.solved &= common;
  }
  FillFromMembers(std::move(members), result.queries, result);
  return result;
}

}  // namespace wattfleet::coordinator
