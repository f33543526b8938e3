#ifndef WF_COORDINATOR_SERVICE_CONTROL_SERVICE_H_
#define WF_COORDINATOR_SERVICE_CONTROL_SERVICE_H_

#include <functional>
#include <utility>

#include "wattfleet/v1/control.grpc.pb.h"

#include "coordinator/service/coordinator_loop.h"

namespace wattfleet::coordinator {

// The operator's side of the coordinator. Every call posts and returns; files are read on the pool,
// decisions are made on the loop's runner.
class ControlService final : public v1::Control::CallbackService {
 public:
  // `shut_down` asks main to end the process; it may be called more than once, on any thread.
  ControlService(CoordinatorLoop& loop, std::function<void()> shut_down)
      : loop_(loop), shut_down_(std::move(shut_down)) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitReply* reply) override;
  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* request,
                                   v1::StatusReply* reply) override;
  grpc::ServerUnaryReactor* Agents(grpc::CallbackServerContext* context,
                                   const v1::AgentsRequest* request,
                                   v1::AgentsReply* reply) override;
  grpc::ServerUnaryReactor* Command(grpc::CallbackServerContext* context,
                                    const v1::CommandRequest* request,
                                    v1::CommandReply* reply) override;
  grpc::ServerUnaryReactor* Report(grpc::CallbackServerContext* context,
                                   const v1::ReportRequest* request,
                                   v1::ReportReply* reply) override;
  grpc::ServerUnaryReactor* Show(grpc::CallbackServerContext* context,
                                 const v1::ShowRequest* request, v1::ShowReply* reply) override;
  grpc::ServerUnaryReactor* Route(grpc::CallbackServerContext* context,
                                  const v1::RouteRequest* request, v1::RouteReply* reply) override;
  grpc::ServerUnaryReactor* Compare(grpc::CallbackServerContext* context,
                                    const v1::CompareRequest* request,
                                    v1::CompareReply* reply) override;
  grpc::ServerUnaryReactor* Shutdown(grpc::CallbackServerContext* context,
                                     const v1::ShutdownRequest* request,
                                     v1::ShutdownReply* reply) override;

 private:
  // Ends the call with the text that `render` makes, on the pool.
  template <typename Reply>
  grpc::ServerUnaryReactor* AnswerWithText(grpc::CallbackServerContext* context, Reply* reply,
                                           std::function<absl::StatusOr<std::string>()> render);

  CoordinatorLoop& loop_;
  std::function<void()> shut_down_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_CONTROL_SERVICE_H_
