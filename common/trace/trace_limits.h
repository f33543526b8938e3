#ifndef WF_COMMON_TRACE_TRACE_LIMITS_H_
#define WF_COMMON_TRACE_TRACE_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"

#include "common/trace/lease_trace.h"

namespace wattfleet {

inline constexpr std::size_t kUnpackedBytesMax = 16U << 20;

// Whether every number of a trace is one that a sensor, a clock and the books can have come to, so
// that nothing overflows on the way through them. INVALID_ARGUMENT names the first that is not.
absl::Status CheckTraceLimits(const LeaseTrace& trace);

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_TRACE_LIMITS_H_
