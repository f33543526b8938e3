#ifndef WF_COORDINATOR_EXCHANGE_BUNDLE_H_
#define WF_COORDINATOR_EXCHANGE_BUNDLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

struct BundleExport {
  std::string data_directory;
  std::string sweep;
  std::string path;        // of the bundle
  bool with_text = false;  // prompts, references, responses, and what graders took of them
  std::string made_by;     // version of this program
  std::int64_t made_unix_ms = 0;
};

// Writes a sweep into one file to share: results, verdicts, energies, environments, ledgers, traces
// and hashes, as they are stored; what names a person, a machine or an address under a pseudonym of
// this store. Works beside a coordinator. NOT_FOUND for an unknown sweep.
absl::Status ExportBundle(const BundleExport& options);

struct BundleImport {
  std::string data_directory;
  std::vector<std::string> paths;  // several become one sweep, of all their pairs
  std::string name;                // of the sweep; empty = as the (only) bundle says
};

struct ImportedSweep {
  std::string name;
  std::vector<std::string> labs;
  std::string workload_id;
  std::int64_t pairs = 0;
  std::int64_t results = 0;
};

// Adds what bundles hold to a data directory, as an ended sweep: figures that were measured stay
// so, under agents named "lab-.../agent-...". INVALID_ARGUMENT for a damaged file, ALREADY_EXISTS
// when the name is taken, FAILED_PRECONDITION when a coordinator holds the directory or several
// bundles are not of one workload, sample and set of graders, or have a pair in common. Whatever
// fails, nothing is added.
absl::StatusOr<ImportedSweep> ImportBundle(const BundleImport& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_BUNDLE_H_
