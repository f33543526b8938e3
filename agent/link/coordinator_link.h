#ifndef WF_AGENT_LINK_COORDINATOR_LINK_H_
#define WF_AGENT_LINK_COORDINATOR_LINK_H_

#include "absl/status/status.h"

#include "common/domain/session.h"

namespace wattfleet::agent {

// One stream to the coordinator at a time. Calls and callbacks happen on the agent's task runner.
class CoordinatorLink {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnMessage(CoordinatorMessage message) = 0;
    // The stream is gone, for whatever reason; exactly once per Connect that was not Disconnected.
    // Everything sent and not acknowledged may or may not have arrived.
    virtual void OnDisconnected(absl::Status why) = 0;
  };

  virtual ~CoordinatorLink() = default;
  // Dials and, once connected, sends `hello` first. `receiver` outlives the link.
  virtual void Connect(const AgentHello& hello, Receiver& receiver) = 0;
  // Queues a message; dropped in silence when the stream is gone (the reconnect reconciles).
  virtual void Send(AgentMessage message) = 0;
  // Ends the stream on purpose; no callback follows.
  virtual void Disconnect() = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_LINK_COORDINATOR_LINK_H_
