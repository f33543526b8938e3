// What SqliteStore promises beyond the contract of every store: about its files, their versions,
// and what the disk and other processes do to them.
#include "coordinator/store/sqlite_store.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "coordinator/store/fsck.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wattfleet::testing::GrantOps;
using wattfleet::testing::IsOk;
using wattfleet::testing::kLease;
using wattfleet::testing::kSweep;
using wattfleet::testing::SampleFrame;
using wattfleet::testing::SampleResults;
using wattfleet::testing::StatusIs;
using wattfleet::testing::SubmitOps;
using wattfleet::testing::TempDir;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void Open(const SqliteLimits& limits = {}) {
    store_.reset();
    WF_ASSERT_OK_AND_ASSIGN(store_, SqliteStore::Open(directory_.path(), limits));
  }
  void OpenSubmitAndGrant(const SqliteLimits& limits = {}) {
    Open(limits);
    WF_ASSERT_OK(Apply(SubmitOps(kSweep, "night", 10'000)));
    WF_ASSERT_OK(Apply(GrantOps(kLease, {.lo = 0, .hi = 10'000})));
  }
  absl::StatusOr<Committed> Apply(std::vector<StoreOp> ops, SweepId sweep = kSweep) {
    const std::vector<StoreBatch> batches{{.id = 1, .sweep = sweep, .ops = std::move(ops)}};
    auto committed = store_->Apply(batches);
    if (!committed.ok()) {
      return committed.status();
    }
    return committed->front();
  }
  absl::StatusOr<Committed> Append(std::uint64_t seq, UnitRange range, std::size_t body = 20) {
    SampleFrame frame{.seq = seq, .results = SampleResults(range)};
    for (Result& result : frame.results) {
      result.body_zstd.resize(body, 'x');
    }
    return Apply({frame.Op()});
  }
  std::int64_t Completed() {
    auto snapshot = store_->Load();
    return snapshot.ok() ? snapshot->sweeps.at(0).pairs.at(0).completed : -1;
  }
  void Execute(const std::string& path, const char* sql) {
    WF_ASSERT_OK_AND_ASSIGN(const auto connection, SqliteConnection::OpenWriter(path, {}));
    WF_ASSERT_OK(connection->Execute(sql));
  }
  absl::Status OpenStatus() { return SqliteStore::Open(directory_.path()).status(); }
  std::string SweepFile() { return SweepPath(directory_.path(), kSweep); }

  TempDir directory_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SqliteStoreTest, ASecondCoordinatorIsTurnedAwayWithTheNameOfTheFirst) {
  Open();

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     AllOf(HasSubstr(absl::StrCat("process ", getpid())),
                                           HasSubstr(directory_.Path("lock")))));
  store_.reset();
  WF_EXPECT_OK(OpenStatus());
}

TEST_F(SqliteStoreTest, RefusesADirectoryThatCannotBe) {
  const std::string file = directory_.Write("file", "");

  EXPECT_THAT(SqliteStore::Open(file + "/data"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(file)));
}

TEST_F(SqliteStoreTest, RefusesANewerStoreAndNamesBothVersions) {
  OpenSubmitAndGrant();
  store_.reset();
  Execute(SweepFile(), "PRAGMA user_version=99");

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     AllOf(HasSubstr(SweepFile()), HasSubstr("version 99"),
                                           HasSubstr("version 3"))));
  EXPECT_THAT(OpenSweepView(directory_.path(), "night"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("version 99")));
}

TEST_F(SqliteStoreTest, RefusesAnotherProgramsDatabase) {
  Execute(directory_.Path("catalog.db"), "CREATE TABLE t(a); PRAGMA application_id=7");

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("catalog.db is not a wattfleet store")));
}

TEST_F(SqliteStoreTest, SaysThatAFileIsNoDatabase) {
  directory_.Write("catalog.db", std::string(10'000, 'x'));

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("catalog.db")));
}

