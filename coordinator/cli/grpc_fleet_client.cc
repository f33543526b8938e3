#include "coordinator/cli/grpc_fleet_client.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "wattfleet/v1/control.grpc.pb.h"

#include "common/grpc/status_conversion.h"
#include "common/grpc/transport.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::seconds kCallDeadline{30};
// A report reads every result of its sweep.
constexpr std::chrono::seconds kReportDeadline{600};

PairProgress FromWire(const v1::PairStatus& wire) {
  return {.name = wire.name(),
          .state = wire.state(),
          .reason = wire.reason(),
          .units = wire.units(),
          .completed = wire.completed(),
          .failed = wire.failed(),
          .quarantined = wire.quarantined(),
          .open = wire.open(),
          .units_per_second = wire.units_per_second(),
          .agents = {wire.agents().begin(), wire.agents().end()}};
}

SweepProgress FromWire(const v1::SweepStatus& wire) {
  SweepProgress sweep{.id = wire.sweep_id(),
                      .name = wire.name(),
                      .state = wire.state(),
                      .reason = wire.reason(),
                      .pairs = {}};
  for (const v1::PairStatus& pair : wire.pairs()) {
    sweep.pairs.push_back(FromWire(pair));
  }
  return sweep;
}

AgentSummary FromWire(const v1::AgentStatus& wire) {
  AgentSummary agent{.name = wire.name(),
                     .state = wire.state(),
                     .health = wire.health(),
                     .version = wire.version(),
                     .instances = {},
                     .power_channels = {wire.power_channels().begin(), wire.power_channels().end()},
                     .results = wire.results()};
  for (const v1::AgentInstance& instance : wire.instances()) {
    agent.instances.push_back({.name = instance.name(),
                               .accelerator = instance.accelerator(),
                               .engines = {instance.engines().begin(), instance.engines().end()},
                               .work = instance.work()});
  }
  return agent;
}

v1::CommandRequest::Verb ToWire(SweepCommand command) {
  switch (command) {
    case SweepCommand::kPause:
      return v1::CommandRequest::PAUSE;
    case SweepCommand::kResume:
      return v1::CommandRequest::RESUME;
    case SweepCommand::kCancel:
      return v1::CommandRequest::CANCEL;
    case SweepCommand::kResumeJudge:
      return v1::CommandRequest::RESUME_JUDGE;
  }
  return v1::CommandRequest::PAUSE;
}

v1::RouteRequest ToWire(const StoredRouteRequest& request) {
  const RoutingTerms& terms = request.routing.terms;
  v1::RouteRequest wire;
  wire.set_sweep(request.sweep);
  wire.set_energy_class(request.energy_class);
  wire.set_baseline(request.routing.baseline);
  wire.mutable_pool()->Add(request.routing.pool.begin(), request.routing.pool.end());
  wire.mutable_router_accuracies()->Add(terms.router_accuracies.begin(),
                                        terms.router_accuracies.end());
  if (terms.assumed_baseline_joules) {
    wire.set_assumed_joules_low(terms.assumed_baseline_joules->low);
    wire.set_assumed_joules_high(terms.assumed_baseline_joules->high);
  }
  if (terms.electricity_usd_per_kwh) {
    wire.set_electricity_usd_per_kwh(*terms.electricity_usd_per_kwh);
  }
  wire.set_by_total_parameters(terms.by_total_parameters);
  wire.set_wasted_attempts(terms.wasted_attempts);
  wire.set_as_json(request.as_json);
  return wire;
}

class GrpcFleetClient final : public FleetClient {
 public:
  GrpcFleetClient(const std::string& address, const std::shared_ptr<grpc::Channel>& channel)
      : place_("the coordinator at " + address), control_(v1::Control::NewStub(channel)) {}

