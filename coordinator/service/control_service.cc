#include "coordinator/service/control_service.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "common/domain/nearest_name.h"
#include "common/grpc/status_conversion.h"
#include "coordinator/report/names.h"
#include "coordinator/service/open_served_sweep.h"
#include "coordinator/service/status_wire.h"
#include "coordinator/service/stored_audit.h"
#include "coordinator/service/stored_compare.h"
#include "coordinator/service/stored_report.h"
#include "coordinator/service/submission.h"

namespace wattfleet::coordinator {

namespace {

absl::Status NoSuchSweep(const CoordinatorCore& core, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [id, sweep] : core.sweeps()) {
    names.push_back(sweep.record.name);
  }
  return absl::NotFoundError(names.empty()
                                 ? absl::StrCat("no sweep ", name, "; there is none yet")
                                 : absl::StrCat("no sweep ", name, "; ", NearestText(name, names)));
}

StoredRouteRequest FromWire(const v1::RouteRequest& wire) {
  StoredRouteRequest request{
      .sweep = wire.sweep(), .energy_class = wire.energy_class(), .as_json = wire.as_json()};
  request.routing.baseline = wire.baseline();
  request.routing.pool = {wire.pool().begin(), wire.pool().end()};
  RoutingTerms& terms = request.routing.terms;
  if (!wire.router_accuracies().empty()) {
    terms.router_accuracies = {wire.router_accuracies().begin(), wire.router_accuracies().end()};
  }
  if (wire.has_assumed_joules_low() && wire.has_assumed_joules_high()) {
    terms.assumed_baseline_joules =
        AssumedJoules{.low = wire.assumed_joules_low(), .high = wire.assumed_joules_high()};
  }
  if (wire.has_electricity_usd_per_kwh()) {
    terms.electricity_usd_per_kwh = wire.electricity_usd_per_kwh();
  }
  terms.by_total_parameters = wire.by_total_parameters();
  terms.wasted_attempts = wire.wasted_attempts();
  return request;
}

}  // namespace

