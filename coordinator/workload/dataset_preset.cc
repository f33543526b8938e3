#include "coordinator/workload/dataset_preset.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

DatasetPreset MultipleChoice(std::string name) {
  return {.name = name,
          .id = {"id", "question_id", "uuid"},
          .question = {"question"},
          .answer = {"answer"},
          .options = {"options"},
          .subject = {"category", "subject"},
          .worked = {"cot_content"},
          .default_dataset = std::move(name),
          .needs_options = true};
}

DatasetPreset SuperGpqa() {
  DatasetPreset preset = MultipleChoice("supergpqa");
  preset.answer = {"answer_letter", "answer"};
  preset.subject = {"discipline", "subject"};
  return preset;
}

DatasetPreset NaturalReasoning() {
  return {.name = "natural-reasoning",
          .id = {"id"},
          .question = {"question"},
          .answer = {"reference_answer"},
          .subject = {"subject"},
          .language = {"language"},
          .default_dataset = "natural-reasoning",
          .grader = "judge"};
}

DatasetPreset WildChat() {
  return {.name = "wildchat",
          .id = {"id", "conversation_hash"},
          .question = {"question"},
          .answer = {"reference_answer"},
          .subject = {"subject"},
          .conversation = {"conversation"},
          .language = {"language"},
          .toxic = {"toxic"},
          .default_dataset = "wildchat",
          .grader = "pairwise"};
}

DatasetPreset Gsm8k() {
  return {.name = "gsm8k",
          .id = {"id"},
          .question = {"question"},
          .answer = {"answer"},
          .worked = {"answer"},
          .default_dataset = "gsm8k",
          .answer_form = AnswerForm::kBehindHashes};
}

DatasetPreset Bbh() {
  return {.name = "bbh",
          .id = {"id"},
          .question = {"input"},
          .answer = {"target"},
          .subject = {"task"},
          .worked = {"worked"},
          .default_dataset = "bbh",
          .subject_from_file = true};
}

DatasetPreset Math500() {
  return {.name = "math-500",
          .id = {"id", "unique_id"},
          .question = {"problem", "question"},
          .answer = {"answer"},
          .subject = {"subject"},
          .worked = {"solution"},
          .default_dataset = "math-500",
          .grader = "math"};
}

// Rows of the user's own: the fields under our names, or under those of --map.
DatasetPreset Own(std::string name) {
  return {.name = std::move(name),
          .id = {"id"},
          .question = {"question"},
          .answer = {"answer"},
          .options = {"options"},
          .subject = {"subject"},
          .dataset = {"dataset"},
          .language = {"language"},
          .toxic = {"toxic"},
          .worked = {"worked"}};
}

const std::vector<DatasetPreset>& Presets() {
  static const auto& presets = *new std::vector<DatasetPreset>{MultipleChoice("mmlu-pro"),
                                                               SuperGpqa(),
                                                               NaturalReasoning(),
                                                               WildChat(),
                                                               Gsm8k(),
                                                               Bbh(),
                                                               Math500(),
                                                               Own("jsonl"),
                                                               Own("csv")};
  return presets;
}

bool Contains(const std::vector<std::string>& columns, const std::string& column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool HasOneOf(const std::vector<std::string>& columns, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& column) { return Contains(columns, column); });
}

// The preset whose columns these are; what is left with a question and an answer is jsonl.
std::string TellPreset(const FirstRow& row) {
  const std::vector<std::string>& columns = row.columns;
  const std::vector<std::pair<std::string, std::vector<std::string>>> marks = {
      {"supergpqa", {"options", "answer_letter", "discipline"}},
      {"wildchat", {"conversation"}},
      {"natural-reasoning", {"question", "reference_answer"}},
      {"math-500", {"problem", "solution", "answer"}}};
  for (const auto& [preset, all_of] : marks) {
    if (std::all_of(all_of.begin(), all_of.end(),
                    [&](const std::string& column) { return Contains(columns, column); })) {
      return preset;
    }
  }
  if (Contains(columns, "options") && HasOneOf(columns, {"category", "question_id"})) {
    return "mmlu-pro";
  }
  if (Contains(columns, "input") && Contains(columns, "target")) {
    return "bbh";
  }
  const bool is_worked = row.has_hashes && Contains(columns, "question");
  return is_worked && !Contains(columns, "options") ? "gsm8k" : "jsonl";
}

