#ifndef WF_COMMON_STATUS_ANNOTATE_H_
#define WF_COMMON_STATUS_ANNOTATE_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace wattfleet {

// Puts `what` before the message of an error and keeps its code; OK stays OK.
inline absl::Status Annotate(const absl::Status& status, std::string_view what) {
  if (status.ok()) {
    return status;
  }
  return absl::Status(status.code(), absl::StrFormat("%s: %s", what, status.message()));
}

}  // namespace wattfleet

#endif  // WF_COMMON_STATUS_ANNOTATE_H_
