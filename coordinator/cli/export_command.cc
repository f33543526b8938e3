#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/export_sweep.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

ExitCode Export(const ExportRequest& request) {
  const absl::Status done = ExportSweep(request);
  if (!done.ok()) {
    return Fail(done);
  }
  std::printf("wrote %s\n", request.path.c_str());
  return ExitCode::kDone;
}

}  // namespace

void AddExportCommand(CLI::App& app, Action& action) {
  const auto request = std::make_shared<ExportRequest>();
  CLI::App* command = app.add_subcommand("export", "a sweep's results for other programs");
  command->add_option("sweep", request->sweep, "its name")->required();
  command
      ->add_option("--format", request->format,
                   "csv, ndjson, parquet: a row a result; ipw: the reference harness's files, in a "
                   "folder; bundle: one file to share, without names and texts")
      ->required();
  command->add_option("-o,--output", request->path, "file, or folder for ipw")->required();
  command->add_option("--class", request->energy_class,
                      "whose energy: paper, host, host-nodram or wall; host unless said, paper for "
                      "ipw; a bundle has all of it");
  command->add_flag("--with-text", request->with_text,
                    "csv, ndjson, parquet, bundle: prompts and responses too");
  request->data_directory = FleetPlace().data;
  command->add_option("--data", request->data_directory, "data directory")->capture_default_str();
  command->callback([request, &action] { action = [request] { return Export(*request); }; });
}

}  // namespace wattfleet::coordinator
