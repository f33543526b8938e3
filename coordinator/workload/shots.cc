#include "coordinator/workload/shots.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/csv_reader.h"
#include "coordinator/workload/row_reader.h"
#include "coordinator/workload/row_source.h"

namespace wattfleet::coordinator {
namespace {

// Without gsm8k's calculator marks.
std::string WithoutMarks(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t begin = text.find("<<");
    const std::size_t end = begin == std::string_view::npos ? begin : text.find(">>", begin);
    if (end == std::string_view::npos) {
      return plain.append(text);
    }
    plain.append(text.substr(0, begin));
    text.remove_prefix(end + 2);
  }
  return plain;
}

std::string AnswerSentence(const Query& query) {
  const std::string& answer = query.references.front();
  if (query.grader == "mcq" || query.grader == "mcq_first") {
    return absl::StrCat("The answer is (", answer, ").");
  }
  if (query.grader == "math") {
    return absl::StrCat("\\boxed{", answer, "}");
  }
  const bool is_free = query.grader == "judge" || query.grader == "pairwise";
  return is_free ? answer : absl::StrCat("The answer is ", answer, ".");
}

}  // namespace

absl::StatusOr<std::vector<Shot>> ReadShots(const ImportOptions& options, const std::string& path) {
  ImportOptions strict = options;
  strict.filters.clear();
  RowReader reader(strict);
  reader.SetFile(path);
  std::vector<Shot> shots;
  const auto visit = [&](const RowText& row) -> absl::Status {
    Shot shot;
    RowOutcome outcome{RowOutcome::Kind::kMalformed, row.malformed};
    if (row.malformed.empty()) {
      WF_ASSIGN_OR_RETURN(outcome, reader.Read(row.json, row.number, shot.query));
    }
    if (outcome.kind != RowOutcome::Kind::kQuery || shots.size() == kMostShots) {
      return absl::InvalidArgumentError(outcome.reason.empty()
                                            ? absl::StrFormat("more than %d shots", kMostShots)
                                            : outcome.reason);
    }
    shot.worked = reader.Worked().value_or("");
    shots.push_back(std::move(shot));
    return absl::OkStatus();
  };
  const bool is_csv = options.preset == "csv" || IsCsvName(path);
  WF_RETURN_IF_ERROR(ForEachRow(path, is_csv, visit).status());
  if (shots.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has no shots", path));
  }
  return shots;
}

std::vector<const Shot*> ShotsOf(const Query& query, const std::vector<Shot>& shots,
                                 std::int64_t count) {
  std::vector<const Shot*> chosen;
  for (const bool same_subject : {true, false}) {
    for (const Shot& shot : shots) {
      const bool has_subject = shot.query.subject == query.subject;
      if (shot.query.dataset == query.dataset && has_subject == same_subject &&
          static_cast<std::int64_t>(chosen.size()) < count) {
        chosen.push_back(&shot);
      }
    }
  }
  return chosen;
}

std::string ShotAnswer(const Shot& shot) {
  std::string worked = shot.worked;
  if (const std::size_t hashes = worked.rfind("####"); hashes != std::string::npos) {
    worked.resize(hashes);
  }
  worked = WithoutMarks(worked);
  absl::StripAsciiWhitespace(&worked);
  worked = std::string(absl::StripPrefix(worked, "A: "));
  const std::string answer = AnswerSentence(shot.query);
  if (worked.empty() || worked == answer) {
    return answer;
  }
  return absl::StrContains(worked, answer) ? worked : absl::StrCat(worked, " ", answer);
}

}  // namespace wattfleet::coordinator
