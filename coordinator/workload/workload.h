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
  // False for one that came in a bundle without texts: good for reports, not to be asked.
  bool has_text = true;
};

// Where a query stands for analysis, without its text.
struct QueryKey {
  std::int64_t q = 0;
  std::int32_t dataset = 0;  // index into datasets()
  std::int32_t subject = 0;  // index into subjects()
  std::int32_t options = 0;  // 0 = not multiple choice
};

// An example that leads a prompt: a query that is none of the workload's, and how it is answered.
struct Shot {
  Query query;
  std::string worked;  // up to its answer; may be empty
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
  // What prompts may lead with, in the order of their file; none unless they were imported.
  virtual const std::vector<Shot>& shots() const;
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

// How a sweep asks: `prompt:` of its file.
struct PromptForm {
  // "auto"   the dataset's own: the question, the lettered options, and how to state the answer
  // "plain"  exactly the question
  // else     a text of the user's: "{question}" stands for the question, "{options}" for the
  //          options, one a line, "(A) ..."
  std::string prompt_template = "auto";
  std::int64_t shots = 0;  // how many examples lead, each in the form of the template
};

// A query's prompt. Pure; never fails. Of `shots` it takes the first of the query's dataset and
// subject, then the first others of its dataset.
std::string RenderPrompt(const Query& query, const PromptForm& form,
                         const std::vector<Shot>& shots = {});
// INVALID_ARGUMENT unless the template is "auto", "plain" or a text with "{question}".
absl::Status CheckTemplate(const std::string& prompt_template);
// FAILED_PRECONDITION, naming the dataset, when one of the workload's has fewer shots than asked
// for.
absl::Status CheckShots(const Workload& workload, const PromptForm& form);
// Name, version and hash of all the text that a prompt is made of beside the query:
// "auto-v2:1a2b3c4d", with shots "auto-v2+5:5e6f7a8b". For plan hashes and audits.
std::string TemplateId(const PromptForm& form, const std::vector<Shot>& shots = {});

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_H_
