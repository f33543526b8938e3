// The agent's link against a real gRPC server on loopback that plays the coordinator.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "wattfleet/v1/fleet.grpc.pb.h"

#include "agent/link/grpc_coordinator_link.h"
#include "common/grpc/transport.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {
namespace {

// Notes what arrives and answers Hello with Welcome; "close" in a Goodbye ends the stream.
class ScriptedCoordinator final : public v1::Fleet::Service {
 public:
  grpc::Status Session(grpc::ServerContext*,
                       grpc::ServerReaderWriter<v1::CoordMsg, v1::AgentMsg>* stream) override {
    v1::AgentMsg message;
    while (stream->Read(&message)) {
      absl::MutexLock lock(&mutex_);
      kinds_.push_back(message.kind_case());
      if (message.has_hello()) {
        v1::CoordMsg welcome;
        welcome.mutable_welcome()->set_proto(1);
        welcome.mutable_welcome()->set_agent_id(7);
        welcome.mutable_welcome()->set_heartbeat_ms(1000);
        welcome.mutable_welcome()->set_session_dead_ms(9000);
        stream->Write(welcome);
      }
      if (message.has_goodbye() && message.goodbye().reason() == "close") {
        return grpc::Status::OK;
      }
    }
    return grpc::Status::OK;
  }

  std::vector<v1::AgentMsg::KindCase> WaitFor(std::size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return kinds_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return kinds_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<v1::AgentMsg::KindCase> kinds_ ABSL_GUARDED_BY(mutex_);
};

class Recorder final : public CoordinatorLink::Receiver {
 public:
  void OnMessage(CoordinatorMessage message) override {
    absl::MutexLock lock(&mutex_);
    messages_.push_back(std::move(message));
  }
  void OnDisconnected(absl::Status why) override {
    absl::MutexLock lock(&mutex_);
    ends_.push_back(std::move(why));
  }
  bool WaitForMessages(std::size_t count) { return Wait(messages_, count); }
  bool WaitForEnds(std::size_t count) { return Wait(ends_, count); }
  std::vector<CoordinatorMessage> messages() {
    absl::MutexLock lock(&mutex_);
    return messages_;
  }
  std::size_t ends() {
    absl::MutexLock lock(&mutex_);
    return ends_.size();
  }

 private:
  template <typename T>
  bool Wait(const std::vector<T>& list, std::size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&list, count] { return list.size() >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
  }

  absl::Mutex mutex_;
  std::vector<CoordinatorMessage> messages_;
  std::vector<absl::Status> ends_;
};

class GrpcLinkTest : public ::testing::Test {
 protected:
  GrpcLinkTest() : runner_("agent", clock_) {
    grpc::ServerBuilder builder;
    EXPECT_TRUE(AddLoopbackListener("127.0.0.1:0", builder, &port_).ok());
    builder.RegisterService(&coordinator_);
    server_ = builder.BuildAndStart();
    link_ = std::make_unique<GrpcCoordinatorLink>(
        OpenLoopbackChannel("127.0.0.1:" + std::to_string(port_)).value(), runner_);
  }
  ~GrpcLinkTest() override {
    OnRunner([this] { link_->Disconnect(); });
    runner_.Stop();
    link_.reset();
    server_->Shutdown(clock_.WallNow() + std::chrono::seconds(1));
  }
  void OnRunner(const std::function<void()>& task) {
    absl::Notification done;
    runner_.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  SystemClock clock_;
  int port_ = 0;
  ScriptedCoordinator coordinator_;
  std::unique_ptr<grpc::Server> server_;
  ThreadTaskRunner runner_;
  Recorder recorder_;
  std::unique_ptr<GrpcCoordinatorLink> link_;
};

TEST_F(GrpcLinkTest, SaysHelloFirstAndKeepsTheOrder) {
  OnRunner([this] {
    link_->Connect({.agent_name = "a"}, recorder_);
    link_->Send(WorkRequest{.request_id = 1, .instance = "gpu0"});
    link_->Send(Heartbeat{.seq = 1});
  });

  EXPECT_THAT(coordinator_.WaitFor(3),
              ::testing::ElementsAre(v1::AgentMsg::kHello, v1::AgentMsg::kWorkRequest,
                                     v1::AgentMsg::kHeartbeat));
  ASSERT_TRUE(recorder_.WaitForMessages(1));
  EXPECT_EQ(std::get<Welcome>(recorder_.messages()[0]).agent, 7);
}

TEST_F(GrpcLinkTest, SaysOnceThatTheStreamEnded) {
  OnRunner([this] {
    link_->Connect({.agent_name = "a"}, recorder_);
    link_->Send(Goodbye{.reason = "close"});
  });

  EXPECT_TRUE(recorder_.WaitForEnds(1));
  OnRunner([this] { link_->Send(Heartbeat{}); });
  EXPECT_EQ(recorder_.ends(), 1U);
}

TEST_F(GrpcLinkTest, DeliversAFarewellThenSaysNothingMore) {
  OnRunner([this] {
    link_->Connect({.agent_name = "a"}, recorder_);
    link_->Send(Goodbye{.reason = "leaving"});
    link_->Disconnect();
  });

  EXPECT_EQ(coordinator_.WaitFor(2).back(), v1::AgentMsg::kGoodbye);
  OnRunner([] {});
  EXPECT_EQ(recorder_.ends(), 0U);
}

TEST_F(GrpcLinkTest, ReportsACoordinatorThatIsNotThere) {
  server_->Shutdown(clock_.WallNow());

  OnRunner([this] { link_->Connect({.agent_name = "a"}, recorder_); });

  EXPECT_TRUE(recorder_.WaitForEnds(1));
}

TEST_F(GrpcLinkTest, ConnectsAgainAfterTheStreamEnded) {
  OnRunner([this] {
    link_->Connect({.agent_name = "a"}, recorder_);
    link_->Send(Goodbye{.reason = "close"});
  });
  ASSERT_TRUE(recorder_.WaitForEnds(1));

  OnRunner([this] { link_->Connect({.agent_name = "a"}, recorder_); });

  EXPECT_TRUE(recorder_.WaitForMessages(2));
}

}  // namespace
}  // namespace wattfleet::agent
