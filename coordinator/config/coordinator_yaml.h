#ifndef WF_COORDINATOR_CONFIG_COORDINATOR_YAML_H_
#define WF_COORDINATOR_CONFIG_COORDINATOR_YAML_H_

#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// coordinator.yaml, with the defaults of the command line.
struct CoordinatorFile {
  std::string data_directory = "./wattfleet-data";
  std::string listen = "127.0.0.1:7443";  // HOST:PORT; port 0 picks a free one
  bool insecure_loopback = false;
  bool keep_traces = true;  // retention: {traces: all | none}
  bool operator==(const CoordinatorFile&) const = default;
};

// Reads coordinator.yaml; ${VAR} expands, a relative data directory is taken from the file's own
// folder. INVALID_ARGUMENT as "file:line:column: message"; NOT_FOUND when there is no such file.
absl::StatusOr<CoordinatorFile> LoadCoordinatorFile(const std::string& path);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CONFIG_COORDINATOR_YAML_H_
