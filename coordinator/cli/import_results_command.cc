#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <CLI/CLI.hpp>

#include "common/domain/nearest_name.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/ipw_import.h"

namespace wattfleet::coordinator {

namespace {

struct ImportResultsFlags {
  std::string format;
  std::string name;
  std::string data;
  std::vector<std::string> files;
};

absl::StatusOr<ImportedSweep> ImportResults(const ImportResultsFlags& flags) {
  if (flags.format == "bundle") {
    return ImportBundle({.data_directory = flags.data, .paths = flags.files, .name = flags.name});
  }
  if (flags.format == "ipw") {
    return ImportIpw({.data_directory = flags.data, .paths = flags.files, .name = flags.name});
  }
  return absl::InvalidArgumentError(absl::StrFormat("--format: unknown format \"%s\"; %s",
                                                    flags.format,
                                                    NearestText(flags.format, {"bundle", "ipw"})));
}

ExitCode PrintImported(const ImportResultsFlags& flags) {
  const absl::StatusOr<ImportedSweep> imported = ImportResults(flags);
  if (!imported.ok()) {
    return Fail(imported.status());
  }
  std::printf("imported sweep %s: %lld pairs, %lld results, from %s\n", imported->name.c_str(),
              static_cast<long long>(imported->pairs), static_cast<long long>(imported->results),
              absl::StrJoin(imported->labs, ", ").c_str());
  return ExitCode::kDone;
}

}  // namespace

void AddImportResultsCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ImportResultsFlags>();
  CLI::App* command = app.add_subcommand(
      "import-results", "results of another lab, or of the reference harness, as a sweep");
  command
      ->add_option("files", flags->files,
                   "bundles; or JSON lines of the harness, and folders of such")
      ->required();
  command->add_option("--format", flags->format, "bundle or ipw")->required();
  command->add_option("--name", flags->name, "of the sweep; as a bundle says unless given");
  flags->data = FleetPlace().data;
  command->add_option("--data", flags->data, "data directory")->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return PrintImported(*flags); }; });
}

}  // namespace wattfleet::coordinator
