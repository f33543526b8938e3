#include "coordinator/store/writer.h"

#include <functional>
#include <memory>
#include <vector>

#include "absl/synchronization/mutex.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/store/memory_store.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;

// A store whose next commits fail, and which notes how batches were grouped.
class FaultyStore final : public Store {
 public:
  absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches) override {
    if (failures > 0) {
      --failures;
      if (on_failure) {
        on_failure();
      }
      return failure;
    }
    groups.push_back(batches.size());
    return real.Apply(batches);
  }
  absl::StatusOr<StoreSnapshot> Load() override { return real.Load(); }
  absl::StatusOr<AgentId> RegisterAgent(const std::string& name) override {
    return real.RegisterAgent(name);
  }
  absl::Status Idle() override { return absl::OkStatus(); }

  MemoryStore real;
  int failures = 0;
  absl::Status failure = absl::ResourceExhaustedError("the disk is full");
  std::function<void()> on_failure;
  std::vector<std::size_t> groups;
};

struct Journal {
  StoreWriter::Callbacks Callbacks() {
    return {.committed = [this](const Committed& one) { committed.push_back(one.batch_id); },
            .health = [this](const std::string& text) { health.push_back(text); }};
  }
  std::vector<std::uint64_t> committed;
  std::vector<std::string> health;
};

StoreBatch Batch(std::uint64_t id, std::int64_t sweep) {
  StoreBatch batch{.id = id, .sweep = SweepId{sweep}, .ops = {}};
  batch.ops.push_back(PutSweep{{.id = SweepId{sweep}, .name = "s" + std::to_string(sweep)}});
  return batch;
}

TEST(StoreWriterTest, CommitsInOrderAndDrainsBeforeItStops) {
  FaultyStore store;
  Journal journal;
  StoreWriter writer(store, journal.Callbacks());

  for (std::uint64_t id = 1; id <= 5; ++id) {
    writer.Enqueue(Batch(id, 1), {});
  }
  writer.Stop();

  EXPECT_THAT(journal.committed, ElementsAre(1, 2, 3, 4, 5));
}

TEST(StoreWriterTest, NeverPutsTwoSweepsIntoOneGroup) {
  FaultyStore store;
  Journal journal;
  auto gate = std::make_shared<absl::Notification>();
  StoreWriter writer(store, journal.Callbacks());

  writer.Enqueue(Batch(1, 1), {gate});  // holds the writer while the rest queues up
  writer.Enqueue(Batch(2, 2), {});
  writer.Enqueue(Batch(3, 2), {});
  writer.Enqueue(Batch(4, 1), {});
  gate->Notify();
  writer.Stop();

  EXPECT_THAT(journal.committed, ElementsAre(1, 2, 3, 4));
  EXPECT_GE(store.groups.size(), 3U);
}

TEST(StoreWriterTest, WaitsForGradingBeforeItApplies) {
  FaultyStore store;
  Journal journal;
  auto graded = std::make_shared<absl::Notification>();
  StoreWriter writer(store, journal.Callbacks());

  writer.Enqueue(Batch(1, 1), {graded});
  EXPECT_TRUE(journal.committed.empty());
  graded->Notify();
  writer.Stop();

  EXPECT_THAT(journal.committed, ElementsAre(1));
}

TEST(StoreWriterTest, TriesAgainWhileTheDiskIsFullAndSaysSo) {
  FaultyStore store;
  store.failures = 2;
  Journal journal;
  absl::Notification done;
  auto callbacks = journal.Callbacks();
  callbacks.committed = [&](const Committed& one) {
    journal.committed.push_back(one.batch_id);
    done.Notify();
  };
  StoreWriter writer(store, std::move(callbacks), {.retry_after = absl::Milliseconds(1)});

  writer.Enqueue(Batch(1, 1), {});
  done.WaitForNotification();
  writer.Stop();

  EXPECT_THAT(journal.committed, ElementsAre(1));
  EXPECT_THAT(journal.health, ElementsAre("the disk is full", "the disk is full", ""));
}

TEST(StoreWriterTest, AcknowledgesNothingThatItCouldNotWriteBeforeStopping) {
  FaultyStore store;
  store.failures = 1000;
  Journal journal;
  StoreWriter writer(store, journal.Callbacks(), {.retry_after = absl::Hours(1)});

  writer.Enqueue(Batch(1, 1), {});
  writer.Stop();

  EXPECT_TRUE(journal.committed.empty());
}

TEST(StoreWriterTest, AppliesNothingBehindAGroupThatItGaveUp) {
  FaultyStore store;
  store.failures = 2;
  absl::Notification has_failed;
  store.on_failure = [&] {
    if (!has_failed.HasBeenNotified()) {
      has_failed.Notify();
    }
  };
  Journal journal;
  StoreWriter writer(store, journal.Callbacks(), {.retry_after = absl::Hours(1)});

  writer.Enqueue(Batch(1, 1), {});
  has_failed.WaitForNotification();
  writer.Enqueue(Batch(2, 1), {});
  writer.Stop();

  EXPECT_TRUE(store.groups.empty());
  EXPECT_TRUE(journal.committed.empty());
}

TEST(StoreWriterTest, KeepsAGroupWithinItsRows) {
  FaultyStore store;
  Journal journal;
  const auto graded = std::make_shared<absl::Notification>();
  StoreWriter writer(store, journal.Callbacks(), {.group_rows = 3});

  writer.Enqueue(Batch(1, 2), {graded});  // holds the writer until the others are queued
  for (std::uint64_t id = 2; id <= 6; ++id) {
    writer.Enqueue(Batch(id, 1), {});
  }
  graded->Notify();
  writer.Stop();

  EXPECT_THAT(store.groups, ElementsAre(1, 3, 2));
}

TEST(StoreWriterDeathTest, AFailedGuardAbortsAndACorruptStoreEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [](std::vector<StoreOp> ops, absl::Status failure) {
    FaultyStore store;
    store.failure = std::move(failure);
    store.failures = store.failure.ok() ? 0 : 1;
    Journal journal;
    StoreWriter writer(store, journal.Callbacks());
    writer.Enqueue({.id = 1, .sweep = SweepId{1}, .ops = std::move(ops)}, {});
    writer.Stop();
  };

  EXPECT_DEATH(run({SetPairState{}}, absl::OkStatus()), "sweep 1 is not stored");
  EXPECT_EXIT(run({}, absl::DataLossError("malformed")), ::testing::ExitedWithCode(1), "malformed");
}

TEST(StoreWriterTest, RunsTasksBehindWhatIsQueued) {
  FaultyStore store;
  Journal journal;
  StoreWriter writer(store, journal.Callbacks());
  std::size_t committed_before = 0;

  writer.Enqueue(Batch(1, 1), {});
  writer.RunOnWriter([&](Store&) { committed_before = journal.committed.size(); });
  writer.Stop();

  EXPECT_EQ(committed_before, 1U);
}

}  // namespace
}  // namespace wattfleet::coordinator
