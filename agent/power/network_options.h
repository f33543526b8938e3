#ifndef WF_AGENT_POWER_NETWORK_OPTIONS_H_
#define WF_AGENT_POWER_NETWORK_OPTIONS_H_

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <nlohmann/json_fwd.hpp>

#include "agent/power/power_config.h"
#include "common/energy/channel.h"

namespace wattfleet::agent {

// What a sensor that is asked over the network, or through another program, has of its own.
struct NetworkDefaults {
  Scope scope = Scope::kWall;
  SampleKind kind = SampleKind::kPowerAverage;
  RawUnit unit;
  std::chrono::milliseconds window{0};  // kPowerAverage
  std::chrono::milliseconds update{1'000};
  double max_watts = 10'000;
  double error_half_width = 0;  // the sensor's own error lies within +- this share of its value
};

// The options that every such source has beside its own: poll_ms, scope, window_ms, update_ms,
// max_watts, device, name.
std::vector<std::string> WithNetworkOptions(std::vector<std::string> own);

// The option poll_ms, 100 to 60,000; once a second where it is not given.
absl::StatusOr<std::chrono::nanoseconds> NetworkPollPeriod(const SourceOptions& options);

// A channel "SOURCE/NAME/energy" or ".../power" as the options say; NAME is the option `name`, else
// `standard_name`. INVALID_ARGUMENT for a bad value. Its facts are left to the source.
absl::StatusOr<ChannelSpec> NetworkChannel(const SourceRequest& request,
                                           const std::string& standard_name,
                                           const NetworkDefaults& defaults);

// `own` facts of a source, with what was taken for the channel: window, update period, unit and
// systematic error.
std::string NetworkFacts(const nlohmann::json& own, const ChannelSpec& spec,
                         const NetworkDefaults& defaults);

// A whole number of milliseconds from `least` to `most`; `standard` where it is not given.
absl::StatusOr<std::chrono::milliseconds> MillisecondsOption(const SourceOptions& options,
                                                             const std::string& name,
                                                             std::chrono::milliseconds standard,
                                                             std::chrono::milliseconds least,
                                                             std::chrono::milliseconds most);

// A number above 0; `standard` where it is not given.
absl::StatusOr<double> PositiveOption(const SourceOptions& options, const std::string& name,
                                      double standard);

// One of `choices`, the first where it is not given.
absl::StatusOr<std::string> ChoiceOption(const SourceOptions& options, const std::string& name,
                                         const std::vector<std::string>& choices);

// The scope of that name; `standard` where it is not given.
absl::StatusOr<Scope> ScopeOption(const SourceOptions& options, Scope standard);

// The first line of a file that holds a secret; errors name the file and never what it holds.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

// A reading as a raw number: `value` / `per_raw`, rounded. kUnavailable for what cannot be a
// reading: not a number, infinite, negative, beyond 2^53.
ChannelValue RawReading(double value, double per_raw);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NETWORK_OPTIONS_H_