TEST_F(SqliteStoreTest, SaysThatAFileIsCorrupt) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 5'000}));
  store_.reset();
  const auto size = std::filesystem::file_size(SweepFile());
  ASSERT_GT(size, 100'000U);
  std::fstream file(SweepFile(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(8'192);
  const std::string garbage(static_cast<std::size_t>(size) - 8'192, '\xa5');
  file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  file.close();

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(SweepFile())));
  WF_ASSERT_OK_AND_ASSIGN(const auto violations, RunFsck(directory_.path()));
  EXPECT_FALSE(violations.empty());
}

TEST_F(SqliteStoreTest, MendsItsListOfSweepsFromTheFiles) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 10}));
  store_.reset();
  std::filesystem::remove(directory_.Path("catalog.db"));

  Open();

  WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, store_->Load());
  ASSERT_THAT(snapshot.sweeps, SizeIs(1));
  EXPECT_EQ(snapshot.cursors.at(0).seq, 1U);
  EXPECT_THAT(Apply(SubmitOps({2}, "night", 10), {2}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("taken")));
}

TEST_F(SqliteStoreTest, NeverUsesTheIdOfARemovedSweepAgain) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Apply(SubmitOps({5}, "later", 10), {5}));
  store_.reset();
  std::filesystem::remove(SweepPath(directory_.path(), {5}));

  Open();

  WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, store_->Load());
  EXPECT_THAT(snapshot.sweeps, SizeIs(1));
  EXPECT_EQ(snapshot.max_sweep_id, 5);
}

TEST_F(SqliteStoreTest, PassesOverAFileWhoseFirstCommitNeverCame) {
  directory_.Write("sweep-7.db", "");
  Open();

  WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, store_->Load());
  WF_ASSERT_OK_AND_ASSIGN(const auto listed, ListSweeps(directory_.path()));
  WF_ASSERT_OK_AND_ASSIGN(const auto violations, RunFsck(directory_.path(), std::nullopt));

  EXPECT_THAT(snapshot.sweeps, IsEmpty());
  EXPECT_EQ(snapshot.max_sweep_id, 7);
  EXPECT_THAT(listed, IsEmpty());
  EXPECT_THAT(violations, IsEmpty());
}

TEST_F(SqliteStoreTest, DoesNotTakeARenamedFileForAnotherSweep) {
  OpenSubmitAndGrant();
  store_.reset();
  std::filesystem::rename(SweepFile(), SweepPath(directory_.path(), {2}));

  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("holds sweep 1: was it renamed?")));
}

TEST_F(SqliteStoreTest, AFullDiskFailsTheWholeTransactionAndLosesNothing) {
  OpenSubmitAndGrant({.max_pages = 60});
  std::uint64_t seq = 0;
  std::int64_t stored = 0;
  absl::Status status;
  while (status.ok() && seq < 200) {
    status = Append(seq + 1, {.lo = stored, .hi = stored + 10}, 2'000).status();
    seq += status.ok() ? 1 : 0;
    stored += status.ok() ? 10 : 0;
  }

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("full")));
  EXPECT_GT(stored, 0);
  EXPECT_EQ(Completed(), stored);
  Open();  // with room again
  EXPECT_EQ(Completed(), stored);
  WF_ASSERT_OK_AND_ASSIGN(const Committed committed,
                          Append(seq + 1, {.lo = stored, .hi = stored + 10}, 2'000));
  EXPECT_EQ(committed.leases.at(0).accepted, 10);
  WF_ASSERT_OK_AND_ASSIGN(const auto violations, RunFsck(directory_.path()));
  EXPECT_THAT(violations, IsEmpty());
}

// Makes writes beyond `bytes` of a file fail, while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(SqliteStoreTest, AWriteErrorIsTransientAndTheSameBatchSucceedsLater) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 10}));
  {
    const FileSizeLimit limit(1);
    EXPECT_THAT(Append(2, {.lo = 10, .hi = 500}), StatusIs(absl::StatusCode::kUnavailable, _));
    EXPECT_THAT(Append(2, {.lo = 10, .hi = 500}), StatusIs(absl::StatusCode::kUnavailable, _));
  }

  WF_ASSERT_OK_AND_ASSIGN(const Committed committed, Append(2, {.lo = 10, .hi = 500}));

  EXPECT_EQ(committed.leases.at(0).accepted, 490);
  EXPECT_EQ(committed.leases.at(0).duplicate, 0);
  EXPECT_EQ(Completed(), 500);
  WF_ASSERT_OK_AND_ASSIGN(const auto violations, RunFsck(directory_.path()));
  EXPECT_THAT(violations, IsEmpty());
}

