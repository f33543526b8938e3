#ifndef WF_AGENT_LINK_GRPC_COORDINATOR_LINK_H_
#define WF_AGENT_LINK_GRPC_COORDINATOR_LINK_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/link/coordinator_link.h"
#include "common/task/task_runner.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace wattfleet::agent {

// The Session stream over a gRPC channel. All calls on `runner`, which also runs the callbacks;
// both outlive the link. Disconnect does not wait: what was said before it still leaves, within 2
// s. The destructor waits, as long, until gRPC has let go of all streams.
class GrpcCoordinatorLink final : public CoordinatorLink {
 public:
  GrpcCoordinatorLink(std::shared_ptr<grpc::Channel> channel, TaskRunner& runner);
  ~GrpcCoordinatorLink() override;

  void Connect(const AgentHello& hello, Receiver& receiver) override;
  void Send(AgentMessage message) override;
  void Disconnect() override;

 private:
  class Stream;
  // Where the callbacks of the current stream go; what an earlier one still says is dropped.
  struct Route {
    std::uint64_t stream = 0;
    Receiver* receiver = nullptr;
  };

  const std::shared_ptr<grpc::Channel> channel_;
  TaskRunner& runner_;
  const std::shared_ptr<Route> route_;
  std::shared_ptr<Stream> stream_;
  std::vector<std::shared_ptr<Stream>> leaving_;  // disconnected, and not yet done
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_LINK_GRPC_COORDINATOR_LINK_H_
