#ifndef WF_COORDINATOR_WORKLOAD_DATASET_PRESET_H_
#define WF_COORDINATOR_WORKLOAD_DATASET_PRESET_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

enum class AnswerForm {
  kWhole,         // the answer column is the answer
  kBehindHashes,  // the answer is what stands behind the last "####"
};

// Which columns of a dataset's rows mean what, and how to read them. A column is the first of its
// names that a row has; an empty list means that the dataset has no such column.
struct DatasetPreset {
  std::string name;
  std::vector<std::string> id;
  std::vector<std::string> question;
  std::vector<std::string> answer;
  std::vector<std::string> options;
  std::vector<std::string> subject;
  std::vector<std::string> dataset;
  // A list of turns {role, content}: the first user's is the question, the first assistant's the
  // answer.
  std::vector<std::string> conversation;
  std::vector<std::string> language;        // named in English, or a code: "English", "en"
  std::vector<std::string> toxic;           // true or false
  std::vector<std::string> worked;          // how the answer is found, for shots
  std::vector<std::string> option_columns;  // instead of a list in one column: one option in each
  std::string default_dataset;              // of rows without that column
  std::string grader;                       // empty = told from each row
  AnswerForm answer_form = AnswerForm::kWhole;
  bool needs_options = false;
  bool subject_from_file = false;  // of rows without a subject; otherwise it is their dataset
};

// What the first row of an import shows.
struct FirstRow {
  std::vector<std::string> columns;
  bool has_hashes = false;  // its "answer" has a "####"
};

// The preset of that name, or, when `name` is empty, the one that a first row's columns tell.
// `map` (jsonl and csv only) renames columns: our field -> theirs; options may name several
// columns, "A,B,C". INVALID_ARGUMENT: unknown preset, field or column (the nearest is named), or
// columns that tell nothing. `workload` names the dataset of jsonl and csv rows that do not name
// theirs.
absl::StatusOr<DatasetPreset> ChoosePreset(
    const std::string& name, const std::vector<std::pair<std::string, std::string>>& map,
    const FirstRow& row, const std::string& workload);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_DATASET_PRESET_H_
