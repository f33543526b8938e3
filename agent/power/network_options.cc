#include "agent/power/network_options.h"

#include <cmath>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "agent/power/kept_file.h"
#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/domain/nearest_name.h"
#include "common/domain/scope.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

using std::chrono::milliseconds;

std::vector<std::string> WithNetworkOptions(std::vector<std::string> own) {
  for (const char* name :
       {"poll_ms", "scope", "window_ms", "update_ms", "max_watts", "device", "name"}) {
    own.emplace_back(name);
  }
  return own;
}

absl::StatusOr<std::chrono::nanoseconds> NetworkPollPeriod(const SourceOptions& options) {
  return MillisecondsOption(options, "poll_ms", milliseconds(1'000), milliseconds(100),
                            milliseconds(60'000));
}

absl::StatusOr<ChannelSpec> NetworkChannel(const SourceRequest& request,
                                           const std::string& standard_name,
                                           const NetworkDefaults& defaults) {
  constexpr milliseconds kLongest(3'600'000);
  const SourceOptions& options = request.options;
  const bool is_counter = defaults.kind == SampleKind::kCounter;
  ChannelSpec spec;
  spec.name = absl::StrCat(request.name, "/", TextOption(options, "name", standard_name),
                           is_counter ? "/energy" : "/power");
  spec.kind = defaults.kind;
  spec.unit = defaults.unit;
  spec.device_id = TextOption(options, "device", "");
  WF_ASSIGN_OR_RETURN(spec.scope, ScopeOption(options, defaults.scope));
  WF_ASSIGN_OR_RETURN(spec.max_watts, PositiveOption(options, "max_watts", defaults.max_watts));
  WF_ASSIGN_OR_RETURN(spec.update_period, MillisecondsOption(options, "update_ms", defaults.update,
                                                             milliseconds(10), kLongest));
  if (defaults.kind == SampleKind::kPowerAverage) {
    WF_ASSIGN_OR_RETURN(spec.window, MillisecondsOption(options, "window_ms", defaults.window,
                                                        milliseconds(10), kLongest));
  } else if (options.contains("window_ms")) {
    return absl::InvalidArgumentError("window_ms is for readings of power; this counts energy");
  }
  return spec;
}

std::string NetworkFacts(const nlohmann::json& own, const ChannelSpec& spec,
                         const NetworkDefaults& defaults) {
  nlohmann::json facts = own;
  facts["update_period_ms"] = spec.update_period / milliseconds(1);
  if (spec.window.count() > 0) {
    facts["window_ms"] = spec.window / milliseconds(1);
  }
  facts["unit_uj_or_uw"] =
      static_cast<double>(spec.unit.numerator) / static_cast<double>(spec.unit.denominator);
  facts["systematic_relative"] = SystematicRelative(defaults.error_half_width);
  return facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<milliseconds> MillisecondsOption(const SourceOptions& options,
                                                const std::string& name, milliseconds standard,
                                                milliseconds least, milliseconds most) {
  const auto option = options.find(name);
  if (option == options.end()) {
    return standard;
  }
  std::int64_t ms = 0;
  if (!absl::SimpleAtoi(option->second, &ms) || ms < least.count() || ms > most.count()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is \"%s\": a whole number from %d to %d",
                                                      name, option->second, least.count(),
                                                      most.count()));
  }
  return milliseconds(ms);
}

absl::StatusOr<double> PositiveOption(const SourceOptions& options, const std::string& name,
                                      double standard) {
  return options.contains(name) ? RequiredNumber(options, name, "") : standard;
}

absl::StatusOr<std::string> ChoiceOption(const SourceOptions& options, const std::string& name,
                                         const std::vector<std::string>& choices) {
  const std::string text = TextOption(options, name, choices.front());
  for (const std::string& choice : choices) {
    if (text == choice) {
      return text;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is \"%s\"; %s", name, text, NearestText(text, choices)));
}

absl::StatusOr<Scope> ScopeOption(const SourceOptions& options, Scope standard) {
  const auto option = options.find("scope");
  if (option == options.end()) {
    return standard;
  }
  const std::optional<Scope> scope = ScopeByName(option->second);
  if (scope && IsSensorScope(*scope)) {
    return *scope;
  }
  std::vector<std::string> names;
  for (const ScopeRow& row : AllScopes()) {
    if (IsSensorScope(row.scope)) {
      names.emplace_back(row.name);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("scope is \"%s\"; %s", option->second, NearestText(option->second, names)));
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  WF_ASSIGN_OR_RETURN(std::string line, ReadFirstLine(path));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
    line.pop_back();
  }
  if (line.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is empty: a secret was expected"));
  }
  return line;
}

ChannelValue RawReading(double value, double per_raw) {
  constexpr double kLargestExact = 9'007'199'254'740'992.0;
  ChannelValue reading;
  const double raw = std::round(value / per_raw);
  if (!std::isfinite(raw) || value < 0 || raw > kLargestExact) {
    return reading;
  }
  reading.raw = static_cast<std::uint64_t>(raw);
  reading.fault = ReadFault::kNone;
  return reading;
}

}  // namespace wattfleet::agent
