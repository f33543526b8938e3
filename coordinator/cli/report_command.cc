#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/output_file.h"
#include "coordinator/cli/report_requirements.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

namespace {

struct ReportFlags {
  FleetPlace place;
  ReportRequest request;
  std::string require;
  std::string output;  // file; empty: standard output
};

// The file lies beside the person who asks; a coordinator elsewhere is sent its text.
absl::Status ReadWeights(ReportRequest& request) {
  if (request.weights_source.empty()) {
    return absl::OkStatus();
  }
  std::ifstream file(request.weights_source, std::ios::binary);
  request.weights.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!file) {
    return absl::InvalidArgumentError(absl::StrFormat("cannot read %s", request.weights_source));
  }
  return absl::OkStatus();
}

ExitCode PrintReport(ReportFlags flags) {
  if (const absl::Status read = ReadWeights(flags.request); !read.ok()) {
    return Fail(read);
  }
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto text = (*fleet)->Report(flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  if (flags.output.empty()) {
    std::fputs(text->c_str(), stdout);
  } else if (const absl::Status written = WriteOutputFile(flags.output, *text); !written.ok()) {
    return Fail(written);
  }
  if (flags.require.empty()) {
    return ExitCode::kDone;
  }
  flags.request.format = "json";
  const auto json = (*fleet)->Report(flags.request);
  if (!json.ok()) {
    return Fail(json.status());
  }
  const absl::Status available = CheckFigureAvailable(*json, flags.require);
  return available.ok() ? ExitCode::kDone : Fail(available);
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App* command = app.add_subcommand("report", "what a sweep has shown so far");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command
      ->add_option("--format", flags->request.format,
                   "one of " + absl::StrJoin(RenderFormats(), ", "))
      ->capture_default_str();
  command
      ->add_option("--class", flags->request.energy_class,
                   "whose energy: paper, host, host-nodram, wall or facility")
      ->capture_default_str();
  command->add_option("--pue", flags->request.pue,
                      "for class facility: what the site draws for each watt at the wall");
  command->add_option("--pue-source", flags->request.pue_source, "who says so, and when");
  command->add_option("--weights", flags->request.weights_source,
                      "a file of lines `subject,weight`: coverage weighted by them");
  command->add_flag("--timings", flags->request.timings,
                    "also times in other tools' conventions (json, csv): tpot_vllm, tpot_guidellm, "
                    "itl_pooled, itl_mean, e2e_from_schedule; reads every stored response");
  command->add_option("-o,--output", flags->output, "a file instead of standard output");
  command->add_option("--grader", flags->request.grader,
                      "count this grader's verdicts, NAME or NAME@VERSION, instead of the sweep's; "
                      "see regrade");
  command->add_option("--require", flags->require,
                      "end with 1 when a pair lacks this figure, e.g. ipw");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return PrintReport(*flags); }; });
}

}  // namespace wattfleet::coordinator
