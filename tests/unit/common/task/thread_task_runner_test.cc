#include "common/task/thread_task_runner.h"

#include <chrono>
#include <vector>

#include "absl/synchronization/notification.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/time/system_clock.h"

namespace wattfleet {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(ThreadTaskRunnerTest, RunsTasksInPostingOrderOnOneThread) {
  const SystemClock clock;
  std::vector<int> order;
  {
    ThreadTaskRunner runner("test", clock);
    for (int i = 0; i < 3; ++i) {
      runner.Post([&order, i] { order.push_back(i); });
    }
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(ThreadTaskRunnerTest, RunsADelayedTaskAfterAnEarlierOne) {
  const SystemClock clock;
  std::vector<int> order;
  absl::Notification done;
  ThreadTaskRunner runner("test", clock);

  runner.PostAfter(20ms, [&] {
    order.push_back(2);
    done.Notify();
  });
  runner.PostAfter(1ms, [&] { order.push_back(1); });
  done.WaitForNotification();

  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(ThreadTaskRunnerTest, StopDropsWhatIsNotDueAndLaterPosts) {
  const SystemClock clock;
  bool ran = false;
  ThreadTaskRunner runner("test", clock);
  runner.PostAfter(1h, [&] { ran = true; });

  runner.Stop();
  runner.Post([&] { ran = true; });

  EXPECT_FALSE(ran);
}

TEST(ThreadTaskRunnerTest, ATaskMayPost) {
  const SystemClock clock;
  absl::Notification done;
  ThreadTaskRunner runner("test", clock);

  runner.Post([&] { runner.Post([&] { done.Notify(); }); });

  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

}  // namespace
}  // namespace wattfleet
