#include "coordinator/audit/compare_graders.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "common/wire/body.h"

namespace wattfleet::coordinator {

namespace {

struct Graded {
  PairId pair;
  Unit unit = 0;
  std::int64_t q = 0;
  VerdictValue verdict = VerdictValue::kWrong;
};

absl::StatusOr<std::vector<Graded>> GradedResults(SweepView& view, PairId pair) {
  std::vector<Graded> graded;
  WF_RETURN_IF_ERROR(view.ForEachResult(pair, [&](const ResultRow& row) {
    if (row.verdict) {
      graded.push_back({.pair = pair, .unit = row.unit, .q = row.q, .verdict = *row.verdict});
    }
    return absl::OkStatus();
  }));
  return graded;
}

void Count(GraderComparison& comparison, VerdictValue stored, VerdictValue other) {
  const bool one = stored == VerdictValue::kCorrect;
  const bool two = other == VerdictValue::kCorrect;
  ++(one && two ? comparison.both
     : one      ? comparison.only_stored
     : two      ? comparison.only_other
                : comparison.neither);
  comparison.no_answer_stored += stored == VerdictValue::kNoAnswer ? 1 : 0;
  comparison.no_answer_other += other == VerdictValue::kNoAnswer ? 1 : 0;
}

absl::Status CompareOne(SweepView& view, const Workload& workload, const Grader& grader,
                        const Graded& graded, GraderComparison& comparison, std::size_t samples) {
  const absl::StatusOr<std::string> packed = view.Body(graded.pair, graded.unit);
  if (absl::IsNotFound(packed.status())) {
    ++comparison.without_text;
    return absl::OkStatus();
  }
  WF_RETURN_IF_ERROR(packed.status());
  WF_ASSIGN_OR_RETURN(const ResponseBody body, UnpackBody(*packed));
  WF_ASSIGN_OR_RETURN(const Query query, workload.Get(graded.q));
  Verdict other = grader.Grade(query, body.content);
  Count(comparison, graded.verdict, other.value);
  const bool agree =
      (graded.verdict == VerdictValue::kCorrect) == (other.value == VerdictValue::kCorrect);
  if (!agree && comparison.samples.size() < samples) {
    WF_ASSIGN_OR_RETURN(ResultDetail detail, view.Detail(graded.pair, graded.unit));
    comparison.samples.push_back({.query_id = query.id,
                                  .stored = detail.verdict.value_or(Verdict()),
                                  .other = std::move(other)});
  }
  return absl::OkStatus();
}

std::string Said(const Verdict& verdict) {
  constexpr std::string_view kNames[] = {"wrong", "correct", "no answer"};
  std::string said(kNames[static_cast<std::size_t>(verdict.value)]);
  if (!verdict.extracted.empty()) {
    said += absl::StrFormat(" \"%s\"", verdict.extracted);
  }
  if (!verdict.reason.empty()) {
    said += " (" + verdict.reason + ")";
  }
  return said;
}

double Share(std::int64_t part, std::int64_t all) {
  return all == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

std::optional<double> GraderComparison::Kappa() const {
  if (compared() == 0) {
    return std::nullopt;
  }
  const auto all = static_cast<double>(compared());
  const double agreed = static_cast<double>(both + neither) / all;
  const double one = static_cast<double>(both + only_stored) / all;
  const double two = static_cast<double>(both + only_other) / all;
  const double by_chance = one * two + (1 - one) * (1 - two);
  if (by_chance >= 1) {
    return std::nullopt;
  }
  return (agreed - by_chance) / (1 - by_chance);
}

absl::StatusOr<std::vector<GraderComparison>> CompareGraders(SweepView& view,
                                                             const Workload& workload,
                                                             const Grader& grader,
                                                             std::size_t samples) {
  std::vector<GraderComparison> comparisons;
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, AnswerPairs(view));
  for (const PairSnapshot& pair : pairs) {
    GraderComparison& comparison = comparisons.emplace_back();
    comparison.pair = PairName(pair.spec);
    WF_ASSIGN_OR_RETURN(const std::vector<Graded> graded, GradedResults(view, pair.spec.id));
    for (const Graded& one : graded) {
      WF_RETURN_IF_ERROR(CompareOne(view, workload, grader, one, comparison, samples));
    }
  }
  return comparisons;
}

std::string RenderGraderComparisons(const std::vector<GraderComparison>& comparisons,
                                    const Grader& grader) {
  std::string text = absl::StrFormat("Verdicts in force beside those of %s v%d on the same texts\n",
                                     std::string(grader.name()), grader.version());
  for (const GraderComparison& c : comparisons) {
    text += absl::StrFormat("\n%s\n", c.pair);
    if (c.compared() == 0) {
      text += "  no graded answer whose text is stored\n";
      continue;
    }
    const std::optional<double> kappa = c.Kappa();
    text += absl::StrFormat(
        "  %d answers: agree on %.2f %%, kappa %s; correct by both %d, in force only %d, by %s "
        "only %d, by neither %d\n",
        c.compared(), Share(c.both + c.neither, c.compared()),
        kappa ? absl::StrFormat("%.4f", *kappa) : "-", c.both, c.only_stored,
        std::string(grader.name()), c.only_other, c.neither);
    text += absl::StrFormat("  accuracy %.2f %% in force, %.2f %% by %s; no answer %d and %d\n",
                            Share(c.both + c.only_stored, c.compared()),
                            Share(c.both + c.only_other, c.compared()), std::string(grader.name()),
                            c.no_answer_stored, c.no_answer_other);
    if (c.without_text > 0) {
      text +=
          absl::StrFormat("  %d verdicts are on results without a stored text\n", c.without_text);
    }
    for (const Disagreement& sample : c.samples) {
      text += absl::StrFormat("  %s: in force %s; %s says %s\n", sample.query_id,
                              Said(sample.stored), std::string(grader.name()), Said(sample.other));
    }
  }
  return text;
}

}  // namespace wattfleet::coordinator
