// A driver on a real task runner with a backend that answers on threads of its own.

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include <gtest/gtest.h>

#include "agent/drive/driver.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {
namespace {

// Answers on two threads; every hundredth request within Send.
class ThreadedBackend final : public InferenceBackend {
 public:
  ThreadedBackend() {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this] { Loop(); });
    }
  }
  ~ThreadedBackend() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    threads_.clear();
  }

  absl::StatusOr<EngineIdentity> Identify() override { return EngineIdentity{}; }
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override {
    if (request.id % 100 == 0) {
      done({});
      return;
    }
    absl::MutexLock lock(&mutex_);
    queue_.push_back(std::move(done));
  }
  void CancelAll() override {}

 private:
  void Loop() {
    while (true) {
      std::function<void(InferenceReply)> done;
      {
        absl::MutexLock lock(&mutex_);
        const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
          return stopping_ || !queue_.empty();
        };
        mutex_.Await(absl::Condition(&ready));
        if (queue_.empty()) {
          return;
        }
        done = std::move(queue_.front());
        queue_.pop_front();
      }
      done({});
    }
  }

  absl::Mutex mutex_;
  std::deque<std::function<void(InferenceReply)>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

class Collector final : public Driver::Receiver {
 public:
  void OnResult(Result result) override { units.insert(result.unit); }
  void OnEngineSuspect(const std::string&) override {}
  void OnEnd(DriveReport report) override {
    end = report.end;
    done.Notify();
  }

  std::set<Unit> units;
  DriveEnd end = DriveEnd::kStopped;
  absl::Notification done;
};

TEST(DriverThreadsTest, EveryUnitIsAnsweredOnceWhateverThreadAnswers) {
  constexpr Unit kUnits = 20'000;
  const SystemClock clock;
  Random random(1);
  NoEnergyAccount account;
  Collector collector;
  ThreadTaskRunner runner("drive", clock);
  DriveWorld world{.runner = runner, .clock = clock, .random = random};
  DriveOptions options{.condition = {.concurrency = 16}};
  std::unique_ptr<Driver> driver;
  runner.Post([&] {
    driver = std::make_unique<Driver>(world, options, collector);
    driver->Start({.backend = std::make_shared<ThreadedBackend>(), .account = &account});
    std::vector<LeaseQuery> queries;
    for (Unit unit = 0; unit < kUnits; ++unit) {
      queries.push_back({.unit = unit, .query_id = std::to_string(unit)});
    }
    driver->Add(std::move(queries), true);
  });

  collector.done.WaitForNotification();
  runner.Post([&] { driver.reset(); });
  runner.Stop();

  EXPECT_EQ(collector.end, DriveEnd::kFinished);
  EXPECT_EQ(collector.units.size(), kUnits);
}

TEST(DriverThreadsTest, ADriverMayGoWhileItsBackendStillAnswers) {
  const SystemClock clock;
  Random random(1);
  NoEnergyAccount account;
  Collector collector;
  ThreadTaskRunner runner("drive", clock);
  DriveWorld world{.runner = runner, .clock = clock, .random = random};
  DriveOptions options{.condition = {.concurrency = 64}};
  const auto backend = std::make_shared<ThreadedBackend>();
  for (int round = 0; round < 200; ++round) {
    absl::Notification gone;
    auto driver = std::make_shared<std::unique_ptr<Driver>>();
    runner.Post([&, driver] {
      *driver = std::make_unique<Driver>(world, options, collector);
      (*driver)->Start({.backend = backend, .account = &account});
      (*driver)->Add(std::vector<LeaseQuery>(1'000), false);
      runner.Post([&, driver] {
        driver->reset();
        gone.Notify();
      });
    });
    gone.WaitForNotification();
  }
  runner.Stop();

  EXPECT_FALSE(collector.done.HasBeenNotified()) << "a driver that went reported an end";
  EXPECT_EQ(backend.use_count(), 1) << "a driver that went still holds its backend";
}

}  // namespace
}  // namespace wattfleet::agent
