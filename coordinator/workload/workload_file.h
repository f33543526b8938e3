#ifndef WF_COORDINATOR_WORKLOAD_WORKLOAD_FILE_H_
#define WF_COORDINATOR_WORKLOAD_WORKLOAD_FILE_H_

#include <cstdint>
#include <string>

namespace wattfleet::coordinator {

// The format of workload-<hash>.db, in PRAGMA user_version; raised with every change of the schema
// or of the canonical encoding that is hashed. Format 1 has no shots, and is still read.
inline constexpr std::int64_t kWorkloadFileVersion = 2;

// "options" and "answers" are JSON arrays of texts. query_key repeats what analysis needs, so that
// it need not read the texts.
inline constexpr char kWorkloadSchema[] = R"sql(
PRAGMA application_id = 0x57664c64;
PRAGMA user_version = 2;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dataset(dataset INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE subject(subject INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE stratum(
  dataset INTEGER NOT NULL, subject INTEGER NOT NULL, queries INTEGER NOT NULL,
  PRIMARY KEY (dataset, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE query(
  q INTEGER PRIMARY KEY, id TEXT NOT NULL, dataset INTEGER NOT NULL, subject INTEGER NOT NULL,
  grader TEXT NOT NULL, question TEXT NOT NULL, options TEXT NOT NULL, answers TEXT NOT NULL
  ) STRICT;
CREATE TABLE query_key(
  q INTEGER PRIMARY KEY, dataset INTEGER NOT NULL, subject INTEGER NOT NULL,
  options INTEGER NOT NULL) STRICT;
CREATE TABLE shot(
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, dataset TEXT NOT NULL, subject TEXT NOT NULL,
  grader TEXT NOT NULL, question TEXT NOT NULL, options TEXT NOT NULL, answers TEXT NOT NULL,
  worked TEXT NOT NULL) STRICT;
)sql";

// "<data_directory>/workload-<first 16 hex digits of the content's hash>.db"; `id` is
// "sha256:<hex>".
std::string WorkloadPath(const std::string& data_directory, const std::string& id);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_FILE_H_
