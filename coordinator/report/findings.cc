#include "coordinator/report/findings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/report/names.h"
#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

namespace {

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

std::string PercentInterval(const Estimate& estimate) {
  std::string text = Percent(estimate.value);
  if (estimate.low && estimate.high) {
    absl::StrAppend(&text,
                    absl::StrFormat(" [%.1f, %.1f]", 100 * *estimate.low, 100 * *estimate.high));
  }
  return text;
}

std::string Points(double difference) {
  return absl::StrFormat("%.1f points", 100 * difference);
}

// The shortest of model, accelerator, build and condition that no other pair shares.
std::string NameOf(const Report& report, const ReportedPair& pair) {
  const auto prefix = [](const ReportedPair& of, std::size_t parts) {
    const std::vector<std::string> all = {
        of.model, " on " + of.accelerator,
        absl::StrCat(" (", of.build.engine, of.build.quantization.empty() ? "" : "-",
                     of.build.quantization, ")"),
        " " + of.condition};
    return absl::StrJoin(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(parts), "");
  };
  for (std::size_t parts = 1; parts <= 4; ++parts) {
    const std::string name = prefix(pair, parts);
    if (std::count_if(report.pairs.begin(), report.pairs.end(),
                      [&](const auto& other) { return prefix(other, parts) == name; }) == 1) {
      return name;
    }
  }
  return pair.id;
}

std::string NameOf(const Report& report, const std::string& id) {
  const auto pair = std::find_if(report.pairs.begin(), report.pairs.end(),
                                 [&](const auto& candidate) { return candidate.id == id; });
  return pair == report.pairs.end() ? id : NameOf(report, *pair);
}

double CoverageOf(const ReportedPair& pair) {
  return pair.outcomes.CoverageIfPendingWrong().value_or(0);
}

bool IsAnyDecided(const ReportedPair& pair) {
  return pair.outcomes.pending() < static_cast<double>(pair.outcomes.queries());
}

template <typename IsWanted>
const ReportedPair* BestCovering(const Report& report, const IsWanted& is_wanted) {
  const ReportedPair* best = nullptr;
  for (const ReportedPair& pair : report.pairs) {
    if (IsAnyDecided(pair) && is_wanted(pair) &&
        (best == nullptr || CoverageOf(pair) > CoverageOf(*best))) {
      best = &pair;
    }
  }
  return best;
}

void AddCoverage(const Report& report, std::vector<std::string>& findings) {
  const ReportedPair* best = BestCovering(report, [](const auto&) { return true; });
  if (best == nullptr) {
    return;
  }
  findings.push_back(absl::StrFormat(
      "%s (%s) answers the most: %s of %d queries%s.", NameOf(report, *best), best->location,
      PercentInterval(best->outcomes.Coverage().value_or(Estimate{})), best->queries,
      report.provisional ? " so far, what is pending counted as not answered" : ""));
  const std::string other = best->location == "cloud" ? "local" : "cloud";
  const ReportedPair* second =
      BestCovering(report, [&](const auto& pair) { return pair.location == other; });
  if (second != nullptr) {
    findings.push_back(absl::StrFormat(
        "The best %s pair, %s, answers %s, which is %s fewer.", other, NameOf(report, *second),
        PercentInterval(second->outcomes.Coverage().value_or(Estimate{})),
        Points(CoverageOf(*best) - CoverageOf(*second))));
  }
}

std::string MembersText(const ReportedUnion& reported) {
  const std::size_t models = reported.result.members.size();
  if (reported.name == "best-of-all") {
    return absl::StrFormat("all %d models", models);
  }
  if (reported.name == "best-of-local" || reported.name == "best-of-cloud") {
    return absl::StrFormat("the %d %s models", models, reported.name.substr(8));
  }
  return absl::StrFormat("the %d models of %s", models, reported.name);
}

void AddUnions(const Report& report, std::vector<std::string>& findings) {
  std::set<std::vector<std::string>> told;
  for (const ReportedUnion& reported : report.unions) {
    const UnionCoverage& result = reported.result;
    if (result.members.size() < 2 || !result.coverage || result.order.empty() ||
        !told.insert(result.members).second) {
      continue;
    }
    std::string text =
        absl::StrFormat("Together, %s answer %s, %s more than the best of them alone",
                        MembersText(reported), PercentInterval(*result.coverage),
                        Points(result.coverage->value - result.order.front().coverage_after));
    if (result.chance_floor) {
      absl::StrAppend(&text, "; as many uniform guessers would reach ",
                      Percent(*result.chance_floor));
    }
    findings.push_back(text + ".");
  }
}

// Pairs that may be ranked by energy, by what they share.
using Ranking = std::map<std::string, std::vector<const ReportedPair*>>;

Ranking RankablePairs(const Report& report) {
  Ranking ranking;
  for (const ReportedPair& pair : report.pairs) {
    if (pair.energy.figures.ipw) {
      ranking[absl::StrCat("class ", pair.energy.energy_class, ", ", pair.condition)].push_back(
          &pair);
    }
  }
  return ranking;
}

void AddEnergy(const Report& report, std::vector<std::string>& findings) {
  for (auto& [shared, pairs] : RankablePairs(report)) {
    const auto [worst, best] =
        std::minmax_element(pairs.begin(), pairs.end(), [](const auto* a, const auto* b) {
          return *a->energy.figures.ipw < *b->energy.figures.ipw;
        });
    std::string text =
        absl::StrFormat("Most intelligence per watt (%s): %s with %s per watt", shared,
                        NameOf(report, **best), WithRange((*best)->energy.estimates.ipw));
    if (pairs.size() > 1 && *(*worst)->energy.figures.ipw > 0) {
      absl::StrAppend(&text, absl::StrFormat(", %s times %s",
                                             ThreeDigits(*(*best)->energy.figures.ipw /
                                                         *(*worst)->energy.figures.ipw),
                                             NameOf(report, **worst)));
    }
    findings.push_back(text + ".");
    const auto frugal =
        std::min_element(pairs.begin(), pairs.end(), [](const auto* a, const auto* b) {
          constexpr double kNever = 1e300;
          return a->energy.figures.joules_per_correct.value_or(kNever) <
                 b->energy.figures.joules_per_correct.value_or(kNever);
        });
    if ((*frugal)->energy.estimates.joules_per_correct) {
      findings.push_back(absl::StrFormat(
          "Least energy for a correct answer (%s): %s with %s J.", shared, NameOf(report, **frugal),
          WithRange((*frugal)->energy.estimates.joules_per_correct)));
    }
  }
}

void AddComparisons(const Report& report, std::vector<std::string>& findings) {
  for (const ReportedComparison& comparison : report.comparisons) {
    if (!comparison.ipw_ratio) {
      continue;
    }
    std::string text =
        absl::StrFormat("%s has %s times the intelligence per watt of %s (%s)",
                        NameOf(report, comparison.numerator), WithRange(comparison.ipw_ratio),
                        NameOf(report, comparison.denominator), MatchName(comparison.match));
    if (comparison.accuracy_difference) {
      absl::StrAppend(&text, absl::StrFormat("; its accuracy is %+.1f points",
                                             100 * comparison.accuracy_difference->value));
    }
    findings.push_back(text + ".");
  }
}

void AddRouting(const Report& report, std::vector<std::string>& findings) {
  if (!report.routing || report.routing->points.empty()) {
    return;
  }
  const Routing& routing = *report.routing;
  const RoutingPoint& oracle = routing.points.front();
  std::vector<std::string> saved;
  const auto add = [&](const char* what, std::optional<double> share) {
    if (share) {
      saved.push_back(absl::StrFormat("%s of the %s", Percent(*share), what));
    }
  };
  add("energy", oracle.energy_saved);
  add("cost", oracle.cost_saved);
  add("compute", oracle.compute_saved);
  findings.push_back(absl::StrFormat(
      "A perfect router could send %s of the queries to local pairs instead of %s%s.",
      Percent(routing.local_share), NameOf(report, routing.baseline),
      saved.empty() ? "" : absl::StrCat(" and save ", absl::StrJoin(saved, ", "))));
}

void AddTrend(const Report& report, std::vector<std::string>& findings) {
  if (!report.trend || report.trend->points.size() < 2) {
    return;
  }
  const TrendPoint& first = report.trend->points.front();
  const TrendPoint& last = report.trend->points.back();
  findings.push_back(absl::StrFormat(
      "From models released by %s to those by %s, the best single coverage went from %s to %s, "
      "that of all together to %s.",
      first.released, last.released, Percent(first.best_single), Percent(last.best_single),
      Percent(last.union_so_far)));
}

// Gaps of one kind, reason and size stand once, with all their pairs.
void AddGaps(const Report& report, std::vector<std::string>& attention) {
  std::vector<std::pair<std::string, std::vector<std::string>>> pairs_of;
  const auto add = [&](std::string text, const ReportedPair& pair) {
    auto at = std::find_if(pairs_of.begin(), pairs_of.end(),
                           [&](const auto& entry) { return entry.first == text; });
    if (at == pairs_of.end()) {
      at = pairs_of.insert(at, {std::move(text), {}});
    }
    at->second.push_back(NameOf(report, pair));
  };
  for (const ReportedPair& pair : report.pairs) {
    for (const Gap& gap : pair.gaps) {
      add(absl::StrFormat("%d of %d results %s (%s)", gap.results, pair.queries * pair.repetitions,
                          gap.kind, gap.reason),
          pair);
    }
    const double ungraded = pair.outcomes.pending() - static_cast<double>(pair.progress.open) -
                            static_cast<double>(pair.progress.failed) -
                            static_cast<double>(pair.progress.quarantined);
    if (ungraded >= 1) {
      add(absl::StrFormat("%g queries are answered and not graded yet", ungraded), pair);
    }
  }
  for (const auto& [text, pairs] : pairs_of) {
    attention.push_back(absl::StrCat(absl::StrJoin(pairs, ", "), ": ", text, "."));
  }
}

}  // namespace

