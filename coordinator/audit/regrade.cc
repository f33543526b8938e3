#include "coordinator/audit/regrade.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "common/status/status_macros.h"
#include "coordinator/grading/grade_result.h"

namespace wattfleet::coordinator {

namespace {

struct Ungraded {
  Unit unit = 0;
  std::int64_t q = 0;
  ResultStatus status = ResultStatus::kCompleted;
  Failure failure = Failure::kNone;
};

void Count(VerdictValue value, RegradedPair& pair) {
  ++(value == VerdictValue::kCorrect ? pair.correct
     : value == VerdictValue::kWrong ? pair.wrong
                                     : pair.no_answer);
}

// Grades one pair after another and hands the verdicts on in batches.
class Regrader {
 public:
  Regrader(SweepView& view, const Workload& workload, const Grader* grader, const VerdictSink& sink)
      : view_(view), workload_(workload), grader_(grader), sink_(sink) {}

  absl::StatusOr<RegradedPair> Run(const PairSnapshot& snapshot) {
    RegradedPair pair{.pair = PairName(snapshot.spec)};
    std::vector<Ungraded> rows;
    WF_RETURN_IF_ERROR(view_.ForEachResult(snapshot.spec.id, [&](const ResultRow& row) {
      if (row.status != ResultStatus::kFailed) {
        rows.push_back(
            {.unit = row.unit, .q = row.q, .status = row.status, .failure = row.failure});
      }
      return absl::OkStatus();
    }));
    for (const Ungraded& row : rows) {
      WF_RETURN_IF_ERROR(Grade(snapshot.spec.id, row, pair));
    }
    WF_RETURN_IF_ERROR(HandOn());
    return pair;
  }

 private:
  absl::Status Grade(PairId id, const Ungraded& row, RegradedPair& pair) {
    WF_ASSIGN_OR_RETURN(const Query query, workload_.Get(row.q));
    const Grader* grader = grader_;
    if (grader == nullptr) {
      const absl::StatusOr<const Grader*> own = FindGrader(query.grader);
      if (!own.ok()) {
        ++pair.without_grader;
        return absl::OkStatus();
      }
      grader = *own;
    }
    absl::StatusOr<std::string> body = view_.Body(id, row.unit);
    if (absl::IsNotFound(body.status()) && ReasonWithoutAnswer(row.status, row.failure).empty()) {
      ++pair.without_text;
      return absl::OkStatus();
    }
    if (!body.ok() && !absl::IsNotFound(body.status())) {
      return body.status();
    }
    std::optional<Verdict> verdict =
        GradeResult(*grader, query, row.status, row.failure, body.ok() ? *body : std::string());
    if (!verdict) {
      return absl::OkStatus();
    }
    Count(verdict->value, pair);
    batch_.push_back({.pair = id, .unit = row.unit, .verdict = *std::move(verdict)});
    return batch_.size() < kVerdictsPerBatch ? absl::OkStatus() : HandOn();
  }

  absl::Status HandOn() {
    return batch_.empty() ? absl::OkStatus() : sink_(std::exchange(batch_, {}));
  }

  SweepView& view_;
  const Workload& workload_;
  const Grader* grader_;
  const VerdictSink& sink_;
  std::vector<AddedVerdict> batch_;
};

std::string NameOf(const Grader* grader) {
  return grader == nullptr
             ? "the queries' own graders"
             : absl::StrFormat("%s v%d", std::string(grader->name()), grader->version());
}

}  // namespace

absl::StatusOr<std::vector<RegradedPair>> Regrade(SweepView& view, const Workload& workload,
                                                  const Grader* grader, const VerdictSink& sink) {
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> snapshots, AnswerPairs(view));
  Regrader regrader(view, workload, grader, sink);
  std::vector<RegradedPair> pairs;
  for (const PairSnapshot& snapshot : snapshots) {
    WF_ASSIGN_OR_RETURN(RegradedPair pair, regrader.Run(snapshot));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::string RenderRegraded(const std::vector<RegradedPair>& pairs, const Grader* grader) {
  std::string text = absl::StrFormat("Verdicts of %s on the stored answers\n", NameOf(grader));
  for (const RegradedPair& pair : pairs) {
    text += absl::StrFormat("%s: %d verdicts; correct %d, wrong %d, no answer %d\n", pair.pair,
                            pair.verdicts(), pair.correct, pair.wrong, pair.no_answer);
    if (pair.without_text > 0) {
      text += absl::StrFormat("  no verdict on %d results: their text is not stored\n",
                              pair.without_text);
    }
    if (pair.without_grader > 0) {
      text += absl::StrFormat("  no verdict on %d results: their queries are for a judge\n",
                              pair.without_grader);
    }
  }
  return text;
}

std::string RenderRegradedJson(const std::vector<RegradedPair>& pairs, const Grader* grader) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const RegradedPair& pair : pairs) {
    rows.push_back({{"pair", pair.pair},
                    {"verdicts", pair.verdicts()},
                    {"correct", pair.correct},
                    {"wrong", pair.wrong},
                    {"no_answer", pair.no_answer},
                    {"without_text", pair.without_text},
                    {"without_grader", pair.without_grader}});
  }
  nlohmann::ordered_json json;
  if (grader != nullptr) {
    json["grader"] = grader->name();
    json["version"] = grader->version();
  }
  json["pairs"] = std::move(rows);
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace wattfleet::coordinator
