#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <CLI/CLI.hpp>

#include "common/status/status_macros.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct RouteFlags {
  FleetPlace place;
  StoredRouteRequest request;
  std::string assumed;  // LOW..HIGH
  std::string compute = "active";
};

absl::StatusOr<std::optional<AssumedJoules>> ParseAssumed(const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const std::vector<std::string> ends = absl::StrSplit(text, "..");
  AssumedJoules joules;
  if (ends.size() != 2 || !absl::SimpleAtod(ends[0], &joules.low) ||
      !absl::SimpleAtod(ends[1], &joules.high) ||
      !(joules.low > 0 && joules.low <= joules.high && joules.high < 1e12)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--assume-baseline-joules %s: expected LOW..HIGH joules per query, as 500..4000", text));
  }
  return joules;
}

absl::StatusOr<std::string> Route(RouteFlags flags) {
  RoutingTerms& terms = flags.request.routing.terms;
  WF_ASSIGN_OR_RETURN(terms.assumed_baseline_joules, ParseAssumed(flags.assumed));
  terms.by_total_parameters = flags.compute == "total";
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<FleetClient> fleet, OpenFleet(flags.place));
  return fleet->Route(flags.request);
}

ExitCode PrintRoute(const RouteFlags& flags) {
  const auto text = Route(flags);
  if (!text.ok()) {
    return Fail(text.status());
  }
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

void AddTerms(CLI::App& command, RouteFlags& flags) {
  RoutingRequest& routing = flags.request.routing;
  command.add_option(
      "--baseline", routing.baseline,
      "the pair that everything is sent to otherwise; default: the cloud pair of the "
      "highest coverage");
  command.add_option("--pool", routing.pool, "pairs to route to; default: all local ones")
      ->delimiter(',');
  command
      .add_option("--router-accuracy", routing.terms.router_accuracies,
                  "shares of right decisions; 1 is the oracle")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--assume-baseline-joules", flags.assumed,
                     "LOW..HIGH joules per query of a baseline that is not measured");
  command
      .add_option("--electricity-usd-per-kwh", routing.terms.electricity_usd_per_kwh,
                  "what local energy costs; default: list prices")
      ->check(CLI::Range(0.0, 1e6));
  command.add_option("--compute", flags.compute, "by active or total parameters")
      ->check(CLI::IsMember({"active", "total"}))
      ->capture_default_str();
  command.add_flag("--wasted-attempts", routing.terms.wasted_attempts,
                   "charge each misrouted query a local attempt");
}

}  // namespace

void AddRouteCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<RouteFlags>();
  CLI::App* command = app.add_subcommand(
      "route", "what sending each query to the cheapest pair that answers it would save");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  AddTerms(*command, *flags);
  command
      ->add_option("--class", flags->request.energy_class,
                   "whose energy: paper, host, host-nodram or wall")
      ->capture_default_str();
  command->add_flag("--json", flags->request.as_json, "as JSON");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return PrintRoute(*flags); }; });
}

}  // namespace wattfleet::coordinator
