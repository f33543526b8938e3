#ifndef WF_AGENT_BACKEND_FILE_DIGEST_H_
#define WF_AGENT_BACKEND_FILE_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// Which content of a path is meant: another time or size, another content.
struct FileVersion {
  std::int64_t modified_ns = 0;
  std::int64_t bytes = 0;
  bool operator==(const FileVersion&) const = default;
};

// NOT_FOUND, PERMISSION_DENIED; INVALID_ARGUMENT: not a regular file.
absl::StatusOr<FileVersion> FileVersionOf(const std::string& path);

// How digests of files are written: "xxh3:" and 16 hex digits of XXH3-64.
std::string DigestText(std::uint64_t xxh3);

// The digest of a file's bytes, remembered while the file does not change. Reads the file whole:
// weights of 8 GB take seconds. Thread-safe.
absl::StatusOr<std::string> FileDigest(const std::string& path);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_FILE_DIGEST_H_
