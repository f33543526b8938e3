#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/service/stored_audit.h"

namespace wattfleet::coordinator {

namespace {

struct CompareGradersFlags {
  std::string data = FleetPlace().data;
  CompareGradersRequest request;
};

ExitCode CompareStored(const CompareGradersFlags& flags) {
  const auto text = CompareGradersStored(flags.data, flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddCompareGradersCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<CompareGradersFlags>();
  CLI::App* command = app.add_subcommand(
      "compare-graders", "where another grader would judge a sweep's stored answers differently");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command->add_option("--grader", flags->request.grader, "mcq, mcq_first, exact, numeric or math")
      ->required();
  command->add_option("--samples", flags->request.samples, "disagreements to show of each pair")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_flag("--json", flags->request.as_json, "as JSON");
  command->add_option("--data", flags->data, "data directory; also beside a coordinator")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return CompareStored(*flags); }; });
}

}  // namespace wattfleet::coordinator
