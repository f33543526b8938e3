#include "coordinator/workload/durable_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {

absl::Status FileError(int error_number, const std::string& what) {
  const std::string message = absl::StrFormat("%s: %s", what, std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::StatusOr<TemporaryFile> TemporaryFile::Create(const std::string& directory) {
  std::string path = (std::filesystem::path(directory) / ".import-XXXXXX").string();
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0) {
    return FileError(errno, "cannot write to " + directory);
  }
  return TemporaryFile(std::move(path), descriptor);
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

absl::Status TemporaryFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return FileError(errno, "cannot write " + path_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::ReadAt(std::int64_t offset, char* to, std::size_t size) const {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(descriptor_, to + done, size - done,
                                static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (got == 0) {
      return absl::DataLossError(absl::StrFormat("%s is shorter than what was written", path_));
    }
    if (got < 0 && errno != EINTR) {
      return FileError(errno, "cannot read " + path_);
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Sync() {
  if (::fchmod(descriptor_, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) != 0 ||
      ::fsync(descriptor_) != 0) {
    return FileError(errno, "cannot flush " + path_);
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Publish(const std::string& final_path) {
  WF_RETURN_IF_ERROR(Sync());
  if (::rename(path_.c_str(), final_path.c_str()) != 0) {
    return FileError(errno, "cannot write " + final_path);
  }
  path_.clear();
  return SyncFile(std::filesystem::path(final_path).parent_path().string());
}

absl::Status SyncFile(const std::string& path) {
  const int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return FileError(errno, "cannot open " + path);
  }
  const bool flushed = ::fsync(descriptor) == 0;
  const int error_number = errno;
  ::close(descriptor);
  return flushed ? absl::OkStatus() : FileError(error_number, "cannot flush " + path);
}

}  // namespace wattfleet::coordinator
