#include "agent/power/redfish/open_redfish.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/asked_source.h"
#include "agent/power/http_poll.h"
#include "agent/power/network_options.h"
#include "agent/power/redfish/redfish_power.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

struct Bmc {
  HttpPoll poll;
  RedfishPower power;
};

nlohmann::json Facts(const Bmc& bmc) {
  const char* route = "EnvironmentMetrics";
  if (bmc.power.route() == RedfishRoute::kPowerSupplies) {
    route = "sum of PowerSupplies";
  } else if (bmc.power.route() == RedfishRoute::kLegacyPower) {
    route = "Power";
  }
  nlohmann::json facts = {{"controller", bmc.poll.endpoint().place},
                          {"chassis", bmc.power.chassis()},
                          {"route", route},
                          {"asked", bmc.power.paths()}};
  if (bmc.power.route() == RedfishRoute::kLegacyPower) {
    facts["untested on hardware"] = true;
  }
  return facts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenRedfish(const SourceRequest& request,
                                                         const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(CheckOptionNames(request, WithHttpOptions(WithNetworkOptions({"chassis"}))));
  WF_ASSIGN_OR_RETURN(const auto poll_period, NetworkPollPeriod(options));
  WF_ASSIGN_OR_RETURN(
      HttpEndpoint endpoint,
      ReadHttpEndpoint(options, HttpCredentials::Scheme::kBasic, milliseconds(5'000)));
  NetworkDefaults defaults;
  defaults.unit = {1'000'000, 1};  // whole watts
  defaults.window = milliseconds(6'000);
  defaults.error_half_width = 0.05;
  const std::string place = endpoint.place;
  const std::shared_ptr<Bmc> bmc(new Bmc{HttpPoll(std::move(endpoint)), RedfishPower()});
  WF_ASSIGN_OR_RETURN(bmc->power,
                      RedfishPower::Find(bmc->poll, TextOption(options, "chassis", "")));
  WF_ASSIGN_OR_RETURN(
      ChannelSpec spec,
      NetworkChannel(request, absl::StrCat(place, "/", bmc->power.chassis()), defaults));
  spec.facts_json = NetworkFacts(Facts(*bmc), spec, defaults);
  return std::make_unique<AskedSource>(
      request.name, std::move(spec), poll_period,
      AskedSource::Question{[bmc] { return bmc->power.Read(bmc->poll); }, 1.0});
}

}  // namespace wattfleet::agent
