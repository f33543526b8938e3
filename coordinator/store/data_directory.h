#ifndef WF_COORDINATOR_STORE_DATA_DIRECTORY_H_
#define WF_COORDINATOR_STORE_DATA_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/ids.h"

namespace wattfleet::coordinator {

// Where things are in a data directory.
std::string CatalogPath(const std::string& data_dir);
std::string SweepPath(const std::string& data_dir, SweepId sweep);
// The sweeps that have a file, ascending. NOT_FOUND when there is no such directory.
absl::StatusOr<std::vector<SweepId>> SweepsWithFile(const std::string& data_dir);

// Held by the one process that may write to a data directory; released when it ends, however it
// ends.
class DataDirectoryLock {
 public:
  // Creates the directory where needed. FAILED_PRECONDITION names the lock file and the process
  // that holds it.
  static absl::StatusOr<DataDirectoryLock> Acquire(const std::string& data_dir);

  DataDirectoryLock(DataDirectoryLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DataDirectoryLock& operator=(DataDirectoryLock&&) = delete;
  ~DataDirectoryLock();

 private:
  explicit DataDirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_DATA_DIRECTORY_H_