  absl::StatusOr<SubmitOutcome> Submit(const std::string& resolved_sweep,
                                       Unserved unserved) override {
    v1::SubmitRequest request;
    request.set_resolved_sweep(resolved_sweep);
    request.set_refuse_unserved(unserved == Unserved::kRefuse);
    v1::SubmitReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Submit, request, reply));
    return SubmitOutcome{.resumed = reply.resumed(),
                         .extended = reply.extended(),
                         .notes = {reply.notes().begin(), reply.notes().end()}};
  }

  absl::StatusOr<FleetProgress> Status(const std::string& sweep) override {
    v1::StatusRequest request;
    request.set_sweep(sweep);
    v1::StatusReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Status, request, reply));
    FleetProgress progress;
    for (const v1::SweepStatus& wire : reply.sweeps()) {
      progress.sweeps.push_back(FromWire(wire));
    }
    for (const v1::EventRecord& event : reply.events()) {
      progress.events.push_back(
          {.at_unix_ms = event.at_unix_ms(), .kind = event.kind(), .text = event.text()});
    }
    return progress;
  }

  absl::StatusOr<std::vector<AgentSummary>> Agents() override {
    v1::AgentsReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Agents, v1::AgentsRequest(), reply));
    std::vector<AgentSummary> agents;
    for (const v1::AgentStatus& agent : reply.agents()) {
      agents.push_back(FromWire(agent));
    }
    return agents;
  }

  absl::StatusOr<std::string> Command(const std::string& sweep, SweepCommand command) override {
    v1::CommandRequest request;
    request.set_sweep(sweep);
    request.set_verb(ToWire(command));
    v1::CommandReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Command, request, reply));
    return reply.state();
  }

  absl::StatusOr<std::string> Report(const ReportRequest& report) override {
    v1::ReportRequest request;
    request.set_sweep(report.sweep);
    request.set_format(report.format);
    request.set_energy_class(report.energy_class);
    request.set_grader(report.grader);
    request.set_weights(report.weights);
    request.set_weights_source(report.weights_source);
    request.set_timings(report.timings);
    if (report.pue) {
      request.set_pue(*report.pue);
      request.set_pue_source(report.pue_source);
    }
    v1::ReportReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Report, request, reply, kReportDeadline));
    return reply.text();
  }

  absl::StatusOr<std::string> Show(const ShowRequest& asked) override {
    v1::ShowRequest request;
    request.set_sweep(asked.sweep);
    request.set_pair(asked.pair);
    request.set_query(asked.query);
    request.set_repetition(asked.repetition);
    request.set_as_json(asked.as_json);
    v1::ShowReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Show, request, reply, kReportDeadline));
    return reply.text();
  }

  absl::StatusOr<std::string> Route(const StoredRouteRequest& asked) override {
    v1::RouteReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Route, ToWire(asked), reply, kReportDeadline));
    return reply.text();
  }

  absl::StatusOr<std::string> Compare(const CompareStoredRequest& asked) override {
    v1::CompareRequest request;
    request.set_a(asked.a);
    request.set_b(asked.b);
    request.set_energy_class(asked.energy_class);
    request.set_operating_points(asked.operating_points);
    request.set_as_json(asked.as_json);
    v1::CompareReply reply;
    WF_RETURN_IF_ERROR(Call(&v1::Control::Stub::Compare, request, reply, kReportDeadline));
    return reply.text();
  }

  const std::string& place() const override { return place_; }

 private:
  template <typename Method, typename Request, typename Reply>
  absl::Status Call(Method method, const Request& request, Reply& reply,
                    std::chrono::seconds deadline = kCallDeadline) {
    grpc::ClientContext context;
    context.set_deadline(SystemClock().WallNow() + deadline);
    return FromGrpcStatus(((*control_).*method)(&context, request, &reply));
  }

  std::string place_;
  std::unique_ptr<v1::Control::Stub> control_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FleetClient>> ConnectFleet(const std::string& address,
                                                          std::chrono::milliseconds patience) {
  WF_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                      OpenLoopbackChannel(address, kReplyBytesMax));
  if (!channel->WaitForConnected(SystemClock().WallNow() + patience)) {
    return absl::UnavailableError(absl::StrFormat(
        "no coordinator answers at %s; is `wattfleet-coordinator` running there?", address));
  }
  return std::make_unique<GrpcFleetClient>(address, channel);
}

}  // namespace wattfleet::coordinator
