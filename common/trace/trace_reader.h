#ifndef WF_COMMON_TRACE_TRACE_READER_H_
#define WF_COMMON_TRACE_TRACE_READER_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/trace/lease_trace.h"

namespace wattfleet {

// The trace that TraceWriter packed, every number within what a sensor and a clock can say, so that
// replaying it cannot overflow. INVALID_ARGUMENT for bytes that are none, that are damaged, or
// whose unpacked size is beyond 16 MiB; UNIMPLEMENTED for a newer version.
absl::StatusOr<LeaseTrace> ReadTrace(std::string_view packed);

// The same trace with other names of channels and devices, as `rewrite` gives them; everything else
// stays to the bit. Errors as ReadTrace.
absl::StatusOr<std::string> RewriteTraceTexts(
    std::string_view packed, const std::function<std::string(std::string_view)>& rewrite);

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_TRACE_READER_H_
