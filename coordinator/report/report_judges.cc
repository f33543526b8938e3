#include "coordinator/report/report_judges.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/status/status_macros.h"
#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;

// The judgements of one pair by what they judge; those with a verdict.
struct Judgements {
  std::map<std::pair<Unit, std::int64_t>, VerdictValue> by_order;  // (answer, order)
  std::map<Unit, VerdictValue> again;
};

absl::StatusOr<Judgements> ReadJudgements(SweepView& view, PairId pair, const JudgeTask& task,
                                          ReportedJudge& judge) {
  const JudgeUnits units(task);
  Judgements judgements;
  WF_RETURN_IF_ERROR(
      view.ForEachVerdict(pair, task.grader, task.grader_version, [&](const VerdictRow& row) {
        if (row.value == VerdictValue::kNoAnswer) {
          ++judge.without_verdict[row.reason];
          return absl::OkStatus();
        }
        const JudgementAddress at = units.AddressOf(row.unit);
        if (at.again) {
          judgements.again[at.answer] = row.value;
        } else {
          judgements.by_order[{at.answer, at.order}] = row.value;
        }
        return absl::OkStatus();
      }));
  return judgements;
}

void CountAgreement(const Judgements& judgements, ReportedJudge& judge) {
  for (const auto& [answer, value] : judgements.again) {
    if (const auto first = judgements.by_order.find({answer, 0});
        first != judgements.by_order.end()) {
      ++judge.twice;
      judge.twice_agree += first->second == value ? 1 : 0;
    }
  }
  for (const auto& [key, value] : judgements.by_order) {
    if (key.second != 0) {
      continue;
    }
    if (const auto swapped = judgements.by_order.find({key.first, 1});
        swapped != judgements.by_order.end()) {
      ++judge.both_orders;
      judge.flipped += swapped->second != value ? 1 : 0;
    }
  }
}

// The answers' verdicts in force, and how often those of each quarter by length are "correct".
absl::Status ReadAnswers(SweepView& view, const JudgeTask& task, ReportedJudge& judge) {
  std::vector<std::pair<std::int64_t, bool>> lengths;  // output tokens, correct
  WF_RETURN_IF_ERROR(view.ForEachResult(task.subject, [&](const ResultRow& row) {
    if (row.status == ResultStatus::kFailed) {
      return absl::OkStatus();
    }
    if (!row.verdict) {
      ++judge.pending;
    } else if (*row.verdict != VerdictValue::kNoAnswer) {
      ++judge.judged;
      if (row.output_tokens) {
        lengths.emplace_back(*row.output_tokens, *row.verdict == VerdictValue::kCorrect);
      }
    }
    return absl::OkStatus();
  }));
  constexpr std::size_t kQuarters = 4;
  if (lengths.size() < kQuarters) {
    return absl::OkStatus();
  }
  std::stable_sort(lengths.begin(), lengths.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t quarter = 0; quarter < kQuarters; ++quarter) {
    const std::size_t begin = quarter * lengths.size() / kQuarters;
    const std::size_t end = (quarter + 1) * lengths.size() / kQuarters;
    std::size_t wins = 0;
    for (std::size_t i = begin; i < end; ++i) {
      wins += lengths[i].second ? 1 : 0;
    }
    judge.win_rate_by_length.push_back(static_cast<double>(wins) /
                                       static_cast<double>(end - begin));
  }
  return absl::OkStatus();
}

// Absent where there is no price, or a reply without token counts: an unknown price is never 0.
std::optional<double> CostOf(const TokenSums& tokens, const std::optional<Price>& price) {
  if (!price || tokens.uncounted > 0) {
    return std::nullopt;
  }
  return CostUsd(*price, tokens.counts());
}

std::optional<double> JoulesOf(const PairRows& rows, PairId pair,
                               const std::vector<LedgerRow>& ledger) {
  std::optional<double> joules;
  for (const LedgerRow& row : ledger) {
    if (row.pair == pair && rows.choice.channels.contains(row.channel_id)) {
      joules =
          joules.value_or(0) + static_cast<double>(row.entry.attributed) * kJoulesPerMicrojoule;
    }
  }
  return joules;
}

