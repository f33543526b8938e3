#ifndef WF_AGENT_POWER_AMDGPU_GPU_METRICS_H_
#define WF_AGENT_POWER_AMDGPU_GPU_METRICS_H_

#include <optional>
#include <string_view>

#include "common/domain/flags.h"

namespace wattfleet::agent {

// Why an AMD card's clocks are held back at the moment, from the table in its file gpu_metrics:
// THERMAL_THROTTLED for heat of any part and for what asserts PROCHOT, POWER_CAPPED for its package
// power limits. Nothing where the table is of another form than 1.3 (cards of the years 2020 to
// 2023; those of chips with a CPU and of the MI300 say it otherwise), or leaves it out.
std::optional<Flags> ThrottleFlagsOf(std::string_view table);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMDGPU_GPU_METRICS_H_
