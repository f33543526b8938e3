#ifndef WF_AGENT_POWER_PROMETHEUS_OPEN_PROMETHEUS_H_
#define WF_AGENT_POWER_PROMETHEUS_OPEN_PROMETHEUS_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// One sample of any exporter's page: a counter of energy or a gauge of power.
//
// Options: url of the page; metric, `NAME{label="value"}`; kind (counter, power); unit (J, mJ, uJ,
// Wh, kWh for a counter, W, mW, uW for power; the first unless given); scale (1), by which the
// value is multiplied; scope, and accuracy (0.05: within 5 %), which only the user can know and
// which must be given; those of WithHttpOptions, credentials as Basic; those of WithNetworkOptions:
// window_ms is 2,000. NOT_FOUND: no such sample on the page; FAILED_PRECONDITION: several.
absl::StatusOr<std::unique_ptr<PowerSource>> OpenPrometheus(const SourceRequest& request,
                                                            const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_PROMETHEUS_OPEN_PROMETHEUS_H_
