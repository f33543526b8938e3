#include "coordinator/store/data_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace wattfleet::coordinator {

namespace {

std::string FirstLine(int fd) {
  std::array<char, 64> buffer{};
  const ssize_t n = pread(fd, buffer.data(), buffer.size(), 0);
  const std::string text(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  return text.substr(0, text.find('\n'));
}

// What the lock file says about its holder is for people; the lock itself is flock's.
bool WriteOwnPid(int fd) {
  const std::string line = absl::StrCat(getpid(), "\n");
  return ftruncate(fd, 0) == 0 &&
         pwrite(fd, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
}

}  // namespace

std::string CatalogPath(const std::string& data_dir) {
  return absl::StrCat(data_dir, "/catalog.db");
}

std::string SweepPath(const std::string& data_dir, SweepId sweep) {
  return absl::StrCat(data_dir, "/sweep-", sweep.value, ".db");
}

absl::StatusOr<std::vector<SweepId>> SweepsWithFile(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::directory_iterator files(data_dir, error);
  if (error) {
    return absl::NotFoundError(absl::StrFormat("data directory %s: %s", data_dir, error.message()));
  }
  constexpr std::string_view kBefore = "sweep-";
  constexpr std::string_view kAfter = ".db";
  std::vector<SweepId> sweeps;
  for (const auto& file : files) {
    const std::string name = file.path().filename();
    SweepId sweep;
    if (name.size() > kBefore.size() + kAfter.size() && name.starts_with(kBefore) &&
        name.ends_with(kAfter) &&
        absl::SimpleAtoi(name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size()),
                         &sweep.value) &&
        sweep.value > 0) {
      sweeps.push_back(sweep);
    }
  }
  std::sort(sweeps.begin(), sweeps.end());
  return sweeps;
}

absl::StatusOr<DataDirectoryLock> DataDirectoryLock::Acquire(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot create data directory %s: %s", data_dir, error.message()));
  }
  const std::string path = absl::StrCat(data_dir, "/lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot open %s: %s", path, std::strerror(errno)));
  }
  DataDirectoryLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("data directory %s is in use by process %s, which holds %s", data_dir,
                        FirstLine(fd), path));
  }
  if (!WriteOwnPid(fd)) {
    return absl::UnavailableError(
        absl::StrFormat("cannot write %s: %s", path, std::strerror(errno)));
  }
  return lock;
}

DataDirectoryLock::~DataDirectoryLock() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

}  // namespace wattfleet::coordinator
