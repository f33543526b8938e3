#include "coordinator/audit/judge_sample.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/status/status_macros.h"
#include "common/wire/body.h"

namespace wattfleet::coordinator {

namespace {

struct JudgedAnswer {
  std::string id;
  PairId pair;
  Unit unit = 0;
  std::string grader;
  bool is_correct = false;
};

// FNV-1a over the text, then SplitMix64's finaliser: spreads answers whose places are close.
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

// Every answer that has a verdict of its pair's judge.
absl::StatusOr<std::vector<JudgedAnswer>> JudgedAnswers(SweepView& view) {
  std::vector<JudgedAnswer> answers;
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, view.Pairs());
  for (const PairSnapshot& pair : pairs) {
    if (!pair.judge) {
      continue;
    }
    const JudgeTask& task = *pair.judge;
    WF_RETURN_IF_ERROR(view.ForEachVerdict(
        task.subject, task.grader, task.grader_version, [&](const VerdictRow& row) {
          if (row.value != VerdictValue::kNoAnswer) {
            const std::string place =
                absl::StrCat(view.sweep().name, "\n", task.subject.value, "\n", row.unit);
            answers.push_back({.id = absl::StrFormat("%016x", HashOf(place)),
                               .pair = task.subject,
                               .unit = row.unit,
                               .grader = task.grader,
                               .is_correct = row.value == VerdictValue::kCorrect});
          }
          return absl::OkStatus();
        }));
  }
  std::sort(answers.begin(), answers.end(),
            [](const JudgedAnswer& a, const JudgedAnswer& b) { return a.id < b.id; });
  return answers;
}

// RFC 4180: always quoted, quotes doubled.
std::string Cell(std::string_view text) {
  std::string cell = "\"";
  for (const char c : text) {
    cell += c;
    if (c == '"') {
      cell += c;
    }
  }
  return cell + "\"";
}

struct CsvRow {
  std::int64_t line = 0;  // where it begins
  std::vector<std::string> cells;
};

// RFC 4180, either line end; a field may hold line ends within quotes.
absl::StatusOr<std::vector<CsvRow>> ReadCsv(std::string_view text) {
  std::vector<CsvRow> rows;
  std::int64_t line = 1;
  std::size_t at = 0;
  while (at < text.size()) {
    CsvRow& row = rows.emplace_back(CsvRow{.line = line, .cells = {""}});
    bool is_quoted = false;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      line += c == '\n' ? 1 : 0;
      if (is_quoted) {
        const bool is_doubled = c == '"' && at + 1 < text.size() && text[at + 1] == '"';
        at += is_doubled ? 1 : 0;
        if (c == '"' && !is_doubled) {
          is_quoted = false;
        } else {
          row.cells.back() += c;
        }
      } else if (c == '"') {
        is_quoted = true;
      } else if (c == ',') {
        row.cells.emplace_back();
      } else if (c == '\n') {
        break;
      } else if (c != '\r') {
        row.cells.back() += c;
      }
    }
    ++at;
    if (is_quoted) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d: a quoted cell has no end", row.line));
    }
    if (row.cells == std::vector<std::string>{""}) {
      rows.pop_back();  // a blank line
    }
  }
  return rows;
}

absl::StatusOr<std::size_t> ColumnOf(const CsvRow& header, std::string_view name) {
  const auto found = std::find_if(header.cells.begin(), header.cells.end(), [&](const auto& cell) {
    return absl::AsciiStrToLower(absl::StripAsciiWhitespace(cell)) == std::string(name);
  });
  if (found == header.cells.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("line %d: there is no column \"%s\" among %s",
                                                      header.line, std::string(name),
                                                      absl::StrJoin(header.cells, ", ")));
  }
  return static_cast<std::size_t>(found - header.cells.begin());
}

// Absent: no label yet.
absl::StatusOr<std::optional<bool>> LabelOf(const CsvRow& row, std::size_t column) {
  const std::string label =
      column < row.cells.size()
          ? absl::AsciiStrToLower(absl::StripAsciiWhitespace(row.cells[column]))
          : "";
  if (label.empty()) {
    return std::optional<bool>();
  }
  if (label == "correct" || label == "true") {
    return std::optional(true);
  }
  if (label == "wrong" || label == "false") {
    return std::optional(false);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("line %d: label \"%s\" is neither correct nor wrong", row.line, label));
}

std::optional<double> Share(std::int64_t part, std::int64_t all) {
  return all == 0 ? std::nullopt
                  : std::optional(static_cast<double>(part) / static_cast<double>(all));
}

std::string Percent(const std::optional<double>& share) {
  return share ? absl::StrFormat("%.1f %%", 100 * *share) : "-";
}

}  // namespace

std::optional<double> JudgeAgainstPeople::Sensitivity() const {
  return Share(labelled.both, labelled.both + labelled.only_other);
}

std::optional<double> JudgeAgainstPeople::Specificity() const {
  return Share(labelled.neither, labelled.neither + labelled.only_stored);
}

