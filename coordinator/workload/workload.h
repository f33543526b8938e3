#ifndef WF_COORDINATOR_WORKLOAD_WORKLOAD_H_
#define WF_COORDINATOR_WORKLOAD_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/query.h"

namespace wattfleet::coordinator {

struct DatasetCount {
  std::string dataset;
  std::string subject;
  std::int64_t queries = 0;
};

struct WorkloadFacts {
  std::string id;    // "sha256:<hex>" of the content
  std::string name;  // that it was first imported under; FindWorkload knows them all
  std::int64_t queries = 0;
  std::vector<DatasetCount> strata;
};

// Where a query stands for analysis, without its text.
struct QueryKey {
  std::int64_t q = 0;
  std::int32_t dataset = 0;  // index into datasets()
  std::int32_t subject = 0;  // index into subjects()
  std::int32_t options = 0;  // 0 = not multiple choice
};

// An immutable, content-hashed, ordered set of queries, read from its file. Thread-safe: any number
// of threads may read at once (each gets its own connection).
class Workload {
 public:
  virtual ~Workload() = default;
  virtual const WorkloadFacts& facts() const = 0;
  // The query at place q. OUT_OF_RANGE outside [0, queries).
  virtual absl::StatusOr<Query> Get(std::int64_t q) const = 0;
  virtual const std::vector<std::string>& datasets() const = 0;
  virtual const std::vector<std::string>& subjects() const = 0;
  // One per query, by q.
  virtual absl::StatusOr<std::vector<QueryKey>> Keys() const = 0;
};

// Opens workload-<hash>.db. NOT_FOUND, or DATA_LOSS when its content does not match its hash's
// recorded row count.
absl::StatusOr<std::unique_ptr<Workload>> OpenWorkload(const std::string& path);

// The path of the workload named `name` (or "sha256:..." id) in a data directory. NOT_FOUND names
// the nearest name there.
absl::StatusOr<std::string> FindWorkload(const std::string& data_directory,
                                         const std::string& name);

// Places of a stratified, seeded, nested sample of `limit` queries (all when absent): limit 1000 is
// a subset of limit 2000. Import stores queries in a seeded (dataset, subject)-stratified order, so
// with the workload's own seed this is its prefix.
std::vector<std::int64_t> SampleOf(std::int64_t queries, std::optional<std::int64_t> limit);

// A query's prompt under a template. Pure; never fails.
//   "auto"   by the query's grader: the question, the lettered options, and how to state the answer
//   "plain"  exactly the question
//   else     a text of the user's: "{question}" stands for the question, "{options}" for the
//            options, one a line, "(A) ..."
std::string RenderPrompt(const Query& query, const std::string& prompt_template);
// INVALID_ARGUMENT unless the template is "auto", "plain" or a text with "{question}".
absl::Status CheckTemplate(const std::string& prompt_template);
// Name, version and hash of the template's text, "auto-v1:1a2b3c4d", for plan hashes and audits.
std::string TemplateId(const std::string& prompt_template);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_H_
