#include "agent/backend/file_digest.h"

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include <sys/stat.h>
#include <xxhash.h>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

absl::StatusOr<std::string> ReadDigest(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("opening %s", path));
  }
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  XXH3_64bits_reset(state.get());
  std::vector<char> bytes(1U << 20);
  std::size_t n = 0;
  while ((n = std::fread(bytes.data(), 1, bytes.size(), file.get())) > 0) {
    XXH3_64bits_update(state.get(), bytes.data(), n);
  }
  if (std::ferror(file.get()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("reading %s", path));
  }
  return DigestText(XXH3_64bits_digest(state.get()));
}

class KnownDigests {
 public:
  absl::StatusOr<std::string> Get(const std::string& path) {
    WF_ASSIGN_OR_RETURN(const FileVersion version, FileVersionOf(path));
    absl::MutexLock lock(&mutex_);
    auto& [known, digest] = digests_[path];
    if (digest.empty() || known != version) {
      WF_ASSIGN_OR_RETURN(digest, ReadDigest(path));
      known = version;
    }
    return digest;
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::pair<FileVersion, std::string>> digests_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<FileVersion> FileVersionOf(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("opening %s", path));
  }
  if (!S_ISREG(facts.st_mode)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is not a file", path));
  }
#if defined(__APPLE__)
  const timespec& modified = facts.st_mtimespec;
#else
  const timespec& modified = facts.st_mtim;
#endif
  return FileVersion{.modified_ns = modified.tv_sec * 1'000'000'000LL + modified.tv_nsec,
                     .bytes = facts.st_size};
}

std::string DigestText(std::uint64_t xxh3) {
  return absl::StrFormat("xxh3:%016x", xxh3);
}

absl::StatusOr<std::string> FileDigest(const std::string& path) {
  static KnownDigests& digests = *new KnownDigests;
  return digests.Get(path);
}

}  // namespace wattfleet::agent
