#ifndef WF_COORDINATOR_CLI_FLEET_CLIENT_H_
#define WF_COORDINATOR_CLI_FLEET_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/plan/expand.h"
#include "coordinator/service/stored_compare.h"
#include "coordinator/service/stored_report.h"

namespace wattfleet::coordinator {

struct PairProgress {
  std::string name;
  std::string state;
  std::string reason;
  std::int64_t units = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  std::int64_t open = 0;
  double units_per_second = 0;
  std::vector<std::string> agents;  // at work on it now
};

struct SweepProgress {
  std::int64_t id = 0;
  std::string name;
  std::string state;  // pending running paused blocked cancelled complete complete_with_gaps
  std::string reason;
  std::vector<PairProgress> pairs;
};

struct FleetEvent {
  std::int64_t at_unix_ms = 0;
  std::string kind;
  std::string text;
};

struct FleetProgress {
  std::vector<SweepProgress> sweeps;
  std::vector<FleetEvent> events;
};

struct InstanceSummary {
  std::string name;
  std::string accelerator;
  std::vector<std::string> engines;
  std::string work;  // what it does now; empty = nothing
};

struct AgentSummary {
  std::string name;
  std::string state;  // live suspect detached
  std::string health;
  std::string version;
  std::vector<InstanceSummary> instances;
  std::vector<std::string> power_channels;
  std::int64_t results = 0;
};

struct SubmitOutcome {
  bool resumed = false;
  bool extended = false;
  std::vector<std::string> notes;
};

enum class SweepCommand { kPause, kResume, kCancel, kResumeJudge };

// What a report is to look like. INVALID_ARGUMENT from Report() names the nearest word.
struct ReportRequest {
  std::string sweep;
  std::string format = "table";       // RenderFormats() (report/render.h)
  std::string energy_class = "host";  // paper, host, host-nodram, wall, facility
  std::optional<double> pue;          // for class facility
  std::string pue_source;             // who says so, and when
  std::string grader;                 // NAME or NAME@VERSION; empty: the verdicts in force
  std::string weights;                // of subjects: lines `subject,weight`
  std::string weights_source;         // the file that they are from; empty: none
  bool timings = false;               // also in other tools' conventions
};

// Which result to show.
struct ShowRequest {
  std::string sweep;
  std::string pair;   // its name, or a part of it that no other's has
  std::string query;  // its id in the workload
  std::int64_t repetition = 0;
  bool as_json = false;
};

// The coordinator as the commands see it: a running one, or a data directory at rest. One thread.
class FleetClient {
 public:
  virtual ~FleetClient() = default;
  // FAILED_PRECONDITION from a data directory at rest, here and in the calls that need agents.
  virtual absl::StatusOr<SubmitOutcome> Submit(const std::string& resolved_sweep,
                                               Unserved unserved) = 0;
  // One sweep, or all when `sweep` is empty. NOT_FOUND names the nearest.
  virtual absl::StatusOr<FleetProgress> Status(const std::string& sweep) = 0;
  virtual absl::StatusOr<std::vector<AgentSummary>> Agents() = 0;
  // The state that the sweep is in afterwards.
  virtual absl::StatusOr<std::string> Command(const std::string& sweep, SweepCommand command) = 0;
  virtual absl::StatusOr<std::string> Report(const ReportRequest& request) = 0;
  // One result, rendered. NOT_FOUND names the nearest pair.
  virtual absl::StatusOr<std::string> Show(const ShowRequest& request) = 0;
  // What sending queries to the cheapest pair that answers them would save, rendered.
  virtual absl::StatusOr<std::string> Route(const StoredRouteRequest& request) = 0;
  // Two pairs or two sweeps side by side, rendered.
  virtual absl::StatusOr<std::string> Compare(const CompareStoredRequest& request) = 0;
  // Where it looks, for messages: "the coordinator at 127.0.0.1:7443".
  virtual const std::string& place() const = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_FLEET_CLIENT_H_
