#ifndef WF_COORDINATOR_EXCHANGE_SCRATCH_FOLDER_H_
#define WF_COORDINATOR_EXCHANGE_SCRATCH_FOLDER_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// A hidden folder beside where something is to appear, gone with all in it when this ends.
class ScratchFolder {
 public:
  // PERMISSION_DENIED, NOT_FOUND and others name the directory.
  static absl::StatusOr<ScratchFolder> Create(const std::string& directory);
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  const std::string& path() const { return path_; }
  // Gives the folder itself its final name, where nothing may be yet. ALREADY_EXISTS.
  absl::Status Publish(const std::string& final_path);

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_SCRATCH_FOLDER_H_
