#ifndef WF_COORDINATOR_CLI_OUTPUT_FILE_H_
#define WF_COORDINATOR_CLI_OUTPUT_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace wattfleet::coordinator {

// Writes `text` to a file beside `path`, then gives it that name: what was there stays whole until
// the new text is. INVALID_ARGUMENT where `path` is no place for a regular file.
absl::Status WriteOutputFile(const std::string& path, const std::string& text);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_OUTPUT_FILE_H_
