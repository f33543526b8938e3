#include "agent/power/prometheus/open_prometheus.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "agent/power/asked_source.h"
#include "agent/power/http_poll.h"
#include "agent/power/network_options.h"
#include "agent/power/prometheus/parse_prometheus.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPageBytesMax = 16U << 20;

struct Unit {
  std::string name;
  double in_micro;  // microjoules, or microwatts
};

std::vector<Unit> UnitsOf(bool is_counter) {
  if (is_counter) {
    return {{"J", 1e6}, {"mJ", 1e3}, {"uJ", 1}, {"Wh", 3.6e9}, {"kWh", 3.6e12}};
  }
  return {{"W", 1e6}, {"mW", 1e3}, {"uW", 1}};
}

absl::StatusOr<double> MicroPerValue(const SourceOptions& options, bool is_counter) {
  std::vector<std::string> names;
  for (const Unit& unit : UnitsOf(is_counter)) {
    names.push_back(unit.name);
  }
  WF_ASSIGN_OR_RETURN(const std::string name, ChoiceOption(options, "unit", names));
  WF_ASSIGN_OR_RETURN(const double scale, PositiveOption(options, "scale", 1));
  for (const Unit& unit : UnitsOf(is_counter)) {
    if (unit.name == name) {
      return unit.in_micro * scale;
    }
  }
  return absl::InternalError("a unit without a size");
}

absl::Status RequireScope(const SourceOptions& options) {
  if (options.contains("scope")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "scope is missing: what the metric covers, such as wall, node, accelerator or cpu-package");
}

struct Query {
  HttpPoll poll;
  PrometheusSelector selector;
};

absl::StatusOr<double> Ask(Query& query) {
  WF_ASSIGN_OR_RETURN(const std::string page, query.poll.Get("", kPageBytesMax));
  return FindPrometheusSample(page, query.selector);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenPrometheus(const SourceRequest& request,
                                                            const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(CheckOptionNames(
      request,
      WithHttpOptions(WithNetworkOptions({"metric", "kind", "unit", "scale", "accuracy"}))));
  WF_RETURN_IF_ERROR(RequireScope(options));
  WF_ASSIGN_OR_RETURN(const std::string kind, ChoiceOption(options, "kind", {"counter", "power"}));
  const bool is_counter = kind == "counter";
  WF_ASSIGN_OR_RETURN(const double micro, MicroPerValue(options, is_counter));
  WF_ASSIGN_OR_RETURN(const auto poll_period, NetworkPollPeriod(options));
  WF_ASSIGN_OR_RETURN(PrometheusSelector selector,
                      ParsePrometheusSelector(TextOption(options, "metric", "")));
  WF_ASSIGN_OR_RETURN(
      HttpEndpoint endpoint,
      ReadHttpEndpoint(options, HttpCredentials::Scheme::kBasic, milliseconds(2'000)));
  NetworkDefaults defaults;
  defaults.kind = is_counter ? SampleKind::kCounter : SampleKind::kPowerAverage;
  defaults.window = is_counter ? milliseconds(0) : milliseconds(2'000);
  WF_ASSIGN_OR_RETURN(defaults.error_half_width,
                      RequiredNumber(options, "accuracy",
                                     "what the sensor behind it is good to, such as 0.05 for 5 %"));
  WF_ASSIGN_OR_RETURN(ChannelSpec spec, NetworkChannel(request, selector.metric, defaults));
  spec.facts_json = NetworkFacts({{"metric", TextOption(options, "metric", "")},
                                  {"page", endpoint.url},
                                  {"uj_or_uw_per_value", micro}},
                                 spec, defaults);
  const std::shared_ptr<Query> query(new Query{HttpPoll(std::move(endpoint)), std::move(selector)});
  WF_RETURN_IF_ERROR(Ask(*query).status());
  return std::make_unique<AskedSource>(
      request.name, std::move(spec), poll_period,
      AskedSource::Question{[query] { return Ask(*query); }, 1 / micro});
}

}  // namespace wattfleet::agent
