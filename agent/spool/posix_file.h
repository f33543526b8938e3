#ifndef WF_AGENT_SPOOL_POSIX_FILE_H_
#define WF_AGENT_SPOOL_POSIX_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::agent {

// An open file that is appended to and read anywhere. Errors name the path; a full disk, quota or
// file size limit is RESOURCE_EXHAUSTED, anything else UNAVAILABLE.
class PosixFile {
 public:
  // Opens for reading and writing; creates the file, readable by its owner alone, if it is missing.
  static absl::StatusOr<PosixFile> Open(const std::string& path);
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&& other) noexcept;
  ~PosixFile();

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // All of `bytes` or none: what a failed write left behind is cut off again.
  absl::Status Append(std::string_view bytes);
  // OUT_OF_RANGE when the file ends before.
  absl::StatusOr<std::string> ReadAt(std::uint64_t offset, std::size_t size) const;
  // Makes everything appended survive a power cut.
  absl::Status Sync();
  // Takes the exclusive lock, which is held until this closes or the process ends.
  // FAILED_PRECONDITION when another process has it.
  absl::Status Lock();

 private:
  PosixFile(std::string path, int descriptor, std::uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Makes the names in a directory (files created, renamed, removed) survive a power cut.
absl::Status SyncDirectory(const std::string& path);

// Replaces the file at `path`: a reader, or the next start after a crash, finds the old content or
// the new.
absl::Status ReplaceFile(const std::string& path, std::string_view content);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_POSIX_FILE_H_
