#ifndef WF_COORDINATOR_WORKLOAD_DURABLE_FILE_H_
#define WF_COORDINATOR_WORKLOAD_DURABLE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// An empty file of its own in a directory, hidden (its name starts with "."), gone when this ends
// unless it was published.
class TemporaryFile {
 public:
  static absl::StatusOr<TemporaryFile> Create(const std::string& directory);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  const std::string& path() const { return path_; }
  // Appends all of `bytes`.
  absl::Status Append(std::string_view bytes);
  // Fills all of [to, to + size) from `offset`.
  absl::Status ReadAt(std::int64_t offset, char* to, std::size_t size) const;
  // Flushes it to disk and makes it readable for others.
  absl::Status Sync();
  // Sync, then its final name, replacing what had it.
  absl::Status Publish(const std::string& final_path);

 private:
  TemporaryFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_ = -1;
};

// fsync of a file or a directory.
absl::Status SyncFile(const std::string& path);

// The error of a failed system call: RESOURCE_EXHAUSTED for a full disk, PERMISSION_DENIED,
// NOT_FOUND, else INTERNAL.
absl::Status FileError(int error_number, const std::string& what);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_DURABLE_FILE_H_
