#include "coordinator/report/report_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

namespace {

std::string Heading(const Report& report) {
  return absl::StrFormat("sweep %s: %s%s", report.sweep_name, report.state,
                         report.provisional ? " (provisional)" : "");
}

std::string WorkloadLine(const Report& report) {
  const std::string& by = report.quality.verdicts_by;
  return absl::StrFormat(
      "workload %s, %d queries of %s%s", report.workload_name, report.queries,
      report.datasets.empty() ? "no dataset" : absl::StrJoin(report.datasets, ", "),
      by.empty() ? "" : "; verdicts of " + by + ", not those in force");
}

TextTable AnswersTable(const Report& report) {
  const bool has_macro = report.datasets.size() > 1;
  TextTable table{.title = "Answers", .columns = NamingColumns(), .rows = {}};
  table.columns.push_back({.title = "done"});
  table.columns.push_back({.title = "accuracy [95 %]"});
  if (has_macro) {
    table.columns.push_back({.title = "macro"});
  }
  table.columns.push_back({.title = "coverage"});
  table.columns.push_back({.title = "tok/s"});
  table.columns.push_back({.title = "p50 s"});
  for (const ReportedPair& pair : report.pairs) {
    std::vector<std::string> cells = NamingCells(pair);
    cells.push_back(absl::StrCat(pair.progress.completed, "/", pair.queries));
    cells.push_back(WithInterval(pair.outcomes.Accuracy()));
    if (has_macro) {
      cells.push_back(ThreeDecimals(pair.macro_accuracy));
    }
    cells.push_back(ThreeDecimals(pair.outcomes.CoverageIfPendingWrong()));
    cells.push_back(ThreeDigits(pair.tokens.output_per_second));
    cells.push_back(ThreeDigits(pair.latency.p50));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

TextList JudgeList(const Report& report) {
  TextList list{.title = "judges", .items = {}};
  for (const ReportedJudge& judge : report.quality.judges) {
    std::string line =
        absl::StrFormat("%s: %s, %d answers judged, %d pending; %d replies", judge.pair,
                        judge.grader, judge.judged, judge.pending, judge.tokens.results);
    for (const auto& [reason, replies] : judge.without_verdict) {
      absl::StrAppendFormat(&line, ", %d without a verdict (%s)", replies, reason);
    }
    if (judge.both_orders > 0) {
      absl::StrAppendFormat(&line, "; %d of %d differ when the answers are swapped", judge.flipped,
                            judge.both_orders);
    }
    if (judge.twice > 0) {
      absl::StrAppendFormat(&line, "; %d of %d judged twice came out the same", judge.twice_agree,
                            judge.twice);
    }
    absl::StrAppendFormat(&line, "; %d tokens in, %d out", judge.tokens.input, judge.tokens.output);
    if (judge.cost_usd) {
      absl::StrAppendFormat(&line, ", %.4f USD", *judge.cost_usd);
    }
    if (judge.joules) {
      absl::StrAppendFormat(&line, ", %.4g J", *judge.joules);
    }
    if (!judge.reason.empty()) {
      absl::StrAppendFormat(&line, "; %s: %s", absl::AsciiStrToUpper(judge.state), judge.reason);
    }
    list.items.push_back(std::move(line));
  }
  return list;
}

TextList GapList(const Report& report) {
  TextList list{.title = "gaps", .items = {}};
  for (const ReportedPair& pair : report.pairs) {
    for (const Gap& gap : pair.gaps) {
      list.items.push_back(
          absl::StrFormat("%s: %d %s (%s)", pair.id, gap.results, gap.kind, gap.reason));
    }
  }
  return list;
}

TextList PendingList(const Report& report) {
  TextList list{.title = "pending", .items = {}};
  for (const ReportedPair& pair : report.pairs) {
    if (pair.outcomes.pending() > 0) {
      list.items.push_back(
          absl::StrFormat("%s: %g of %d queries pending: coverage between %s and %s", pair.id,
                          pair.outcomes.pending(), pair.queries,
                          ThreeDecimals(pair.outcomes.CoverageIfPendingWrong()),
                          ThreeDecimals(pair.outcomes.CoverageIfPendingRight())));
    }
  }
  return list;
}

// What is said at length in HTML, JSON and by `wattfleet route`.
TextList StudyList(const Report& report) {
  TextList list{.title = "across models", .items = {}};
  if (report.weights) {
    std::vector<std::string> pairs;
    for (const ReportedPair& pair : report.pairs) {
      if (pair.weighted_coverage) {
        pairs.push_back(absl::StrCat(pair.id, " ", WithInterval(pair.weighted_coverage)));
      }
    }
    list.items.push_back(absl::StrCat("coverage weighted by ", report.weights->source, ": ",
                                      absl::StrJoin(pairs, ", ")));
  }
  if (report.difficulty && report.difficulty->queries > 0) {
    std::vector<std::string> levels;
    for (const DifficultyLevel& level : report.difficulty->levels) {
      if (level.models > 0 || level.name == "unsolved") {
        levels.push_back(absl::StrCat(level.name, " ", level.queries));
      }
    }
    list.items.push_back(
        absl::StrFormat("of %d queries by the size of the smallest model that answers them: %s",
                        report.difficulty->queries, absl::StrJoin(levels, ", ")));
  }
  if (report.trend && report.trend->points.size() > 1) {
    const TrendPoint& first = report.trend->points.front();
    const TrendPoint& last = report.trend->points.back();
    list.items.push_back(absl::StrFormat(
        "models released by %s: best %.3f, together %.3f; by %s: best %.3f, together %.3f",
        first.released, first.best_single, first.union_so_far, last.released, last.best_single,
        last.union_so_far));
  }
  if (report.routing && !report.routing->points.empty()) {
    const Routing& routing = *report.routing;
    list.items.push_back(absl::StrFormat(
        "of %d queries an oracle sends %.1f %% to local pairs, else to %s: accuracy %.3f instead "
        "of %.3f",
        routing.queries, 100 * routing.local_share, routing.baseline,
        routing.points.front().accuracy, routing.baseline_accuracy));
  }
  return list;
}

TextList MismatchList(const Report& report) {
  TextList list{.title = "attention", .items = {}};
  for (const Mismatch& mismatch : report.quality.mismatches) {
    list.items.push_back(absl::StrCat(mismatch.kind, ": ", mismatch.text));
  }
  return list;
}

TextTable UnionTable(const Report& report) {
  TextTable table{.title = "Union coverage: queries that at least one model answers correctly",
                  .columns = {{.title = "union", .names_row = true},
                              {.title = "models"},
                              {.title = "queries"},
                              {.title = "coverage [95 %]"},
                              {.title = "of all, at least"},
                              {.title = "chance floor"},
                              {.title = "solved by >= 2"}},
                  .rows = {}};
  for (const ReportedUnion& reported : report.unions) {
    const UnionCoverage& result = reported.result;
    table.rows.push_back({reported.name, absl::StrCat(result.members.size()),
                          absl::StrCat(result.queries), WithInterval(result.coverage),
                          ThreeDecimals(result.lower_bound), ThreeDecimals(result.chance_floor),
                          ThreeDecimals(result.solved_by_at_least_2)});
  }
  return table;
}

std::string OrderOf(const UnionCoverage& result) {
  std::vector<std::string> steps;
  double before = 0;
  for (const UnionStep& step : result.order) {
    steps.push_back(absl::StrFormat("%s +%.3f", step.member, step.coverage_after - before));
    before = step.coverage_after;
  }
  return absl::StrJoin(steps, ", ");
}

TextList UnionOrders(const Report& report) {
  TextList list{.title = "unions, the model that adds most first", .items = {}};
  for (const ReportedUnion& reported : report.unions) {
    const UnionCoverage& result = reported.result;
    if (!result.order.empty()) {
      list.items.push_back(absl::StrCat(reported.name, ": ", OrderOf(result)));
    }
    if (!result.left_out.empty()) {
      list.items.push_back(absl::StrFormat("%s: left out, under %.0f %% decided: %s", reported.name,
                                           100 * kDecidedShareMin,
                                           absl::StrJoin(result.left_out, ", ")));
    }
  }
  return list;
}

std::string SignedInterval(const Estimate& difference) {
  return absl::StrFormat("%+.3f [%+.3f, %+.3f]", difference.value, difference.low.value_or(0),
                         difference.high.value_or(0));
}

TextList ComparisonList(const Report& report) {
  TextList list{.title = "one model on two pairs", .items = {}};
  for (const ReportedComparison& comparison : report.comparisons) {
    if (!comparison.accuracy_difference) {
      continue;
    }
    std::string item =
        absl::StrFormat("%s against %s (%s): accuracy %s, p %.2g (Holm %.2g)", comparison.numerator,
                        comparison.denominator, MatchName(comparison.match),
                        SignedInterval(*comparison.accuracy_difference),
                        comparison.p_mcnemar.value_or(1), comparison.p_holm.value_or(1));
    if (comparison.ipw_ratio) {
      absl::StrAppend(&item, ", IPW x", ThreeDigits(comparison.ipw_ratio->value));
    }
    if (comparison.ipj_ratio) {
      absl::StrAppend(&item, ", IPJ x", ThreeDigits(comparison.ipj_ratio->value));
    }
    list.items.push_back(std::move(item));
  }
  return list;
}

void AddIfAny(TextList list, std::vector<TextBlock>& blocks) {
  if (!list.items.empty()) {
    blocks.emplace_back(std::move(list));
  }
}
void AddIfAny(TextTable table, std::vector<TextBlock>& blocks) {
  if (!table.rows.empty()) {
    blocks.emplace_back(std::move(table));
  }
}

constexpr const char* kLegend =
    "accuracy: of decided queries; coverage: of all queries; J/correct: joules per correct "
    "answer; IPW: accuracy per watt; tok/s: output tokens of one instance. Averages are over "
    "queries (micro).";

}  // namespace

std::string ThreeDigits(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) {
    return std::string(kNoValue);
  }
  const double size = std::abs(*value);
  if (size != 0 && (size < 1e-4 || size >= 1e9)) {
    return absl::StrFormat("%.2e", *value);
  }
  const int decimals =
      size == 0 ? 0 : std::clamp(2 - static_cast<int>(std::floor(std::log10(size))), 0, 6);
  return absl::StrFormat("%.*f", decimals, *value);
}

std::string ThreeDecimals(std::optional<double> value) {
  return value ? absl::StrFormat("%.3f", *value) : std::string(kNoValue);
}

std::string WithInterval(const std::optional<Estimate>& estimate) {
  if (!estimate) {
    return std::string(kNoValue);
  }
  if (!estimate->low || !estimate->high) {
    return ThreeDecimals(estimate->value);
  }
  return absl::StrFormat("%.3f [%.3f, %.3f]", estimate->value, *estimate->low, *estimate->high);
}

std::string WithRange(const std::optional<Estimate>& estimate) {
  if (!estimate) {
    return std::string(kNoValue);
  }
  std::string text = ThreeDigits(estimate->value);
  if (estimate->low && estimate->high) {
    absl::StrAppend(&text, " [", ThreeDigits(estimate->low), ", ", ThreeDigits(estimate->high),
                    "]");
  }
  return text;
}

std::vector<TextTable::Column> NamingColumns() {
  return {{.title = "model", .names_row = true},
          {.title = "build", .names_row = true},
          {.title = "accelerator", .names_row = true},
          {.title = "condition", .names_row = true}};
}

std::vector<std::string> NamingCells(const ReportedPair& pair) {
  const std::string& quantization = pair.build.quantization;
  return {
      pair.model,
      quantization.empty() ? pair.build.engine : absl::StrCat(pair.build.engine, "-", quantization),
      pair.accelerator, pair.condition};
}

std::vector<TextBlock> DescribeReport(const Report& report) {
  std::vector<TextBlock> blocks;
  blocks.emplace_back(TextHeading{Heading(report)});
  blocks.emplace_back(TextParagraph{WorkloadLine(report)});
  if (!report.reason.empty()) {
    blocks.emplace_back(TextParagraph{report.reason});
  }
  if (report.provisional) {
    blocks.emplace_back(TextParagraph{"provisional: figures change until the sweep is complete"});
  }
  if (report.pairs.empty()) {
    blocks.emplace_back(TextParagraph{"no pair yet"});
    return blocks;
  }
  AddIfAny(MismatchList(report), blocks);
  AddIfAny(AnswersTable(report), blocks);
  for (TextBlock& block : DescribeEnergy(report)) {
    blocks.push_back(std::move(block));
  }
  AddIfAny(UnionTable(report), blocks);
  AddIfAny(UnionOrders(report), blocks);
  AddIfAny(StudyList(report), blocks);
  AddIfAny(ComparisonList(report), blocks);
  AddIfAny(JudgeList(report), blocks);
  AddIfAny(GapList(report), blocks);
  AddIfAny(PendingList(report), blocks);
  blocks.emplace_back(TextParagraph{kLegend});
  return blocks;
}

}  // namespace wattfleet::coordinator
