#include "agent/spool/posix_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

absl::Status ErrnoStatus(const char* verb, const std::string& path) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return absl::Status(
      full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
      absl::StrFormat("cannot %s %s: %s", verb, path, std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<PosixFile> PosixFile::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return ErrnoStatus("open", path);
  }
  struct stat stat {};
  if (::fstat(descriptor, &stat) != 0) {
    const absl::Status status = ErrnoStatus("stat", path);
    ::close(descriptor);
    return status;
  }
  return PosixFile(path, descriptor, static_cast<std::uint64_t>(stat.st_size));
}

PosixFile::PosixFile(PosixFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

PosixFile& PosixFile::operator=(PosixFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

absl::Status PosixFile::Append(std::string_view bytes) {
  std::uint64_t end = size_;
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(end));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      const absl::Status status = ErrnoStatus("write to", path_);
      if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
        return ErrnoStatus("cut back", path_);
      }
      return status;
    }
    end += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  size_ = end;
  return absl::OkStatus();
}

absl::StatusOr<std::string> PosixFile::ReadAt(std::uint64_t offset, std::size_t size) const {
  if (offset > size_ || size > size_ - offset) {
    return absl::OutOfRangeError(absl::StrFormat("%s ends at byte %d", path_, size_));
  }
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(descriptor_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return ErrnoStatus("read", path_);
    }
    if (got == 0) {
      return absl::OutOfRangeError(absl::StrFormat("%s was cut short by another hand", path_));
    }
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

absl::Status PosixFile::Sync() {
#if defined(__APPLE__)
  const int result = ::fcntl(descriptor_, F_FULLFSYNC);
#else
  const int result = ::fdatasync(descriptor_);
#endif
  return result == 0 ? absl::OkStatus() : ErrnoStatus("sync", path_);
}

absl::Status PosixFile::Lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    return absl::OkStatus();
  }
  return errno == EWOULDBLOCK ? absl::FailedPreconditionError(
                                    absl::StrFormat("%s is locked by another process", path_))
                              : ErrnoStatus("lock", path_);
}

absl::Status SyncDirectory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return ErrnoStatus("open", path);
  }
  const absl::Status status =
      ::fsync(descriptor) == 0 ? absl::OkStatus() : ErrnoStatus("sync", path);
  ::close(descriptor);
  return status;
}

absl::Status ReplaceFile(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  if (std::remove(fresh.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus("remove", fresh);
  }
  {
    WF_ASSIGN_OR_RETURN(PosixFile file, PosixFile::Open(fresh));
    WF_RETURN_IF_ERROR(file.Append(content));
    WF_RETURN_IF_ERROR(file.Sync());
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return ErrnoStatus("rename", fresh);
  }
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

}  // namespace wattfleet::agent
