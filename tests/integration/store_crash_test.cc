// A coordinator killed at random moments: what it had reported as committed is there afterwards.
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/random/random.h"
#include "coordinator/store/fsck.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::IsEmpty;
using wattfleet::testing::GrantOps;
using wattfleet::testing::kLease;
using wattfleet::testing::kSweep;
using wattfleet::testing::SampleFrame;
using wattfleet::testing::SampleResults;
using wattfleet::testing::SubmitOps;
using wattfleet::testing::TempDir;

constexpr std::int64_t kUnits = 100'000;
constexpr std::int64_t kUnitsPerFrame = 5;

StoreBatch Frame(std::uint64_t seq) {
  const auto lo = static_cast<Unit>(seq - 1) * kUnitsPerFrame;
  SampleFrame frame{.seq = seq, .results = SampleResults({.lo = lo, .hi = lo + kUnitsPerFrame})};
  return {.id = seq, .sweep = kSweep, .ops = {frame.Op()}};
}

// The child: goes on from where the store is, and reports each committed frame, until it is killed.
[[noreturn]] void WriteFrames(const std::string& data_dir, int report) {
  auto store = SqliteStore::Open(data_dir, {.checkpoint_wal_bytes = 64 << 10});
  if (!store.ok()) {
    _exit(1);
  }
  auto snapshot = (*store)->Load();
  if (!snapshot.ok()) {
    _exit(2);
  }
  for (std::uint64_t seq = snapshot->cursors.empty() ? 1 : snapshot->cursors[0].seq + 1;; ++seq) {
    const std::vector<StoreBatch> batches{Frame(seq)};
    if (!(*store)->Apply(batches).ok() || write(report, &seq, sizeof seq) != sizeof seq) {
      _exit(3);
    }
  }
}

// Kills a child after it has reported `reports` frames; returns the last frame it reported.
std::uint64_t RunAndKill(const std::string& data_dir, std::uint64_t reports) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    WriteFrames(data_dir, ends[1]);
  }
  close(ends[1]);
  std::uint64_t seq = 0;
  std::uint64_t last = 0;
  for (std::uint64_t n = 0; n < reports && read(ends[0], &seq, sizeof seq) == sizeof seq; ++n) {
    last = seq;
  }
  kill(child, SIGKILL);
  while (read(ends[0], &seq, sizeof seq) == sizeof seq) {
    last = seq;
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return last;
}

TEST(StoreCrashTest, WhatWasReportedSurvivesKillsAtRandomMoments) {
  const TempDir directory;
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(directory.path()));
    const std::vector<StoreBatch> batches{
        {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", kUnits)},
        {.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = kUnits})}};
    WF_ASSERT_OK(store->Apply(batches));
  }
  Random random(20'261'101);

  for (int round = 0; round < 15; ++round) {
    const std::uint64_t reported = RunAndKill(directory.path(), random.Below(60));

    WF_ASSERT_OK_AND_ASSIGN(const auto violations, RunFsck(directory.path()));
    EXPECT_THAT(violations, IsEmpty());
    WF_ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(directory.path()));
    WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, store->Load());
    const std::uint64_t cursor = snapshot.cursors.empty() ? 0 : snapshot.cursors[0].seq;
    EXPECT_GE(cursor, reported);
    EXPECT_EQ(snapshot.sweeps.at(0).pairs.at(0).completed,
              static_cast<std::int64_t>(cursor) * kUnitsPerFrame);
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
