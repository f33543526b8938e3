#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/output_file.h"
#include "coordinator/service/stored_audit.h"

namespace wattfleet::coordinator {

namespace {

struct JudgeSampleFlags {
  std::string data = FleetPlace().data;
  JudgeSampleRequest request;
  std::string output;
};

ExitCode Sample(const JudgeSampleFlags& flags) {
  const auto text = JudgeSampleStored(flags.data, flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  if (flags.output.empty()) {
    std::fputs(text->c_str(), stdout);
    return ExitCode::kDone;
  }
  const absl::Status written = WriteOutputFile(flags.output, *text);
  return written.ok() ? ExitCode::kDone : Fail(written);
}

}  // namespace

void AddJudgeSampleCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<JudgeSampleFlags>();
  CLI::App* command = app.add_subcommand(
      "judge-sample",
      "a blind sheet of judged answers for people to label, or what their labels say");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command->add_option("-n,--answers", flags->request.answers, "answers on the sheet")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("-o,--output", flags->output, "a file instead of standard output");
  command->add_option(
      "--import", flags->request.labelled,
      "a labelled sheet: keeps its labels as verdicts of grader human, and says how "
      "well the judge agrees; no coordinator may be at work on the data");
  command->add_option("--data", flags->data, "data directory")->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return Sample(*flags); }; });
}

}  // namespace wattfleet::coordinator
