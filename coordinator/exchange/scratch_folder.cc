#include "coordinator/exchange/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"

#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {

absl::StatusOr<ScratchFolder> ScratchFolder::Create(const std::string& directory) {
  std::string path = (std::filesystem::path(directory) / ".wattfleet-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    return FileError(errno, "cannot write to " + directory);
  }
  return ScratchFolder(std::move(path));
}

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

absl::Status ScratchFolder::Publish(const std::string& final_path) {
  std::error_code error;
  if (std::filesystem::exists(final_path, error)) {
    return absl::AlreadyExistsError(absl::StrFormat("%s is there already", final_path));
  }
  std::filesystem::permissions(path_, std::filesystem::perms(0755), error);
  std::filesystem::rename(path_, final_path, error);
  if (error) {
    return FileError(error.value(), "cannot write " + final_path);
  }
  path_.clear();
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