// Whether another judge judges what this judge pair was to judge.
bool IsTakenOver(const PairSnapshot& judge, const std::vector<PairSnapshot>& pairs) {
  return judge.state == PairState::kCancelled &&
         std::any_of(pairs.begin(), pairs.end(), [&](const PairSnapshot& other) {
           return other.judge && other.judge->subject == judge.judge->subject &&
                  judge.spec.id < other.spec.id;
         });
}

}  // namespace

absl::StatusOr<std::vector<ReportedJudge>> ReportJudges(SweepView& view, const PairReader& reader,
                                                        const std::vector<LedgerRow>& ledger) {
  std::vector<ReportedJudge> judges;
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, view.Pairs());
  for (const PairSnapshot& pair : pairs) {
    if (!pair.judge) {
      continue;
    }
    const JudgeTask& task = *pair.judge;
    ReportedJudge judge{.pair = task.subject_name, .grader = task.grader};
    judge.judge = task.grader.substr(std::min(task.grader.find('/') + 1, task.grader.size()));
    judge.state = PairStateName(pair.state);
    judge.reason = pair.reason;
    judge.tokens = pair.tokens;
    judge.cost_usd = CostOf(pair.tokens, pair.spec.price);
    WF_ASSIGN_OR_RETURN(const Judgements judgements,
                        ReadJudgements(view, pair.spec.id, task, judge));
    CountAgreement(judgements, judge);
    judge.is_taken_over = IsTakenOver(pair, pairs);
    if (!judge.is_taken_over) {
      WF_RETURN_IF_ERROR(ReadAnswers(view, task, judge));
    }
    WF_ASSIGN_OR_RETURN(const PairRows rows, reader.ReadClass(pair));
    judge.joules = JoulesOf(rows, pair.spec.id, ledger);
    judges.push_back(std::move(judge));
  }
  return judges;
}

std::vector<Mismatch> FindMixedJudges(const std::vector<ReportedJudge>& judges) {
  std::map<std::string, std::vector<std::string>> pairs_of;
  for (const ReportedJudge& judge : judges) {
    if (judge.judged > 0) {
      pairs_of[judge.judge].push_back(judge.pair);
    }
  }
  if (pairs_of.size() < 2) {
    return {};
  }
  Mismatch mismatch{.kind = "MIXED_JUDGES", .pairs = {}, .text = ""};
  std::vector<std::string> shares;
  for (const auto& [judge, pairs] : pairs_of) {
    mismatch.pairs.insert(mismatch.pairs.end(), pairs.begin(), pairs.end());
    shares.push_back(absl::StrCat(judge, " judged ", absl::StrJoin(pairs, ", ")));
  }
  mismatch.text = absl::StrCat(absl::StrJoin(shares, "; "),
                               ": what one judge calls correct another may not, so compare "
                               "accuracy and coverage only among pairs of one judge");
  return {std::move(mismatch)};
}

std::string FamilyOf(std::string_view model) {
  const std::size_t slash = model.rfind('/');
  std::string family;
  for (const char c : model.substr(slash == std::string_view::npos ? 0 : slash + 1)) {
    if (!absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      break;
    }
    family += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return family;
}

std::vector<Mismatch> FindSameFamily(const std::vector<ReportedJudge>& judges) {
  std::vector<Mismatch> mismatches;
  for (const ReportedJudge& judge : judges) {
    const std::string model = judge.pair.substr(0, judge.pair.find('/'));
    const std::string family = FamilyOf(model);
    if (!judge.is_taken_over && !family.empty() && family == FamilyOf(judge.judge)) {
      mismatches.push_back(
          {.kind = "SAME_FAMILY",
           .pairs = {judge.pair},
           .text = absl::StrFormat("%s is judged by %s of its own family (%s), which tends to "
                                   "favour it",
                                   model, judge.judge, family)});
    }
  }
  return mismatches;
}

}  // namespace wattfleet::coordinator