std::optional<double> JudgeAgainstPeople::CorrectedAccuracy() const {
  const std::optional<double> sensitivity = Sensitivity();
  const std::optional<double> specificity = Specificity();
  const std::optional<double> observed = Share(judged_correct, judged);
  if (!sensitivity || !specificity || !observed || *sensitivity + *specificity <= 1) {
    return std::nullopt;
  }
  return std::clamp((*observed + *specificity - 1) / (*sensitivity + *specificity - 1), 0.0, 1.0);
}

absl::StatusOr<std::string> JudgeSheet(SweepView& view, const Workload& workload, std::int64_t n) {
  WF_ASSIGN_OR_RETURN(std::vector<JudgedAnswer> answers, JudgedAnswers(view));
  if (answers.empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("sweep %s has no answer that a judge decided", view.sweep().name));
  }
  answers.resize(std::min(answers.size(), static_cast<std::size_t>(std::max<std::int64_t>(n, 0))));
  std::string csv = "id,question,reference,answer,label\n";
  for (const JudgedAnswer& answer : answers) {
    WF_ASSIGN_OR_RETURN(const ResultDetail detail, view.Detail(answer.pair, answer.unit));
    WF_ASSIGN_OR_RETURN(const Query query, workload.Get(detail.row.q));
    WF_ASSIGN_OR_RETURN(const std::string packed, view.Body(answer.pair, answer.unit));
    WF_ASSIGN_OR_RETURN(const ResponseBody body, UnpackBody(packed));
    absl::StrAppend(&csv, answer.id, ",", Cell(query.question), ",",
                    Cell(absl::StrJoin(query.references, "\n")), ",", Cell(body.content), ",\n");
  }
  return csv;
}

absl::StatusOr<LabelledSheet> ReadJudgeSheet(SweepView& view, std::string_view csv) {
  WF_ASSIGN_OR_RETURN(const std::vector<JudgedAnswer> answers, JudgedAnswers(view));
  WF_ASSIGN_OR_RETURN(const std::vector<CsvRow> rows, ReadCsv(csv));
  if (rows.empty()) {
    return absl::InvalidArgumentError("the sheet is empty");
  }
  WF_ASSIGN_OR_RETURN(const std::size_t id_column, ColumnOf(rows.front(), "id"));
  WF_ASSIGN_OR_RETURN(const std::size_t label_column, ColumnOf(rows.front(), "label"));
  std::map<std::string, JudgeAgainstPeople> judges;
  std::map<std::string, const JudgedAnswer*> by_id;
  for (const JudgedAnswer& answer : answers) {
    by_id[answer.id] = &answer;
    JudgeAgainstPeople& judge = judges[answer.grader];
    judge.grader = answer.grader;
    ++judge.judged;
    judge.judged_correct += answer.is_correct ? 1 : 0;
  }
  LabelledSheet sheet;
  std::set<std::string> seen;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string id = id_column < rows[i].cells.size() ? rows[i].cells[id_column] : "";
    const auto found = by_id.find(id);
    if (found == by_id.end() || !seen.insert(id).second) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "line %d: id \"%s\" %s", rows[i].line, id,
          found == by_id.end() ? "is of no judged answer of this sweep" : "comes twice"));
    }
    WF_ASSIGN_OR_RETURN(const std::optional<bool> label, LabelOf(rows[i], label_column));
    if (!label) {
      ++sheet.unlabelled;
      continue;
    }
    const JudgedAnswer& answer = *found->second;
    GraderComparison& table = judges[answer.grader].labelled;
    ++(answer.is_correct && *label ? table.both
       : answer.is_correct         ? table.only_stored
       : *label                    ? table.only_other
                                   : table.neither);
    sheet.verdicts.push_back(
        {.pair = answer.pair,
         .unit = answer.unit,
         .verdict = {.value = *label ? VerdictValue::kCorrect : VerdictValue::kWrong,
                     .grader = kHumanGrader}});
  }
  for (auto& [name, judge] : judges) {
    sheet.judges.push_back(std::move(judge));
  }
  return sheet;
}

std::string RenderJudgesAgainstPeople(const LabelledSheet& sheet) {
  std::string text;
  for (const JudgeAgainstPeople& judge : sheet.judges) {
    const std::optional<double> kappa = judge.labelled.Kappa();
    absl::StrAppendFormat(
        &text,
        "%s: %d labels; agrees with people on %s, kappa %s, sensitivity %s, specificity %s\n"
        "  accuracy %s by the judge on %d answers, %s corrected for its errors (Rogan-Gladen)\n",
        judge.grader, judge.labelled.compared(),
        Percent(Share(judge.labelled.both + judge.labelled.neither, judge.labelled.compared())),
        kappa ? absl::StrFormat("%.4f", *kappa) : "-", Percent(judge.Sensitivity()),
        Percent(judge.Specificity()), Percent(Share(judge.judged_correct, judge.judged)),
        judge.judged, Percent(judge.CorrectedAccuracy()));
  }
  if (sheet.unlabelled > 0) {
    absl::StrAppendFormat(&text, "%d rows have no label yet\n", sheet.unlabelled);
  }
  return text;
}

}  // namespace wattfleet::coordinator
