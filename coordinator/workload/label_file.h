#ifndef WF_COORDINATOR_WORKLOAD_LABEL_FILE_H_
#define WF_COORDINATOR_WORKLOAD_LABEL_FILE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// Names of the 22 categories of the Anthropic Economic Index, and "None", as Saad-Falcon et al.
// (arXiv:2511.07885, table 4) spell them.
const std::vector<std::string>& EconomicLabels();

// A category for each query, by its id: rows {"id", "label"}, JSON lines or CSV, plain, gz or zstd.
// Holds 32 bytes an id.
class LabelFile {
 public:
  // `label_set` = "economic" refuses every other label; empty takes any. INVALID_ARGUMENT, with
  // FILE:LINE: a row that cannot be read, lacks its id or label, an unknown label (the nearest is
  // named), or an id with two labels; or an unknown set.
  static absl::StatusOr<LabelFile> Read(const std::string& path, const std::string& label_set);

  // Null where the file has none for this query.
  const std::string* LabelOf(const std::string& id) const;

 private:
  absl::flat_hash_map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> label_of_;
  std::vector<std::string> labels_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_LABEL_FILE_H_
