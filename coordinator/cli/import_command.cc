#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include <CLI/CLI.hpp>

#include "common/config/units.h"
#include "common/status/status_macros.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/import_files.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/workload/import.h"

namespace wattfleet::coordinator {

namespace {

struct ImportFlags {
  ImportOptions options;
  std::vector<std::string> map;  // field=column
  std::string max_prompt = "256KiB";
  std::vector<std::string> filters;
  std::vector<std::string> mix;  // workload=share
  bool as_json = false;
};

absl::Status ReadMixParts(ImportFlags& flags) {
  for (const std::string& entry : flags.mix) {
    const std::size_t equals = entry.rfind('=');
    MixPart part{.workload = entry.substr(0, equals)};
    if (equals == std::string::npos || equals == 0 ||
        !absl::SimpleAtod(entry.substr(equals + 1), &part.share)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--mix %s: expected WORKLOAD=SHARE, as in mmlu-pro=0.5", entry));
    }
    flags.options.mix.push_back(std::move(part));
  }
  if (flags.options.mix_queries.value_or(1) <= 0) {
    return absl::InvalidArgumentError("--queries: expected a number above 0");
  }
  if (flags.options.mix_queries && flags.mix.empty()) {
    return absl::InvalidArgumentError("--queries says how many a --mix takes");
  }
  return absl::OkStatus();
}

absl::Status ReadFlags(ImportFlags& flags) {
  for (const std::string& entry : flags.map) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--map %s: expected field=column, as in question=text", entry));
    }
    flags.options.map.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  for (const std::string& spec : flags.filters) {
    WF_ASSIGN_OR_RETURN(const std::vector<RowFilter> filters, ParseFilters(spec));
    flags.options.filters.insert(flags.options.filters.end(), filters.begin(), filters.end());
  }
  WF_RETURN_IF_ERROR(ReadMixParts(flags));
  if (!flags.options.label_set.empty() && flags.options.labels.empty()) {
    return absl::InvalidArgumentError("--label-set says which labels --labels may give");
  }
  const auto size = config::ParseSize(flags.max_prompt);
  if (!size || *size <= 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--max-prompt %s: expected a size such as 256KiB", flags.max_prompt));
  }
  flags.options.max_prompt_bytes = *size;
  return absl::OkStatus();
}

ExitCode Import(ImportFlags flags) {
  if (const absl::Status status = ReadFlags(flags); !status.ok()) {
    return Fail(status);
  }
  const absl::StatusOr<ImportReport> report = ImportFiles(flags.options);
  if (!report.ok()) {
    return Fail(report.status());
  }
  std::fputs((flags.as_json ? ImportJson(*report) : ImportText(*report)).c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = app.add_subcommand("import", "make a workload of dataset files");
  command->add_option("files", flags->options.files, "JSON lines or CSV; plain, .gz or .zst");
  command->add_option("--name", flags->options.name, "what sweeps call it")->required();
  command->add_option("--preset", flags->options.preset,
                      "mmlu-pro, supergpqa, natural-reasoning, wildchat, gsm8k, bbh, math-500, "
                      "jsonl or csv; told from the columns where it is left out");
  command->add_option("--map", flags->map,
                      "jsonl, csv: field=column, e.g. question=text, options=A,B,C,D");
  command->add_option("--grader", flags->options.grader,
                      "mcq, mcq_first, exact, numeric, math, judge or pairwise");
  command->add_option("--filter", flags->filters,
                      "remove rows: no-reference, non-english, toxic, duplicates, too-long[=N], "
                      "too-short=N characters, or study (what the study removed)");
  command->add_option("--labels", flags->options.labels,
                      "a file of rows {id, label}: each label becomes its query's subject");
  command->add_option("--label-set", flags->options.label_set,
                      "economic: only the 22 economic categories and None");
  command->add_option("--shots", flags->options.shots,
                      "a file of worked examples, which prompts with `shots: N` lead with");
  command->add_option("--mix", flags->mix,
                      "instead of files: WORKLOAD=SHARE, once for each imported workload");
  command->add_option("--queries", flags->options.mix_queries,
                      "of a mix; as many as the shares allow where it is left out");
  command->add_flag("--skip-malformed", flags->options.skip_malformed,
                    "reject rows that cannot be read, rather than refuse the file");
  command
      ->add_option("--seed", flags->options.seed,
                   "of the order of the queries, and of what a mix takes")
      ->capture_default_str();
  command->add_option("--max-prompt", flags->max_prompt, "longer prompts are rejected")
      ->capture_default_str();
  command->add_flag("--json", flags->as_json, "what was imported and what was removed, as JSON");
  flags->options.data_directory = FleetPlace().data;
  command->add_option("--data", flags->options.data_directory, "data directory")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return Import(*flags); }; });
}

}  // namespace wattfleet::coordinator