TEST_F(SqliteStoreTest, KeepsTheLogShortWhileItWrites) {
  OpenSubmitAndGrant({.checkpoint_wal_bytes = 256 << 10});
  for (std::int64_t i = 0; i < 100; ++i) {
    WF_ASSERT_OK(
        Append(static_cast<std::uint64_t>(i) + 1, {.lo = i * 100, .hi = i * 100 + 100}, 500));
  }

  EXPECT_LT(std::filesystem::file_size(SweepFile() + "-wal"), 2U << 20);
  EXPECT_GT(std::filesystem::file_size(SweepFile()), 3U << 20);
}

TEST_F(SqliteStoreTest, EmptiesTheLogWhenIdle) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 1'000}));
  ASSERT_GT(std::filesystem::file_size(SweepFile() + "-wal"), 0U);

  WF_ASSERT_OK(store_->Idle());

  EXPECT_EQ(std::filesystem::file_size(SweepFile() + "-wal"), 0U);
}

TEST_F(SqliteStoreTest, IdlingDoesNotWaitForAReader) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK_AND_ASSIGN(const auto view, OpenSweepView(directory_.path(), "night"));
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 1'000}));

  WF_EXPECT_OK(store_->Idle());
  WF_EXPECT_OK(Append(2, {.lo = 1'000, .hi = 1'100}));
}

TEST_F(SqliteStoreTest, LoadsWithoutLookingAtResults) {
  OpenSubmitAndGrant();
  WF_ASSERT_OK(Append(1, {.lo = 0, .hi = 10}));
  store_.reset();
  // Were results counted, the counts would now be other ones.
  Execute(SweepFile(), "DELETE FROM result WHERE unit < 4");

  Open();

  EXPECT_EQ(Completed(), 10);
}

TEST_F(SqliteStoreTest, AFinishedSweepStaysReadableAndWritable) {
  OpenSubmitAndGrant();
  SweepRecord done = wattfleet::testing::SampleSweep(kSweep, "night", 10'000);
  done.state = SweepState::kComplete;
  WF_ASSERT_OK(Apply({PutSweep{done}}));
  WF_ASSERT_OK(store_->Idle());
  WF_EXPECT_OK(Append(1, {.lo = 0, .hi = 10}));
  Open();

  WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, store_->Load());
  EXPECT_EQ(snapshot.sweeps.at(0).sweep.state, SweepState::kComplete);
  EXPECT_EQ(snapshot.cursors.at(0).seq, 1U);
  WF_EXPECT_OK(Append(2, {.lo = 10, .hi = 20}));
}

