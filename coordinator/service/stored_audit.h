#ifndef WF_COORDINATOR_SERVICE_STORED_AUDIT_H_
#define WF_COORDINATOR_SERVICE_STORED_AUDIT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

struct ShowStoredRequest {
  std::string sweep;
  std::string pair;
  std::string query;
  std::int64_t repetition = 0;
  bool as_json = false;
};

// One result of a data directory with all that is known of it, rendered; also beside a running
// coordinator. NOT_FOUND: no such sweep, pair, query or result.
absl::StatusOr<std::string> ShowStoredResult(const std::string& data_directory,
                                             const ShowStoredRequest& request);

struct ReattributeStoredRequest {
  std::string sweep;
  std::string method = "alloc-v1";
  std::string energy_class = "host";
  bool store = false;  // another method's figures are written beside the stored ones
  bool as_json = false;
};
struct ReattributeStoredReply {
  std::string text;
  bool is_identical = false;  // of method alloc-v1: to what is stored
};

// The energy of a sweep of a data directory computed again from its traces. INVALID_ARGUMENT: an
// unknown method or class, or alloc-v1 to be stored; FAILED_PRECONDITION: to be stored while
// another process holds the directory; UNAVAILABLE: the sweep has no traces.
absl::StatusOr<ReattributeStoredReply> ReattributeStored(const std::string& data_directory,
                                                         const ReattributeStoredRequest& request);

struct JudgeSampleRequest {
  std::string sweep;
  std::int64_t answers = 200;
  std::string labelled;  // a labelled sheet to read; empty: a blank one is made
};

// A blind sheet of a sweep's judged answers, or, of a labelled one, what its labels say of the
// judge; they are kept as verdicts of grader "human", in place of earlier ones. INVALID_ARGUMENT:
// what is wrong in the sheet; FAILED_PRECONDITION: nothing is judged, or another process holds the
// directory that labels are to be kept in.
absl::StatusOr<std::string> JudgeSampleStored(const std::string& data_directory,
                                              const JudgeSampleRequest& request);

struct RegradeStoredRequest {
  std::string sweep;
  std::string grader;  // empty: each query's own
  bool as_json = false;
};

// Adds the verdicts of another grader, or of this program's version of the queries' own, to a sweep
// of a data directory; those in force stay. Doing it again changes nothing. INVALID_ARGUMENT: no
// such grader; NOT_FOUND: no such sweep; FAILED_PRECONDITION: another process holds the directory.
absl::StatusOr<std::string> RegradeStored(const std::string& data_directory,
                                          const RegradeStoredRequest& request);

struct CompareGradersRequest {
  std::string sweep;
  std::string grader;
  std::int64_t samples = 3;
  bool as_json = false;
};

// Where another grader would judge the answers of a data directory's sweep differently; nothing is
// changed. INVALID_ARGUMENT: no such grader; NOT_FOUND: no such sweep.
absl::StatusOr<std::string> CompareGradersStored(const std::string& data_directory,
                                                 const CompareGradersRequest& request);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_STORED_AUDIT_H_