std::vector<std::string> FindingsOf(const Report& report) {
  std::vector<std::string> findings;
  AddCoverage(report, findings);
  AddUnions(report, findings);
  AddEnergy(report, findings);
  AddComparisons(report, findings);
  AddRouting(report, findings);
  AddTrend(report, findings);
  return findings;
}

std::vector<std::string> AttentionOf(const Report& report) {
  std::vector<std::string> attention;
  if (report.pairs.empty()) {
    attention.emplace_back("The sweep has no pair yet.");
  }
  if (report.provisional) {
    attention.push_back(absl::StrFormat(
        "The sweep is %s: every figure is provisional until it is complete.", report.state));
  }
  if (!report.reason.empty()) {
    attention.push_back(report.reason);
  }
  for (const Mismatch& mismatch : report.quality.mismatches) {
    attention.push_back(absl::StrCat(mismatch.kind, ": ", mismatch.text));
  }
  AddGaps(report, attention);
  for (std::string& sentence : EnergyCautions(report)) {
    attention.push_back(std::move(sentence));
  }
  for (const ReportedUnion& reported : report.unions) {
    if (!reported.result.left_out.empty()) {
      attention.push_back(absl::StrFormat("%s leaves out what is under %.0f %% decided: %s.",
                                          reported.name, 100 * kDecidedShareMin,
                                          absl::StrJoin(reported.result.left_out, ", ")));
    }
  }
  return attention;
}

}  // namespace wattfleet::coordinator
