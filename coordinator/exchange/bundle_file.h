#ifndef WF_COORDINATOR_EXCHANGE_BUNDLE_FILE_H_
#define WF_COORDINATOR_EXCHANGE_BUNDLE_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// The file that a bundle is (docs/adr/2026-11-20-bundle-is-sqlite.md):
//   "wattfleet-bundle 1 <SHA-256 of the next line, hex>\n"
//   the header: one line of JSON, "members": [{"name", "bytes", "sha256"}] among it
//   one zstd frame: the members, one behind the other
inline constexpr int kBundleVersion = 1;

struct BundleAgent {
  std::int64_t id = 0;
  std::string name;
  bool operator==(const BundleAgent&) const = default;
};

struct BundleHeader {
  std::string lab;  // the pseudonym of where it was measured
  std::string sweep;
  std::string workload_id;
  std::string workload_name;
  std::string made_by;  // version of wattfleet
  std::int64_t made_unix_ms = 0;
  bool has_text = false;
  std::vector<BundleAgent> agents;
};

struct BundleMember {
  std::string name;
  std::string path;  // of the file that it is made of, or was unpacked to
};

// Writes a bundle to `path`, which is replaced only by a whole one.
absl::Status WriteBundle(const std::string& path, const BundleHeader& header,
                         const std::vector<BundleMember>& members);

// Reads the header and unpacks the members into an existing directory, under their names; checks
// every length and hash. INVALID_ARGUMENT, naming the file and what is wrong with it, for a file
// that is no bundle or is damaged; FAILED_PRECONDITION for one of a newer version; NOT_FOUND.
struct UnpackedBundle {
  BundleHeader header;
  std::map<std::string, std::string> members;  // name -> path
};
absl::StatusOr<UnpackedBundle> ReadBundle(const std::string& path, const std::string& directory);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_BUNDLE_FILE_H_
