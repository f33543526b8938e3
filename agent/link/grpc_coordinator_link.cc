#include "agent/link/grpc_coordinator_link.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "wattfleet/v1/fleet.grpc.pb.h"

#include "common/grpc/status_conversion.h"
#include "common/wire/session_wire.h"

namespace wattfleet::agent {

namespace {

// For a farewell; a dead coordinator must not hold up an agent that stops or reconnects.
constexpr absl::Duration kPatience = absl::Seconds(1);

}  // namespace

// One stream. gRPC's callbacks come on its own threads; they parse and post. One write is in flight
// at a time, the rest waits in `queue_`, which the credit and the leases bound.
class GrpcCoordinatorLink::Stream final
    : public grpc::ClientBidiReactor<v1::AgentMsg, v1::CoordMsg> {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, TaskRunner& runner,
         std::shared_ptr<Route> route)
      : runner_(runner), route_(std::move(route)), number_(route_->stream) {
    stub_ = v1::Fleet::NewStub(channel);
  }

  void Start(const AgentHello& hello) {
    stub_->async()->Session(&context_, this);
    // Writes start outside of reactions, so gRPC must not think the call complete between them.
    AddHold();
    StartRead(&incoming_);
    StartCall();
    Send(AgentMessage(hello));
  }

  void Send(const AgentMessage& message) {
    v1::AgentMsg wire;
    ToWire(message, wire);
    const v1::AgentMsg* next = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (closing_) {
        return;
      }
      queue_.push_back(std::move(wire));
      if (writing_) {
        return;
      }
      writing_ = true;
      next = &queue_.front();
    }
    StartWrite(next);
  }

  // Says what is queued, then that nothing follows; the coordinator ends the call. Whatever takes
  // longer than `patience` is cut off.
  void Leave(absl::Duration patience) {
    bool half_close = false;
    {
      absl::MutexLock lock(&mutex_);
      const auto idle = [this]()
                            ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closing_ || !writing_; };
      mutex_.AwaitWithTimeout(absl::Condition(&idle), patience);
      half_close = !closing_ && !writing_;
      closing_ = true;
    }
    if (half_close) {
      StartWritesDone();
      ReleaseIfClosing();
      if (done_.WaitForNotificationWithTimeout(patience)) {
        return;
      }
    }
    Cancel();
    done_.WaitForNotification();
  }

  // Ends the call now; OnDone follows.
  void Cancel() {
    Release();
    context_.TryCancel();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Release();
      return;
    }
    absl::StatusOr<std::optional<CoordinatorMessage>> message = FromWire(incoming_);
    if (!message.ok()) {
      malformed_ = message.status();
      Cancel();
      return;
    }
    if (message->has_value()) {
      runner_.Post([route = route_, number = number_, message = std::move(**message)]() mutable {
        if (route->stream == number && route->receiver != nullptr) {
          route->receiver->OnMessage(std::move(message));
        }
      });
    }
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const v1::AgentMsg* next = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      queue_.pop_front();
      if (!ok || closing_) {
        closing_ = true;
        queue_.clear();
      }
      writing_ = !queue_.empty();
      next = writing_ ? &queue_.front() : nullptr;
    }
    if (next != nullptr) {
      StartWrite(next);
    } else {
      ReleaseIfClosing();
    }
  }

  void OnDone(const grpc::Status& status) override {
    absl::Status why = !malformed_.ok() ? malformed_
                       : status.ok()    ? absl::UnavailableError("the coordinator ended the stream")
                                        : FromGrpcStatus(status);
    runner_.Post([route = route_, number = number_, why = std::move(why)] {
      if (route->stream == number && route->receiver != nullptr) {
        Receiver* receiver = std::exchange(route->receiver, nullptr);
        receiver->OnDisconnected(why);
      }
    });
    done_.Notify();
  }

 private:
  // No more writes will start; lets go of the hold once, when none is in flight.
  void Release() {
    {
      absl::MutexLock lock(&mutex_);
      closing_ = true;
    }
    ReleaseIfClosing();
  }
  void ReleaseIfClosing() {
    {
      absl::MutexLock lock(&mutex_);
      if (!closing_ || writing_ || released_) {
        return;
      }
      released_ = true;
    }
    RemoveHold();
  }

  TaskRunner& runner_;
  const std::shared_ptr<Route> route_;
  const std::uint64_t number_;
  std::unique_ptr<v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  v1::CoordMsg incoming_;
  absl::Status malformed_;
  absl::Notification done_;
  absl::Mutex mutex_;
  std::deque<v1::AgentMsg> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

GrpcCoordinatorLink::GrpcCoordinatorLink(std::shared_ptr<grpc::Channel> channel, TaskRunner& runner)
    : channel_(std::move(channel)), runner_(runner), route_(std::make_shared<Route>()) {}

GrpcCoordinatorLink::~GrpcCoordinatorLink() {
  Disconnect();
}

void GrpcCoordinatorLink::Connect(const AgentHello& hello, Receiver& receiver) {
  Disconnect();
  route_->stream += 1;
  route_->receiver = &receiver;
  // When to dial is the agent's decision; without this the channel adds pauses of its own.
  grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
  stream_ = std::make_shared<Stream>(channel_, runner_, route_);
  stream_->Start(hello);
}

void GrpcCoordinatorLink::Send(AgentMessage message) {
  if (stream_ != nullptr) {
    stream_->Send(message);
  }
}

void GrpcCoordinatorLink::Disconnect() {
  route_->stream += 1;
  route_->receiver = nullptr;
  if (stream_ != nullptr) {
    stream_->Leave(kPatience);
    stream_.reset();
  }
}

}  // namespace wattfleet::agent
