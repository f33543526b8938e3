#ifndef WF_AGENT_POWER_PROMETHEUS_PARSE_PROMETHEUS_H_
#define WF_AGENT_POWER_PROMETHEUS_PARSE_PROMETHEUS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// Which sample of an exposition is meant.
struct PrometheusSelector {
  std::string metric;
  std::map<std::string, std::string> labels;  // each of them equal; others may be anything
};

// Reads `METRIC` or `METRIC{label="value", ...}`. INVALID_ARGUMENT for anything else.
absl::StatusOr<PrometheusSelector> ParsePrometheusSelector(std::string_view text);

// The value of the one sample that is meant, in an exposition in the Prometheus text format or
// OpenMetrics; it may be NaN or infinite, the format has them.
// Comments, timestamps and exemplars are passed over, as are lines of other metrics that cannot be
// read. NOT_FOUND: no such sample; FAILED_PRECONDITION: several, with two of them;
// INVALID_ARGUMENT: a line of that metric that cannot be read.
absl::StatusOr<double> FindPrometheusSample(std::string_view exposition,
                                            const PrometheusSelector& selector);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_PROMETHEUS_PARSE_PROMETHEUS_H_
