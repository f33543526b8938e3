#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/run_sweep.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

namespace {

ExitCode Run(const RunOptions& options) {
  const auto outcome = RunSweep(options);
  if (absl::IsCancelled(outcome.status())) {
    std::fprintf(stderr, "wattfleet: stopped; the same command goes on where it was\n");
    return ExitCode::kInterrupted;
  }
  if (!outcome.ok()) {
    return Fail(outcome.status());
  }
  std::fputs(outcome->report.c_str(), stdout);
  std::fflush(stdout);
  std::fprintf(stderr, "stored in %s; again: wattfleet report %s --data %s\n",
               options.data_directory.c_str(), outcome->sweep.c_str(),
               options.data_directory.c_str());
  return ExitCode::kDone;
}

}  // namespace

void AddRunCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "drive a sweep on this machine, or go on with it, and report");
  command->add_option("file", options->sweep_path, "sweep file")->required();
  command->add_option("--agent", options->agent_files,
                      "agent's file; may be repeated; default: everything found here");
  options->data_directory = FleetPlace().data;
  command->add_option("--data", options->data_directory, "data directory")->capture_default_str();
  command
      ->add_option("--format", options->report.format,
                   "of the report: " + absl::StrJoin(RenderFormats(), ", "))
      ->capture_default_str();
  command
      ->add_option("--class", options->report.energy_class,
                   "whose energy: paper, host, host-nodram or wall")
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return Run(*options); }; });
}

}  // namespace wattfleet::coordinator
