#ifndef WF_COORDINATOR_WORKLOAD_ROW_FILTER_H_
#define WF_COORDINATOR_WORKLOAD_ROW_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"

#include "common/domain/query.h"

namespace wattfleet::coordinator {

enum class FilterKind {
  kNoReference,  // rows without an answer to compare with
  kNonEnglish,   // rows tagged with a language that is not English; untagged ones stay
  kToxic,        // rows tagged toxic, as a whole or in a turn; untagged ones stay
  kTooLong,      // questions of more than `characters`
  kTooShort,     // questions of fewer than `characters`
  kDuplicates,   // questions (with their options) that an earlier row had
};

// One filter of an import; it removes rows that are well formed.
struct RowFilter {
  FilterKind kind = FilterKind::kNoReference;
  std::int64_t characters = 0;  // of kTooLong and kTooShort
  std::string name;             // as asked for: "too-long=8000"
  bool operator==(const RowFilter&) const = default;
};

// Reads one --filter: no-reference, non-english, toxic, duplicates, too-long[=CHARACTERS] (32000
// unless said, the study's limit; Saad-Falcon et al., arXiv:2511.07885, appendix B.1),
// too-short=CHARACTERS, or study = no-reference, non-english, too-long and duplicates. Comma lists
// too. INVALID_ARGUMENT names the nearest.
absl::StatusOr<std::vector<RowFilter>> ParseFilters(const std::string& spec);

// What a row says of itself beside its query.
struct RowTags {
  std::optional<std::string> language;
  bool is_toxic = false;
};

// Applies filters to one row after another and counts what each removes. A row counts under the
// first that removes it, in this order: no-reference, non-english, toxic, too-long, too-short,
// duplicates, so that a count does not depend on the order in which filters are named. Memory: 32
// bytes a row with `duplicates`. Not thread-safe.
class RowFilters {
 public:
  explicit RowFilters(std::vector<RowFilter> filters);

  bool Has(FilterKind kind) const;
  // Whether the row goes.
  bool Removes(const Query& query, const RowTags& tags);
  // Each filter and what it removed, in the order of application.
  const std::vector<std::pair<RowFilter, std::int64_t>>& counts() const { return counts_; }

 private:
  bool Removes(const RowFilter& filter, const Query& query, const RowTags& tags);

  std::vector<std::pair<RowFilter, std::int64_t>> counts_;
  absl::flat_hash_set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // of questions
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_FILTER_H_
