#include "agent/doctor/engine_load.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_engine_supervisor.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using testing::FakeEngineSupervisor;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

// Holds each request until a test answers it or all are cancelled.
class HeldBackend final : public InferenceBackend {
 public:
  absl::StatusOr<EngineIdentity> Identify() override { return EngineIdentity{}; }
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override {
    absl::MutexLock lock(&mutex_);
    ++sent_;
    prompt_ = request.prompt;
    done_ = std::move(done);
  }
  void CancelAll() override { Answer(Failure::kCancelled, "cancelled"); }

  void Answer(Failure failure, const std::string& error) {
    std::function<void(InferenceReply)> done;
    {
      absl::MutexLock lock(&mutex_);
      done = std::exchange(done_, nullptr);
    }
    if (done) {
      InferenceReply reply;
      reply.failure = failure;
      reply.error = error;
      done(std::move(reply));
    }
  }
  // Waits until so many requests have come.
  void AwaitSent(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count] { return sent_ >= count && done_ != nullptr; };
    mutex_.Await(absl::Condition(&enough));
  }

 private:
  absl::Mutex mutex_;
  int sent_ = 0;
  std::string prompt_;
  std::function<void(InferenceReply)> done_;
};

class EngineLoadTest : public ::testing::Test {
 protected:
  EngineLoadTest() {
    engines_.load_time = {};
    Build build;
    build.engine = "ollama";
    build.ref = "tiny";
    load_ = std::make_unique<EngineLoad>(
        InstanceOffer{.name = "gpu", .accelerator = "nvidia-h200", .device_ids = {"GPU-a"}}, build,
        engines_, runner_);
  }

  SystemClock clock_;
  ThreadTaskRunner runner_{"load", clock_};
  std::shared_ptr<HeldBackend> backend_ = std::make_shared<HeldBackend>();
  FakeEngineSupervisor engines_{runner_, backend_, {}};
  std::unique_ptr<EngineLoad> load_;
};

TEST_F(EngineLoadTest, AsksOneAnswerAfterAnotherUntilItIsStopped) {
  ASSERT_THAT(load_->Start(), IsOk());
  for (int i = 1; i <= 3; ++i) {
    backend_->AwaitSent(i);
    backend_->Answer(Failure::kNone, "");
  }
  backend_->AwaitSent(4);

  EXPECT_THAT(load_->Stop(), IsOk());
  EXPECT_THAT(load_->Stop(), IsOk());
}

TEST_F(EngineLoadTest, ReachesTheDevicesOfItsInstance) {
  EXPECT_EQ(load_->reach().device_ids, std::vector<std::string>{"GPU-a"});
  EXPECT_NE(load_->reach().parts & RowOf(Scope::kAccelerator).parts, 0U);
  EXPECT_EQ(load_->reach().parts & RowOf(Scope::kCpuPackage).parts, 0U);
  EXPECT_EQ(load_->reach().what, "tiny of ollama answers for gpu");
}

TEST_F(EngineLoadTest, AnEngineThatDoesNotComeUpIsTheReason) {
  engines_.failures = {absl::NotFoundError("no such model")};

  EXPECT_THAT(load_->Start(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such model")));
}

TEST_F(EngineLoadTest, AnEngineOnAnotherMachineIsNoLoad) {
  engines_.ready.co_located = false;

  EXPECT_THAT(load_->Start(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another machine")));
}

TEST_F(EngineLoadTest, AnErrorIsToldAtTheEnd) {
  ASSERT_THAT(load_->Start(), IsOk());
  backend_->AwaitSent(1);
  backend_->Answer(Failure::kInvalidRequest, "out of memory");
  backend_->AwaitSent(2);

  EXPECT_THAT(load_->Stop(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("out of memory")));
}

TEST(BuildToAskTest, TakesARealEnginesFirstModel) {
  EXPECT_EQ(BuildToAsk({}), std::nullopt);
  EXPECT_EQ(BuildToAsk({{.kind = "replay", .refs = {"a"}}, {.kind = "vllm", .refs = {"*"}}}),
            std::nullopt);
  const auto build = BuildToAsk(
      {{.kind = "synthetic", .refs = {"a"}}, {.kind = "ollama", .refs = {"llama3", "qwen3"}}});
  ASSERT_TRUE(build);
  EXPECT_EQ(build->engine, "ollama");
  EXPECT_EQ(build->ref, "llama3");
}

}  // namespace
}  // namespace wattfleet::agent