grpc::ServerUnaryReactor* ControlService::Submit(grpc::CallbackServerContext* context,
                                                 const v1::SubmitRequest* request,
                                                 v1::SubmitReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_.pool().Post([this, request, reply, reactor] {
    auto opened = OpenServedSweep(loop_.data_directory(), request->resolved_sweep());
    loop_.OnRunner([request, reply, reactor, opened](CoordinatorLoop& loop) {
      if (!opened.ok()) {
        reactor->Finish(ToGrpcStatus(opened.status()));
        return;
      }
      const absl::StatusOr<Submitted> submitted =
          SubmitSweep(loop, request->resolved_sweep(), *opened,
                      request->refuse_unserved() ? Unserved::kRefuse : Unserved::kWait);
      if (submitted.ok()) {
        reply->set_sweep_id(submitted->sweep.value);
        reply->set_resumed(submitted->resumed);
        reply->set_extended(submitted->extended);
        for (const std::string& note : submitted->notes) {
          reply->add_notes(note);
        }
      }
      loop.OnceDurable(
          [reactor, status = submitted.status()] { reactor->Finish(ToGrpcStatus(status)); });
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Status(grpc::CallbackServerContext* context,
                                                 const v1::StatusRequest* request,
                                                 v1::StatusReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_.OnRunner([request, reply, reactor](CoordinatorLoop& loop) {
    for (const auto& [id, sweep] : loop.core().sweeps()) {
      if (request->sweep().empty() || request->sweep() == sweep.record.name) {
        ToWire(loop.core(), sweep, *reply->add_sweeps());
      }
    }
    if (!request->sweep().empty() && reply->sweeps().empty()) {
      reactor->Finish(ToGrpcStatus(NoSuchSweep(loop.core(), request->sweep())));
      return;
    }
    if (!loop.store_health().empty()) {
      v1::EventRecord& event = *reply->add_events();
      event.set_kind("STORE");
      event.set_text(loop.store_health());
    }
    for (const RecordEvent& event : loop.recent_events()) {
      v1::EventRecord& out = *reply->add_events();
      out.set_at_unix_ms(event.at_unix_ms);
      out.set_kind(event.kind);
      out.set_text(event.text);
    }
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Agents(grpc::CallbackServerContext* context,
                                                 const v1::AgentsRequest*, v1::AgentsReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_.OnRunner([reply, reactor](CoordinatorLoop& loop) {
    AgentsToWire(loop.core(), loop.Now().monotonic, *reply);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Command(grpc::CallbackServerContext* context,
                                                  const v1::CommandRequest* request,
                                                  v1::CommandReply* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_.OnRunner([request, reply, reactor](CoordinatorLoop& loop) {
    const SweepEntry* sweep = loop.core().FindSweep(request->sweep());
    if (sweep == nullptr) {
      reactor->Finish(ToGrpcStatus(NoSuchSweep(loop.core(), request->sweep())));
      return;
    }
    const SweepState before = sweep->record.state;
    const bool ended = before == SweepState::kComplete || before == SweepState::kCompleteWithGaps ||
                       before == SweepState::kCancelled;
    if (ended) {
      reactor->Finish(ToGrpcStatus(absl::FailedPreconditionError(
          "sweep " + request->sweep() + " is " + std::string(SweepStateName(before)))));
      return;
    }
    const SweepVerb verb = request->verb() == v1::CommandRequest::PAUSE    ? SweepVerb::kPause
                           : request->verb() == v1::CommandRequest::RESUME ? SweepVerb::kResume
                           : request->verb() == v1::CommandRequest::RESUME_JUDGE
                               ? SweepVerb::kResumeJudge
                               : SweepVerb::kCancel;
    loop.Apply(SweepCommanded{sweep->record.id, verb});
    reply->set_state(std::string(SweepStateName(sweep->record.state)));
    loop.OnceDurable([reactor] { reactor->Finish(grpc::Status::OK); });
  });
  return reactor;
}

template <typename Reply>
grpc::ServerUnaryReactor* ControlService::AnswerWithText(
    grpc::CallbackServerContext* context, Reply* reply,
    std::function<absl::StatusOr<std::string>()> render) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_.pool().Post([reply, reactor, render = std::move(render)] {
    absl::StatusOr<std::string> text = render();
    if (text.ok()) {
      reply->set_text(*std::move(text));
    }
    reactor->Finish(ToGrpcStatus(text.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Report(grpc::CallbackServerContext* context,
                                                 const v1::ReportRequest* request,
                                                 v1::ReportReply* reply) {
  return AnswerWithText(context, reply, [this, request] {
    StoredReportRequest asked{.sweep = request->sweep(),
                              .format = request->format(),
                              .energy_class = request->energy_class(),
                              .grader = request->grader(),
                              .weights = request->weights(),
                              .weights_source = request->weights_source(),
                              .timings = request->timings()};
    if (request->has_pue()) {
      asked.pue = request->pue();
      asked.pue_source = request->pue_source();
    }
    return RenderStoredReport(loop_.data_directory(), asked);
  });
}

grpc::ServerUnaryReactor* ControlService::Show(grpc::CallbackServerContext* context,
                                               const v1::ShowRequest* request,
                                               v1::ShowReply* reply) {
  return AnswerWithText(context, reply, [this, request] {
    return ShowStoredResult(loop_.data_directory(), {.sweep = request->sweep(),
                                                     .pair = request->pair(),
                                                     .query = request->query(),
                                                     .repetition = request->repetition(),
                                                     .as_json = request->as_json()});
  });
}

grpc::ServerUnaryReactor* ControlService::Route(grpc::CallbackServerContext* context,
                                                const v1::RouteRequest* request,
                                                v1::RouteReply* reply) {
  return AnswerWithText(context, reply, [this, request] {
    return RenderStoredRoute(loop_.data_directory(), FromWire(*request));
  });
}

grpc::ServerUnaryReactor* ControlService::Compare(grpc::CallbackServerContext* context,
                                                  const v1::CompareRequest* request,
                                                  v1::CompareReply* reply) {
  return AnswerWithText(context, reply, [this, request] {
    return CompareStored(loop_.data_directory(), {.a = request->a(),
                                                  .b = request->b(),
                                                  .energy_class = request->energy_class(),
                                                  .operating_points = request->operating_points(),
                                                  .as_json = request->as_json()});
  });
}

grpc::ServerUnaryReactor* ControlService::Shutdown(grpc::CallbackServerContext* context,
                                                   const v1::ShutdownRequest*, v1::ShutdownReply*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  shut_down_();
  return reactor;
}

}  // namespace wattfleet::coordinator
