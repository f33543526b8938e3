#include "agent/power/redfish/redfish_power.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "agent/power/redfish/parse_redfish.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

constexpr char kChassis[] = "/redfish/v1/Chassis";

absl::StatusOr<double> WattsOf(RedfishRoute route, const std::string& document) {
  switch (route) {
    case RedfishRoute::kEnvironmentMetrics:
      return ParseEnvironmentMetrics(document);
    case RedfishRoute::kPowerSupplies:
      return ParsePowerSupplyMetrics(document);
    case RedfishRoute::kLegacyPower:
      return ParseLegacyPower(document);
  }
  return absl::InternalError("no such route");
}

std::string LastPart(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RedfishPower::PathsOf(HttpPoll& poll, RedfishRoute route,
                                                               const std::string& path) {
  if (route != RedfishRoute::kPowerSupplies) {
    const bool is_legacy = route == RedfishRoute::kLegacyPower;
    return std::vector{absl::StrCat(path, is_legacy ? "/Power" : "/EnvironmentMetrics")};
  }
  WF_ASSIGN_OR_RETURN(const std::string answer,
                      poll.Get(absl::StrCat(path, "/PowerSubsystem/PowerSupplies")));
  WF_ASSIGN_OR_RETURN(const std::vector<std::string> supplies, ParseRedfishMembers(answer));
  std::vector<std::string> metrics;
  for (const std::string& supply_path : supplies) {
    WF_ASSIGN_OR_RETURN(const std::string document, poll.Get(supply_path));
    WF_ASSIGN_OR_RETURN(const RedfishPowerSupply supply, ParsePowerSupply(document));
    if (!supply.is_present) {
      continue;
    }
    if (supply.metrics_path.empty()) {
      return absl::NotFoundError(absl::StrCat(supply_path, " has no metrics"));
    }
    metrics.push_back(supply.metrics_path);
  }
  if (metrics.empty()) {
    return absl::NotFoundError(absl::StrCat(path, " has no power supplies"));
  }
  return metrics;
}

absl::StatusOr<RedfishPower> RedfishPower::FindRoute(HttpPoll& poll, const std::string& path) {
  RedfishPower power;
  power.chassis_ = LastPart(path);
  absl::Status why_not;
  for (const RedfishRoute route : {RedfishRoute::kEnvironmentMetrics, RedfishRoute::kPowerSupplies,
                                   RedfishRoute::kLegacyPower}) {
    const auto paths = PathsOf(poll, route, path);
    absl::Status status = paths.status();
    if (paths.ok()) {
      power.route_ = route;
      power.paths_ = *paths;
      status = power.Read(poll).status();
    }
    if (status.ok()) {
      return power;
    }
    if (!absl::IsNotFound(status) && !absl::IsUnavailable(status)) {
      return status;
    }
    // That a document has nothing to say just now tells more than that another is not there.
    why_not = absl::IsUnavailable(why_not) ? why_not : status;
  }
  return why_not;
}

absl::StatusOr<RedfishPower> RedfishPower::Find(HttpPoll& poll, const std::string& chassis) {
  if (!chassis.empty()) {
    return FindRoute(poll, absl::StrCat(kChassis, "/", chassis));
  }
  WF_ASSIGN_OR_RETURN(const std::string answer, poll.Get(kChassis));
  WF_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ParseRedfishMembers(answer));
  std::vector<RedfishPower> found;
  for (const std::string& path : paths) {
    absl::StatusOr<RedfishPower> power = FindRoute(poll, path);
    if (power.ok()) {
      found.push_back(*std::move(power));
    } else if (!absl::IsNotFound(power.status())) {
      return power.status();
    }
  }
  if (found.empty()) {
    return absl::NotFoundError("no chassis of this controller says its power");
  }
  if (found.size() > 1) {
    const auto add_name = [](std::string* out, const RedfishPower& power) {
      absl::StrAppend(out, power.chassis());
    };
    return absl::FailedPreconditionError(
        absl::StrCat("several chassis say their power, name the one that this machine is with "
                     "`chassis`: ",
                     absl::StrJoin(found, ", ", add_name)));
  }
  return std::move(found.front());
}

absl::StatusOr<double> RedfishPower::Read(HttpPoll& poll) const {
  double total = 0;
  for (const std::string& path : paths_) {
    WF_ASSIGN_OR_RETURN(const std::string document, poll.Get(path));
    WF_ASSIGN_OR_RETURN(const double watts, WattsOf(route_, document));
    total += watts;
  }
  if (total == 0) {
    return absl::UnavailableError("the power supplies draw nothing: no machine that runs does");
  }
  return total;
}

}  // namespace wattfleet::agent
