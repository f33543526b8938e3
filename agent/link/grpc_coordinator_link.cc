#include "agent/link/grpc_coordinator_link.h"

#include <chrono>
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

// For a farewell: a dead coordinator must not keep a stream that is of no more use.
constexpr std::chrono::seconds kPatience{2};

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
      if (closing_ || leaving_) {
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

  // Says what is queued, then that nothing follows; the coordinator ends the call. Does not wait.
  void Leave() {
    {
      absl::MutexLock lock(&mutex_);
      leaving_ = true;
      if (closing_ || writing_) {
        return;
      }
      closing_ = true;
    }
    EndWrites();
  }

  bool is_done() const { return done_.HasBeenNotified(); }
  // Whatever takes longer than `patience` is cut off.
  void AwaitDone(std::chrono::nanoseconds patience) {
    if (!done_.WaitForNotificationWithTimeout(absl::FromChrono(patience))) {
      Cancel();
      done_.WaitForNotification();
    }
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
    bool has_left = false;
    {
      absl::MutexLock lock(&mutex_);
      queue_.pop_front();
      if (!ok || closing_) {
        closing_ = true;
        queue_.clear();
      }
      writing_ = !queue_.empty();
      next = writing_ ? &queue_.front() : nullptr;
      has_left = leaving_ && !writing_ && !closing_;
      closing_ = closing_ || has_left;
    }
    if (next != nullptr) {
      StartWrite(next);
    } else if (has_left) {
      EndWrites();
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
  void EndWrites() {
    StartWritesDone();
    ReleaseIfClosing();
  }
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
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;  // closing once what is queued is written
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

GrpcCoordinatorLink::GrpcCoordinatorLink(std::shared_ptr<grpc::Channel> channel, TaskRunner& runner)
    : channel_(std::move(channel)), runner_(runner), route_(std::make_shared<Route>()) {}

GrpcCoordinatorLink::~GrpcCoordinatorLink() {
  Disconnect();
  for (const std::shared_ptr<Stream>& stream : leaving_) {
    stream->AwaitDone(kPatience);
  }
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
  std::erase_if(leaving_, [](const auto& stream) { return stream->is_done(); });
  if (stream_ == nullptr) {
    return;
  }
  stream_->Leave();
  runner_.PostAfter(kPatience, [left = std::weak_ptr(stream_)] {
    if (const auto stream = left.lock(); stream != nullptr && !stream->is_done()) {
      stream->Cancel();
    }
  });
  leaving_.push_back(std::move(stream_));
}

}  // namespace wattfleet::agent
