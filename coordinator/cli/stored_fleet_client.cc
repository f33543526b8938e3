#include "coordinator/cli/stored_fleet_client.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/report/names.h"
#include "coordinator/service/stored_audit.h"
#include "coordinator/service/stored_report.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

namespace {

PairProgress ToProgress(const PairSnapshot& pair) {
  const std::int64_t units = pair.judge ? JudgeUnits(*pair.judge).per_attempt() : pair.spec.n_units;
  const bool has_ended =
      pair.state == PairState::kComplete || pair.state == PairState::kCompleteWithGaps;
  const std::int64_t open = units - pair.completed - pair.failed - pair.quarantined;
  return {.name = PairName(pair.spec),
          .state = std::string(PairStateName(pair.state)),
          .reason = pair.reason,
          .units = units,
          .completed = pair.completed,
          .failed = pair.failed,
          .quarantined = pair.quarantined,
          .open = pair.judge && (has_ended || open < 0) ? 0 : open,
          .units_per_second = 0,
          .agents = {}};
}

class StoredFleetClient final : public FleetClient {
 public:
  explicit StoredFleetClient(std::string data_directory)
      : data_directory_(std::move(data_directory)), place_("the data in " + data_directory_) {}

  absl::StatusOr<SubmitOutcome> Submit(const std::string&, Unserved) override {
    return NeedsCoordinator();
  }

  absl::StatusOr<FleetProgress> Status(const std::string& sweep) override {
    FleetProgress progress;
    WF_ASSIGN_OR_RETURN(const std::vector<SweepRecord> sweeps, ListSweeps(data_directory_));
    for (const SweepRecord& record : sweeps) {
      if (sweep.empty() || record.name == sweep) {
        WF_RETURN_IF_ERROR(Add(record.name, progress));
      }
    }
    if (!sweep.empty() && progress.sweeps.empty()) {
      // Opening it says which sweeps there are.
      return OpenSweepView(data_directory_, sweep).status();
    }
    return progress;
  }

  absl::StatusOr<std::vector<AgentSummary>> Agents() override { return NeedsCoordinator(); }

  absl::StatusOr<std::string> Command(const std::string&, SweepCommand) override {
    return NeedsCoordinator();
  }

  absl::StatusOr<std::string> Report(const ReportRequest& request) override {
    return RenderStoredReport(data_directory_, {.sweep = request.sweep,
                                                .format = request.format,
                                                .energy_class = request.energy_class,
                                                .pue = request.pue,
                                                .pue_source = request.pue_source,
                                                .grader = request.grader,
                                                .weights = request.weights,
                                                .weights_source = request.weights_source,
                                                .timings = request.timings});
  }

  absl::StatusOr<std::string> Show(const ShowRequest& request) override {
    return ShowStoredResult(data_directory_, {.sweep = request.sweep,
                                              .pair = request.pair,
                                              .query = request.query,
                                              .repetition = request.repetition,
                                              .as_json = request.as_json});
  }

  absl::StatusOr<std::string> Route(const StoredRouteRequest& request) override {
    return RenderStoredRoute(data_directory_, request);
  }

  absl::StatusOr<std::string> Compare(const CompareStoredRequest& request) override {
    return CompareStored(data_directory_, request);
  }

  const std::string& place() const override { return place_; }

 private:
  absl::Status Add(const std::string& name, FleetProgress& progress) {
    constexpr std::int64_t kShownEvents = 20;
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                        OpenSweepView(data_directory_, name));
    const SweepRecord& record = view->sweep();
    SweepProgress& sweep = progress.sweeps.emplace_back();
    sweep.id = record.id.value;
    sweep.name = record.name;
    sweep.state = SweepStateName(record.state);
    sweep.reason = record.reason;
    WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, view->Pairs());
    for (const PairSnapshot& pair : pairs) {
      sweep.pairs.push_back(ToProgress(pair));
    }
    WF_ASSIGN_OR_RETURN(const std::vector<EventRow> events, view->Events(kShownEvents));
    for (const EventRow& event : events) {
      progress.events.push_back(
          {.at_unix_ms = event.at_unix_ms, .kind = event.kind, .text = event.text});
    }
    return absl::OkStatus();
  }

  absl::Status NeedsCoordinator() const {
    return absl::FailedPreconditionError(
        absl::StrFormat("no coordinator is at work on %s; start `wattfleet-coordinator --data %s "
                        "--insecure-loopback`",
                        data_directory_, data_directory_));
  }

  std::string data_directory_;
  std::string place_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FleetClient>> OpenStoredFleet(const std::string& data_directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(data_directory, error)) {
    return absl::NotFoundError(absl::StrFormat(
        "no data directory %s; name another with --data, or a coordinator with --coordinator",
        data_directory));
  }
  return std::make_unique<StoredFleetClient>(data_directory);
}

}  // namespace wattfleet::coordinator
