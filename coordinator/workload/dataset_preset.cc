#include "coordinator/workload/dataset_preset.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

const std::vector<DatasetPreset>& Presets() {
  static const auto& presets = *new std::vector<DatasetPreset>{
      {.name = "mmlu-pro",
       .id = {"id", "question_id"},
       .question = {"question"},
       .answer = {"answer"},
       .options = {"options"},
       .subject = {"category", "subject"},
       .dataset = {},
       .default_dataset = "mmlu-pro",
       .needs_options = true},
      {.name = "gsm8k",
       .id = {"id"},
       .question = {"question"},
       .answer = {"answer"},
       .options = {},
       .subject = {},
       .dataset = {},
       .default_dataset = "gsm8k",
       .answer_form = AnswerForm::kBehindHashes},
      {.name = "bbh",
       .id = {"id"},
       .question = {"input"},
       .answer = {"target"},
       .options = {},
       .subject = {"task"},
       .dataset = {},
       .default_dataset = "bbh",
       .subject_from_file = true},
      {.name = "jsonl",
       .id = {"id"},
       .question = {"question"},
       .answer = {"answer"},
       .options = {"options"},
       .subject = {"subject"},
       .dataset = {"dataset"},
       .default_dataset = {}},
  };
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

absl::Status ApplyMap(const std::vector<std::pair<std::string, std::string>>& map,
                      const std::vector<std::string>& columns, DatasetPreset& preset) {
  const std::vector<std::pair<std::string, std::vector<std::string>*>> fields = {
      {"id", &preset.id},           {"question", &preset.question}, {"answer", &preset.answer},
      {"options", &preset.options}, {"subject", &preset.subject},   {"dataset", &preset.dataset}};
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
  if (!map.empty()) {
    if (preset.name != "jsonl") {
      return absl::InvalidArgumentError(
          absl::StrFormat("--map is for preset jsonl; %s knows its own columns", preset.name));
    }
    WF_RETURN_IF_ERROR(ApplyMap(map, columns, preset));
  }
  if (preset.default_dataset.empty()) {
    preset.default_dataset = workload;
  }
  for (const auto* required : {&preset.question, &preset.answer}) {
    if (!HasOneOf(columns, *required)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "preset %s needs a column \"%s\"; the rows have %s%s", preset.name, required->front(),
          absl::StrJoin(columns, ", "),
          preset.name == "jsonl"
              ? absl::StrFormat(": say which it is with --map %s=COLUMN", required->front())
              : std::string()));
    }
  }
  return preset;
}

}  // namespace wattfleet::coordinator