TEST_F(SqliteStoreTest, AnOlderFileIsCopiedAndBroughtUpToDateStepByStep) {
  const std::string path = directory_.Path("old.db");
  const Schema first{.sql = "CREATE TABLE a(x); INSERT INTO a VALUES (1);", .version = 1};
  const std::vector<SchemaStep> steps{{.from = 1, .sql = "ALTER TABLE a ADD COLUMN y DEFAULT 5"},
                                      {.from = 2, .sql = "UPDATE a SET x = y + 1"}};
  const Schema third{.sql = "", .version = 3, .steps = steps};
  WF_ASSERT_OK_AND_ASSIGN(auto connection, SqliteConnection::OpenWriter(path, {}));
  WF_ASSERT_OK(PrepareSchema(*connection, first));

  WF_ASSERT_OK(PrepareSchema(*connection, third));

  WF_ASSERT_OK_AND_ASSIGN(const std::int64_t x, connection->Number("SELECT x FROM a"));
  EXPECT_EQ(x, 6);
  WF_ASSERT_OK_AND_ASSIGN(const std::int64_t version, connection->Number("PRAGMA user_version"));
  EXPECT_EQ(version, 3);
  WF_ASSERT_OK_AND_ASSIGN(const auto copy, SqliteConnection::OpenReader(path + ".v1"));
  WF_EXPECT_OK(CheckSchema(*copy, first));
}

// Tables and their columns, as SQL sees them.
std::string ShapeOf(SqliteConnection& connection) {
  auto rows = connection.Prepare(
      "SELECT m.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema m, "
      "pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid");
  EXPECT_THAT(rows, IsOk());
  std::string shape;
  while (rows.ok() && rows->Step().value_or(false)) {
    absl::StrAppend(&shape, std::string(rows->Text(0)), ".", std::string(rows->Text(1)), " ",
                    std::string(rows->Text(2)), " ", rows->Int(3), "\n");
  }
  return shape;
}

TEST_F(SqliteStoreTest, ASweepOfVersion1BecomesWhatANewOneIs) {
  std::ifstream file(std::string(WF_SOURCE_DIR) + "/tests/data/store/sweep_v1.sql");
  const std::string first_sql((std::istreambuf_iterator<char>(file)), {});
  const Schema first{.sql = first_sql.c_str(), .version = 1};
  WF_ASSERT_OK_AND_ASSIGN(const auto older,
                          SqliteConnection::OpenWriter(directory_.Path("older.db"), {}));
  WF_ASSERT_OK(PrepareSchema(*older, first));
  WF_ASSERT_OK_AND_ASSIGN(const auto fresh,
                          SqliteConnection::OpenWriter(directory_.Path("fresh.db"), {}));
  WF_ASSERT_OK(PrepareSchema(*fresh, SweepSchema()));

  WF_ASSERT_OK(PrepareSchema(*older, SweepSchema()));

  EXPECT_EQ(ShapeOf(*older), ShapeOf(*fresh));
  EXPECT_THAT(ShapeOf(*fresh), HasSubstr("trace.bytes BLOB 1"));
}

TEST_F(SqliteStoreTest, AFailedStepLeavesTheOlderVersion) {
  const Schema first{.sql = "CREATE TABLE a(x);", .version = 1};
  const std::vector<SchemaStep> steps{
      {.from = 1, .sql = "INSERT INTO a VALUES (1); SELECT * FROM no_such_table"}};
  WF_ASSERT_OK_AND_ASSIGN(auto connection,
                          SqliteConnection::OpenWriter(directory_.Path("old.db"), {}));
  WF_ASSERT_OK(PrepareSchema(*connection, first));

  EXPECT_FALSE(PrepareSchema(*connection, {.sql = "", .version = 2, .steps = steps}).ok());

  WF_EXPECT_OK(CheckSchema(*connection, first));
  WF_ASSERT_OK_AND_ASSIGN(const std::int64_t rows, connection->Number("SELECT count(*) FROM a"));
  EXPECT_EQ(rows, 0);
  EXPECT_THAT(PrepareSchema(*connection, {.sql = "", .version = 2}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no longer")));
}

TEST_F(SqliteStoreTest, RefusesAPairThatItsKeysCannotHold) {
  OpenSubmitAndGrant();
  PairSpec huge = wattfleet::testing::SamplePair({2}, kSweep, (std::int64_t{1} << 40) + 1);

  EXPECT_THAT(Apply({InsertPair{huge}}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("too large")));
}

}  // namespace
}  // namespace wattfleet::coordinator
