#include "coordinator/cli/output_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {

absl::Status WriteOutputFile(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (path.empty() || (fs::exists(status) && !fs::is_regular_file(status))) {
    return absl::InvalidArgumentError(
        absl::StrFormat("cannot write \"%s\": it is no regular file", path));
  }
  const fs::path parent = fs::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  if (!fs::is_directory(directory, error)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("cannot write \"%s\": there is no directory \"%s\"", path, directory));
  }
  WF_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(directory));
  WF_RETURN_IF_ERROR(file.Append(text));
  return file.Publish(path);
}

}  // namespace wattfleet::coordinator
