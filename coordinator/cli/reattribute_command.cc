#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/service/stored_audit.h"

namespace wattfleet::coordinator {

namespace {

struct ReattributeFlags {
  std::string data = FleetPlace().data;
  ReattributeStoredRequest request;
};

ExitCode Reattribute(const ReattributeFlags& flags) {
  const auto reply = ReattributeStored(flags.data, flags.request);
  if (!reply.ok()) {
    return Fail(reply.status());
  }
  std::fputs(reply->text.c_str(), stdout);
  const bool is_check = flags.request.method == ReattributeStoredRequest().method;
  return is_check && !reply->is_identical ? ExitCode::kNotDone : ExitCode::kDone;
}

}  // namespace

void AddReattributeCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ReattributeFlags>();
  CLI::App* command = app.add_subcommand(
      "reattribute",
      "compute a sweep's energy again from its traces; by the method that agents "
      "use it must come out identical");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command->add_option("--method", flags->request.method, "alloc-v1 or presence-linear")
      ->capture_default_str();
  command
      ->add_option("--class", flags->request.energy_class,
                   "whose joules per query: paper, host, host-nodram or wall")
      ->capture_default_str();
  command->add_flag("--store", flags->request.store,
                    "keep another method's figures beside the stored ones, never over them; needs "
                    "the directory to itself");
  command->add_flag("--json", flags->request.as_json, "as JSON");
  command->add_option("--data", flags->data, "data directory; also beside a coordinator")
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return Reattribute(*flags); }; });
}

}  // namespace wattfleet::coordinator