absl::StatusOr<DatasetPreset> PresetNamed(const std::string& name) {
  std::vector<std::string> names;
  for (const DatasetPreset& preset : Presets()) {
    if (preset.name == name) {
      return preset;
    }
    names.push_back(preset.name);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("unknown preset \"%s\"; %s", name, NearestText(name, names)));
}

absl::Status UnknownColumn(const std::string& column, const std::vector<std::string>& columns) {
  return absl::InvalidArgumentError(
      absl::StrFormat("the rows have no column \"%s\"; %s", column, NearestText(column, columns)));
}

// The columns that `--map options=A,B,C` names.
absl::Status MapOptionColumns(const std::string& list, const std::vector<std::string>& columns,
                              DatasetPreset& preset) {
  preset.options.clear();
  preset.option_columns = absl::StrSplit(list, ',');
  for (const std::string& column : preset.option_columns) {
    if (!Contains(columns, column)) {
      return UnknownColumn(column, columns);
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyMap(const std::vector<std::pair<std::string, std::string>>& map,
                      const std::vector<std::string>& columns, DatasetPreset& preset) {
  const std::vector<std::pair<std::string, std::vector<std::string>*>> fields = {
      {"id", &preset.id},           {"question", &preset.question}, {"answer", &preset.answer},
      {"options", &preset.options}, {"subject", &preset.subject},   {"dataset", &preset.dataset},
      {"worked", &preset.worked},   {"language", &preset.language}, {"toxic", &preset.toxic}};
  for (const auto& [field, column] : map) {
    const auto known = std::find_if(fields.begin(), fields.end(),
                                    [&name = field](const auto& f) { return f.first == name; });
    if (known == fields.end()) {
      std::vector<std::string> names;
      for (const auto& [name, target] : fields) {
        names.push_back(name);
      }
      return absl::InvalidArgumentError(
          absl::StrFormat("--map: unknown field \"%s\"; %s", field, NearestText(field, names)));
    }
    if (field == "options" && column.find(',') != std::string::npos) {
      WF_RETURN_IF_ERROR(MapOptionColumns(column, columns, preset));
      continue;
    }
    if (!Contains(columns, column)) {
      return UnknownColumn(column, columns);
    }
    *known->second = {column};
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DatasetPreset> ChoosePreset(
    const std::string& name, const std::vector<std::pair<std::string, std::string>>& map,
    const FirstRow& row, const std::string& workload) {
  const std::vector<std::string>& columns = row.columns;
  const std::string chosen = !name.empty() ? name : map.empty() ? TellPreset(row) : "jsonl";
  WF_ASSIGN_OR_RETURN(DatasetPreset preset, PresetNamed(chosen));
  const bool is_own = preset.name == "jsonl" || preset.name == "csv";
  if (!map.empty()) {
    if (!is_own) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "--map is for presets jsonl and csv; %s knows its own columns", preset.name));
    }
    WF_RETURN_IF_ERROR(ApplyMap(map, columns, preset));
  }
  if (preset.default_dataset.empty()) {
    preset.default_dataset = workload;
  }
  if (HasOneOf(columns, preset.conversation)) {
    return preset;
  }
  for (const auto* required : {&preset.question, &preset.answer}) {
    if (!HasOneOf(columns, *required)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "preset %s needs a column \"%s\"; the rows have %s%s", preset.name, required->front(),
          absl::StrJoin(columns, ", "),
          is_own ? absl::StrFormat(": say which it is with --map %s=COLUMN", required->front())
                 : std::string()));
    }
  }
  return preset;
}

}  // namespace wattfleet::coordinator
