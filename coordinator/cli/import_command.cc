#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <CLI/CLI.hpp>

#include "common/config/units.h"
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
};

absl::Status ReadFlags(ImportFlags& flags) {
  for (const std::string& entry : flags.map) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--map %s: expected field=column, as in question=text", entry));
    }
    flags.options.map.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
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
  std::fputs(ImportText(*report).c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = app.add_subcommand("import", "make a workload of dataset files");
  command->add_option("files", flags->options.files, "plain, .gz or .zst")->required();
  command->add_option("--name", flags->options.name, "what sweeps call it")->required();
  command->add_option("--preset", flags->options.preset,
                      "mmlu-pro, gsm8k, bbh or jsonl; told from the columns where it is left out");
  command->add_option("--map", flags->map, "jsonl: field=column, e.g. question=text");
  command->add_option("--grader", flags->options.grader, "mcq, mcq_first, exact, numeric or math");
  command->add_option("--seed", flags->options.seed, "of the order of the queries")
      ->capture_default_str();
  command->add_option("--max-prompt", flags->max_prompt, "longer prompts are rejected")
      ->capture_default_str();
  flags->options.data_directory = FleetPlace().data;
  command->add_option("--data", flags->options.data_directory, "data directory")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return Import(*flags); }; });
}

}  // namespace wattfleet::coordinator
