#ifndef WF_COORDINATOR_SERVICE_SESSION_CHANNEL_H_
#define WF_COORDINATOR_SERVICE_SESSION_CHANNEL_H_

#include "common/domain/session.h"

namespace wattfleet::coordinator {

// The way back to one connected agent. Thread-safe; calls on a closed one do nothing.
class SessionChannel {
 public:
  virtual ~SessionChannel() = default;
  // Queues a message behind those before it.
  virtual void Deliver(const CoordinatorMessage& message) = 0;
  // Ends the stream after what is queued.
  virtual void Close() = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_SESSION_CHANNEL_H_
