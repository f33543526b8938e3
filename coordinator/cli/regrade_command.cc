#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/service/stored_audit.h"

namespace wattfleet::coordinator {

namespace {

struct RegradeFlags {
  std::string data = FleetPlace().data;
  RegradeStoredRequest request;
};

ExitCode Regrade(const RegradeFlags& flags) {
  const auto text = RegradeStored(flags.data, flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddRegradeCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<RegradeFlags>();
  CLI::App* command = app.add_subcommand(
      "regrade",
      "grade a sweep's stored answers again and keep the verdicts beside those in force");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command->add_option("--grader", flags->request.grader,
                      "mcq, mcq_first, exact, numeric or math; without it each query's own");
  command->add_flag("--json", flags->request.as_json, "as JSON");
  command->add_option("--data", flags->data, "data directory; no coordinator may be at work on it")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return Regrade(*flags); }; });
}

}  // namespace wattfleet::coordinator
