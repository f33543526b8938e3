// What a reader sees of a sweep's file, beside a coordinator and without one.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using wattfleet::testing::GrantOps;
using wattfleet::testing::kLease;
using wattfleet::testing::kPair;
using wattfleet::testing::kSweep;
using wattfleet::testing::SampleFrame;
using wattfleet::testing::SampleResults;
using wattfleet::testing::StatusIs;
using wattfleet::testing::SubmitOps;
using wattfleet::testing::TempDir;

class SweepViewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WF_ASSERT_OK_AND_ASSIGN(store_, SqliteStore::Open(directory_.path()));
    Apply(SubmitOps(kSweep, "night", 1'000));
    Apply(GrantOps(kLease, {.lo = 0, .hi = 1'000}));
    Append(1, {.lo = 0, .hi = 10});
  }
  void Apply(std::vector<StoreOp> ops, SweepId sweep = kSweep) {
    const std::vector<StoreBatch> batches{{.id = 1, .sweep = sweep, .ops = std::move(ops)}};
    WF_ASSERT_OK(store_->Apply(batches));
  }
  void Append(std::uint64_t seq, UnitRange range) {
    Apply({SampleFrame{.seq = seq, .results = SampleResults(range)}.Op()});
  }
  static std::int64_t CountResults(SweepView& view) {
    std::int64_t n = 0;
    WF_EXPECT_OK(view.ForEachResult(kPair, [&](const ResultRow&) {
      ++n;
      return absl::OkStatus();
    }));
    return n;
  }
  static std::int64_t CountIn(const std::string& data_dir) {
    auto view = OpenSweepView(data_dir, "night");
    EXPECT_THAT(view, wattfleet::testing::IsOk());
    return view.ok() ? CountResults(**view) : -1;
  }

  TempDir directory_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SweepViewTest, StaysAtTheMomentOfItsOpening) {
  WF_ASSERT_OK_AND_ASSIGN(const auto view, OpenSweepView(directory_.path(), "night"));

  Append(2, {.lo = 10, .hi = 30});

  EXPECT_EQ(CountResults(*view), 10);
  WF_ASSERT_OK_AND_ASSIGN(const auto pairs, view->Pairs());
  EXPECT_EQ(pairs.at(0).completed, 10);
  EXPECT_EQ(CountIn(directory_.path()), 30);
}

TEST_F(SweepViewTest, WorksWithoutACoordinator) {
  store_.reset();

  EXPECT_EQ(CountIn(directory_.path()), 10);
  EXPECT_EQ(CountIn(directory_.path()), 10);
  WF_EXPECT_OK(SqliteStore::Open(directory_.path()));
}

TEST_F(SweepViewTest, SeesWhatADeadCoordinatorLeftInItsLog) {
  const TempDir copy;  // as after kill -9: file and log, no index
  for (const char* name : {"catalog.db", "catalog.db-wal", "sweep-1.db", "sweep-1.db-wal"}) {
    std::filesystem::copy_file(directory_.Path(name), copy.Path(name));
  }
  ASSERT_GT(std::filesystem::file_size(copy.Path("sweep-1.db-wal")), 0U);

  EXPECT_EQ(CountIn(copy.path()), 10);
  EXPECT_EQ(CountIn(copy.path()), 10);
  WF_EXPECT_OK(SqliteStore::Open(copy.path()));
}

// Runs `work` as a user who may read the directory but not write to it; says what it returned.
int RunWithoutWriteRight(const std::string& directory, int (*work)(const std::string&)) {
  EXPECT_EQ(chmod(directory.c_str(), 0555), 0);
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65'534;
    const bool is_plain_user = getuid() != 0 || setuid(kNobody) == 0;
    _exit(is_plain_user ? work(directory) : 99);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(chmod(directory.c_str(), 0755), 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SweepViewTest, ReadsAFolderThatItMayNotWriteTo) {
  store_.reset();
  ASSERT_FALSE(std::filesystem::exists(directory_.Path("sweep-1.db-wal")));

  const int n = RunWithoutWriteRight(directory_.path(), [](const std::string& directory) {
    return static_cast<int>(CountIn(directory));
  });

  EXPECT_EQ(n, 10);
  EXPECT_FALSE(std::filesystem::exists(directory_.Path("sweep-1.db-shm")));
}

TEST_F(SweepViewTest, TellsWhatThereIsWhenTheNameIsWrong) {
  Apply(SubmitOps({2}, "day", 10), {2});

  EXPECT_THAT(OpenSweepView(directory_.path(), "nigth"),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("no sweep nigth"), HasSubstr("night, day"))));
  EXPECT_THAT(OpenSweepView(directory_.Path("none"), "night"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(directory_.Path("none"))));
}

TEST_F(SweepViewTest, ListsTheSweepsInOrder) {
  Apply(SubmitOps({12}, "day", 10), {12});
  Apply(SubmitOps({3}, "dawn", 10), {3});

  WF_ASSERT_OK_AND_ASSIGN(const auto sweeps, ListSweeps(directory_.path()));

  ASSERT_THAT(sweeps, SizeIs(3));
  EXPECT_EQ(sweeps[0].name, "night");
  EXPECT_EQ(sweeps[1].name, "dawn");
  EXPECT_EQ(sweeps[2], wattfleet::testing::SampleSweep({12}, "day", 10));
}

TEST_F(SweepViewTest, ReadsASweepsFileWithoutItsCatalogue) {
  store_.reset();
  std::filesystem::remove(directory_.Path("catalog.db"));

  WF_ASSERT_OK_AND_ASSIGN(const auto view, OpenSweepView(directory_.path(), "night"));

  WF_ASSERT_OK_AND_ASSIGN(const auto environments, view->Environments(kPair));
  ASSERT_THAT(environments, SizeIs(1));
  EXPECT_EQ(environments[0].agent_name, "");
}

}  // namespace
}  // namespace wattfleet::coordinator
