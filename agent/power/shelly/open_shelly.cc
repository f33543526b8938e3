#include "agent/power/shelly/open_shelly.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/asked_source.h"
#include "agent/power/http_poll.h"
#include "agent/power/json_reading.h"
#include "agent/power/network_options.h"
#include "agent/power/shelly/parse_shelly.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

// The path of the plug's meter: a relay that meters, else a meter alone.
absl::StatusOr<std::string> FindMeter(HttpPoll& poll, const std::string& id) {
  const std::string relay = absl::StrCat("/rpc/Switch.GetStatus?id=", id);
  const std::string meter = absl::StrCat("/rpc/PM1.GetStatus?id=", id);
  const absl::Status status = poll.Get(relay).status();
  // A method that it does not have is 404, or 500 on older firmware.
  const bool may_be_meter = absl::IsNotFound(status) || absl::IsUnavailable(status);
  if (!may_be_meter || !poll.Get(meter).ok()) {
    WF_RETURN_IF_ERROR(status);
    return relay;
  }
  return meter;
}

absl::StatusOr<double> Ask(HttpPoll& poll, const std::string& path, bool is_energy) {
  WF_ASSIGN_OR_RETURN(const std::string answer, poll.Get(path));
  WF_ASSIGN_OR_RETURN(const ShellyReading reading, ParseShellyStatus(answer));
  const std::optional<double> value = is_energy ? reading.watt_hours : reading.watts;
  if (!value) {
    return absl::UnavailableError(is_energy ? "the plug says no aenergy.total"
                                            : "the plug's apower is not a number");
  }
  return *value;
}

NetworkDefaults DefaultsOf(bool is_energy) {
  NetworkDefaults defaults;
  defaults.max_watts = 4'000;
  defaults.error_half_width = 0.02;
  if (is_energy) {
    defaults.kind = SampleKind::kCounter;
    defaults.unit = {3'600'000, 1};  // mWh
    defaults.update = milliseconds(60'000);
  } else {
    defaults.kind = SampleKind::kPowerAverage;
    defaults.unit = {100'000, 1};  // 0.1 W
    defaults.window = milliseconds(6'000);
  }
  return defaults;
}

// What the plug says of itself, as far as it does.
nlohmann::json DeviceFacts(HttpPoll& poll, const std::string& path) {
  nlohmann::json facts = {{"asked", path}, {"place", poll.endpoint().place}};
  const auto answer = poll.Get("/rpc/Shelly.GetDeviceInfo");
  const auto device = ParseJsonObject(answer.ok() ? *answer : "");
  if (device.ok()) {
    for (const char* name : {"id", "model", "ver"}) {
      if (const std::string text = PlainText(MemberOf(*device, name)); !text.empty()) {
        facts[name] = text;
      }
    }
  }
  return facts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenShelly(const SourceRequest& request,
                                                        const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(
      CheckOptionNames(request, WithHttpOptions(WithNetworkOptions({"id", "quantity"}))));
  WF_ASSIGN_OR_RETURN(const std::string quantity,
                      ChoiceOption(options, "quantity", {"energy", "power"}));
  WF_ASSIGN_OR_RETURN(const auto poll_period, NetworkPollPeriod(options));
  WF_ASSIGN_OR_RETURN(
      HttpEndpoint endpoint,
      ReadHttpEndpoint(options, HttpCredentials::Scheme::kDigest, milliseconds(2'000)));
  const std::string id = TextOption(options, "id", "0");
  if (id.empty() || id.find_first_not_of("0123456789") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("id is \"", id, "\": a relay's number"));
  }
  const bool is_energy = quantity == "energy";
  const NetworkDefaults defaults = DefaultsOf(is_energy);
  WF_ASSIGN_OR_RETURN(ChannelSpec spec, NetworkChannel(request, endpoint.place, defaults));
  const auto poll = std::make_shared<HttpPoll>(std::move(endpoint));
  WF_ASSIGN_OR_RETURN(const std::string path, FindMeter(*poll, id));
  WF_RETURN_IF_ERROR(Ask(*poll, path, is_energy).status());
  spec.facts_json = NetworkFacts(DeviceFacts(*poll, path), spec, defaults);
  return std::make_unique<AskedSource>(
      request.name, std::move(spec), poll_period,
      AskedSource::Question{[poll, path, is_energy] { return Ask(*poll, path, is_energy); },
                            is_energy ? 1e-3 : 0.1});
}

}  // namespace wattfleet::agent
