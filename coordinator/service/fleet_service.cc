#include "coordinator/service/fleet_service.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "common/wire/session_wire.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::seconds kHelloDeadline{5};

using SessionReactorBase = grpc::ServerBidiReactor<v1::AgentMsg, v1::CoordMsg>;

// The outgoing half of a stream. It outlives its reactor, so that the loop may hold it for as long
// as it likes; `reactor_` is empty once the stream is done. One write is in flight at a time, and
// Finish is called once, never beside a write.
class StreamChannel final : public SessionChannel {
 public:
  explicit StreamChannel(SessionReactorBase& reactor) : reactor_(&reactor) {}

  void Deliver(const CoordinatorMessage& message) override {
    v1::CoordMsg wire;
    ToWire(message, wire);
    SessionReactorBase* reactor = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (reactor_ == nullptr || closing_) {
        return;
      }
      queue_.push_back(std::move(wire));
      if (writing_) {
        return;
      }
      writing_ = true;
      reactor = reactor_;
    }
    reactor->StartWrite(&queue_front());
  }

  void Close() override {
    SessionReactorBase* reactor = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      closing_ = true;
      if (writing_ || finished_ || reactor_ == nullptr) {
        return;
      }
      finished_ = true;
      reactor = reactor_;
    }
    reactor->Finish(grpc::Status::OK);
  }

  // The write in flight ended. A broken stream drops what is queued.
  void WriteDone(bool ok) {
    SessionReactorBase* reactor = nullptr;
    bool more = false;
    {
      absl::MutexLock lock(&mutex_);
      queue_.pop_front();
      if (!ok) {
        closing_ = true;
        queue_.clear();
      }
      more = !queue_.empty();
      writing_ = more;
      if (!more) {
        if (!closing_ || finished_) {
          return;
        }
        finished_ = true;
      }
      reactor = reactor_;
    }
    if (more) {
      reactor->StartWrite(&queue_front());
    } else {
      reactor->Finish(grpc::Status::OK);
    }
  }

  void Detach() {
    absl::MutexLock lock(&mutex_);
    reactor_ = nullptr;
  }

 private:
  // Only the writer of the moment asks, and elements of a deque stay in place while others are
  // added behind them.
  const v1::CoordMsg& queue_front() {
    absl::MutexLock lock(&mutex_);
    return queue_.front();
  }

  absl::Mutex mutex_;
  SessionReactorBase* reactor_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::CoordMsg> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// One agent's stream. Owns itself: gRPC calls OnDone last, and only that deletes it.
class SessionReactor final : public SessionReactorBase {
 public:
  SessionReactor(CoordinatorLoop& loop, TaskRunner& runner)
      : loop_(loop), channel_(std::make_shared<StreamChannel>(*this)) {
    const std::weak_ptr<StreamChannel> weak = channel_;
    const std::shared_ptr<std::atomic<bool>> greeted = greeted_;
    runner.PostAfter(kHelloDeadline, [weak, greeted] {
      if (const auto channel = weak.lock(); channel != nullptr && !greeted->load()) {
        channel->Close();
      }
    });
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok || !Take()) {
      Leave();
      return;
    }
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override { channel_->WriteDone(ok); }
  void OnCancel() override { Leave(); }
  void OnDone() override {
    channel_->Detach();
    Leave();
    delete this;
  }

 private:
  // Says whether the stream goes on.
  bool Take() {
    if (incoming_.has_batch()) {
      absl::StatusOr<ResultBatch> batch = ParseBatch(incoming_.batch().bytes());
      if (!session_.has_value() || !batch.ok() || batch->seq != incoming_.batch().seq()) {
        return Refuse(batch.ok() ? "a batch out of place" : std::string(batch.status().message()));
      }
      loop_.PostBatch(*session_, *std::move(batch),
                      static_cast<std::int64_t>(incoming_.batch().bytes().size()));
      return true;
    }
    absl::StatusOr<std::optional<AgentMessage>> message = FromWire(incoming_);
    if (absl::IsFailedPrecondition(message.status())) {
      return Refuse(std::string(message.status().message()), "UPGRADE_REQUIRED");
    }
    if (!message.ok()) {
      return Refuse(std::string(message.status().message()));
    }
    if (!message->has_value()) {
      return true;  // from a newer agent
    }
    if (auto* hello = std::get_if<AgentHello>(&**message)) {
      return Greet(std::move(*hello));
    }
    if (!session_.has_value()) {
      return Refuse("the first message must be Hello");
    }
    loop_.PostMessage(*session_, std::move(**message));
    return true;
  }

  bool Greet(AgentHello hello) {
    if (session_.has_value()) {
      return Refuse("a second Hello");
    }
    greeted_->store(true);
    session_ = loop_.OpenSession(std::move(hello), channel_);
    return true;
  }

  bool Refuse(const std::string& reason, const std::string& code = "PROTOCOL") {
    channel_->Deliver(
        CoordinatorMessage(wattfleet::Refuse{.code = code, .reason = reason, .permanent = true}));
    return false;
  }

  void Leave() {
    if (!left_.exchange(true) && session_.has_value()) {
      loop_.PostClosed(*session_);
    }
    channel_->Close();
  }

  CoordinatorLoop& loop_;
  std::shared_ptr<std::atomic<bool>> greeted_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<StreamChannel> channel_;
  v1::AgentMsg incoming_;
  std::optional<SessionId> session_;
  std::atomic<bool> left_{false};
};

}  // namespace

grpc::ServerBidiReactor<v1::AgentMsg, v1::CoordMsg>* FleetService::Session(
    grpc::CallbackServerContext*) {
  return new SessionReactor(loop_, runner_);
}

}  // namespace wattfleet::coordinator
