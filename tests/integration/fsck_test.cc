#include "coordinator/store/fsck.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/store/schema_sql.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using wattfleet::testing::GrantOps;
using wattfleet::testing::kLease;
using wattfleet::testing::kPair;
using wattfleet::testing::kShard;
using wattfleet::testing::kSweep;
using wattfleet::testing::SampleFrame;
using wattfleet::testing::SampleResult;
using wattfleet::testing::StatusIs;
using wattfleet::testing::SubmitOps;
using wattfleet::testing::TempDir;

// A store that has seen everything: results, duplicates, quarantine, a ledger, a second grant.
void FillStore(const std::string& data_dir) {
  WF_ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(data_dir));
  const ShardRecord shard{.id = kShard, .pair = kPair, .range = {.lo = 0, .hi = 20}};
  ShardRecord done = shard;
  done.state = ShardState::kDone;
  done.epoch = 1;
  SampleFrame frame;
  for (Unit unit = 0; unit < 18; ++unit) {
    Result result = SampleResult(unit);
    result.energy = {{.channel = 0, .gross = 100 + unit}, {.channel = 1, .gross = std::nullopt}};
    result.status = unit == 3 ? ResultStatus::kFailed : ResultStatus::kCompleted;
    frame.results.push_back(result);
    frame.verdicts.push_back(
        Verdict{.value = VerdictValue::kCorrect, .grader = "mcq", .extracted = "A"});
  }
  frame.results.push_back(frame.results.back());  // a duplicate; 17 x 100 + ... set aside
  frame.close =
      LeaseClose{.ledger = {{.channel = 0, .total = 2'170, .attributed = 2'070, .idle = 100}}};
  const std::vector<StoreBatch> batches{
      {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 20)},
      {.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 20})},
      {.id = 3,
       .sweep = kSweep,
       .ops = {frame.Op(),
               QuarantineMissing{.pair = kPair, .range = {.lo = 0, .hi = 20}, .reason = "x"},
               UpdateLease{.lease = kLease,
                           .expect_state = LeaseState::kActive,
                           .state = LeaseState::kCompleted},
               UpdateShard{done, 1, ShardState::kLeased}}}};
  WF_ASSERT_OK_AND_ASSIGN(const auto committed, store->Apply(batches));
  ASSERT_TRUE(committed[2].leases.at(0).ledger_balances);
  ASSERT_EQ(committed[2].leases.at(0).duplicate, 1);
}

std::vector<FsckViolation> Check(const std::string& data_dir) {
  auto violations = RunFsck(data_dir);
  EXPECT_THAT(violations, wattfleet::testing::IsOk());
  return violations.value_or(std::vector<FsckViolation>{});
}

TEST(FsckTest, FindsNothingWrongWithAHealthyStore) {
  const TempDir directory;
  FillStore(directory.path());

  for (const FsckViolation& violation : Check(directory.path())) {
    ADD_FAILURE() << violation.text;
  }
}

struct Damage {
  const char* sql;
  const char* found;
};

const Damage kDamages[] = {
    {"UPDATE shard SET hi = 21", "I1 shards do not cover the pair: pair_id=1 n_units=20"},
    {"UPDATE shard SET lo = 1", "I1 gap or overlap in the shards: pair_id=1 lo=1"},
    {"DELETE FROM quarantine WHERE unit = 19", "I2 done shard is incomplete: shard_id=1"},
    {"UPDATE pair SET n_units = 17", "I3 result outside its pair: pair_id=1 unit=17"},
    {"UPDATE shard SET state = 1", "I4 leased shard without an open lease: shard_id=1"},
    {"UPDATE lease SET state = 1", "I4 open lease on a shard that is not leased"},
    {"UPDATE lease SET epoch = 2", "I5 lease epoch above its shard's"},
    {"UPDATE result SET lease_id = 9 WHERE unit = 4",
     "I6 result outside its lease: pair_id=1 unit=4 lease_id=9"},
    {"INSERT INTO quarantine VALUES (1, 2, 1, '')",
     "I7 both result and quarantine: pair_id=1 unit=2"},
    {"UPDATE lease SET n_accepted = 17", "I8 lease counters: lease_id=1"},
    {"UPDATE lease SET n_failed = 0", "I8 lease counters: lease_id=1"},
    {"INSERT INTO result_energy SELECT pair_id, 19, channel_id, status, gross_uj, net_uj, "
     "random_uj, flags, samples, max_gap_ns, covered_ppm, baseline_id, prefill_uj FROM "
     "result_energy WHERE unit = 1",
     "I18 energy of an unknown result: pair_id=1 unit=19"},
    {"DELETE FROM channel WHERE channel_id = 2", "I18 energy on an unknown channel"},
    {"UPDATE result_energy SET gross_uj = gross_uj + 1 WHERE unit = 5 AND channel_id = 1",
     "I18 ledger does not attribute what its results drew: lease_id=1 channel_id=1"},
    {"UPDATE lease SET ledger_refused = 'x'", "I18 ledger both stored and refused: lease_id=1"},
    {"INSERT INTO trace VALUES (9, 0, 1, x'00')",
     "I26 trace of an unknown lease: lease_id=9 part=0"},
    {"INSERT INTO trace VALUES (1, 0, 2, x'00')",
     "I26 trace is not whole though its lease has its ledger: lease_id=1"},
    {"INSERT INTO reattributed VALUES (1, 19, 1, 'm', 0, 1, 1, 1, 0)",
     "I27 reattributed energy of an unknown result: pair_id=1 unit=19 method=m"},
    {"INSERT INTO response VALUES (1 << 40 | 19, x'00')",
     "I19 body of an unknown result: pair_id=1 unit=19"},
    {"INSERT INTO verdict VALUES (1, 19, 1, 0, '', '')",
     "I20 verdict on an unknown result: pair_id=1 unit=19"},
    {"UPDATE result SET verdict = 0 WHERE unit = 6",
     "I20 verdict in force is not the last grader's: pair_id=1 unit=6"},
    {"INSERT INTO regraded VALUES (1, 19, 1, 0, '', '')",
     "I28 added verdict on an unknown result: pair_id=1 unit=19"},
    {"INSERT INTO regraded SELECT * FROM verdict",
     "I28 added verdict of a grader that spoke before: pair_id=1"},
    {"UPDATE pair_environment SET results = 17",
     "I21 results counted per environment: pair_id=1 environment_id=1"},
    {"DELETE FROM environment", "I22 result in an unknown environment"},
    {"UPDATE sample SET q = 1000", "I23 query sampled twice: q=1000"},
    {"DELETE FROM sweep", "I24 file without its sweep"},
    {"UPDATE environment SET facts = '{'", "I25 pair or facts are not JSON: kind=environment id=1"},
    {"PRAGMA foreign_keys = OFF; UPDATE shard SET pair_id = 9", "row without its parent"},
};

TEST(FsckTest, EachInvariantIsFoundBroken) {
  const TempDir directory;
  FillStore(directory.path());
  const std::string file = directory.Path("sweep-1.db");
  for (const Damage& damage : kDamages) {
    SCOPED_TRACE(damage.sql);
    const TempDir damaged;
    std::filesystem::copy(directory.path(), damaged.path());
    {
      WF_ASSERT_OK_AND_ASSIGN(const auto connection,
                              SqliteConnection::OpenWriter(damaged.Path("sweep-1.db"), {}));
      WF_ASSERT_OK(connection->Execute("PRAGMA foreign_keys=OFF"));
      WF_ASSERT_OK(connection->Execute(damage.sql));
    }

    const auto violations = Check(damaged.path());

    EXPECT_THAT(violations, Contains(Field(&FsckViolation::text, StartsWith(damage.found))));
    EXPECT_THAT(violations, Contains(Field(&FsckViolation::file, damaged.Path("sweep-1.db"))));
  }
}

// Every query of fsck.sql has a damage above that it finds.
TEST(FsckTest, NoInvariantIsLeftUnbroken) {
  std::string sql(kFsckSql);
  std::set<std::string> names;
  constexpr std::string_view kBefore = "SELECT 'I";
  for (std::size_t at = sql.find(kBefore); at != std::string::npos;
       at = sql.find(kBefore, at + 1)) {
    std::string name = sql.substr(at + 8, sql.find("' AS", at) - at - 8);
    if (name.size() < 80) {
      for (std::size_t quote = name.find("''"); quote != std::string::npos;
           quote = name.find("''")) {
        name.erase(quote, 1);
      }
      names.insert(name);
    }
  }
  ASSERT_GT(names.size(), 18U);
  for (const std::string& name : names) {
    bool is_damaged = false;
    for (const Damage& damage : kDamages) {
      is_damaged = is_damaged || std::string(damage.found).starts_with(name);
    }
    EXPECT_TRUE(is_damaged) << name;
  }
}

TEST(FsckTest, NamesOnlySoManyOfAKind) {
  const TempDir directory;
  FillStore(directory.path());
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto connection,
                            SqliteConnection::OpenWriter(directory.Path("sweep-1.db"), {}));
    WF_ASSERT_OK(connection->Execute("UPDATE result SET verdict = 0"));
  }

  const auto violations = Check(directory.path());

  ASSERT_EQ(violations.size(), static_cast<std::size_t>(kFsckLinesMax) + 1);
  EXPECT_THAT(violations.back().text, HasSubstr("and more"));
}

TEST(FsckTest, ChecksOneSweepAlone) {
  const TempDir directory;
  FillStore(directory.path());
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(directory.path()));
    const std::vector<StoreBatch> batches{
        {.id = 1, .sweep = {2}, .ops = SubmitOps({2}, "day", 20)}};
    WF_ASSERT_OK(store->Apply(batches));
  }
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto connection,
                            SqliteConnection::OpenWriter(directory.Path("sweep-2.db"), {}));
    WF_ASSERT_OK(connection->Execute("UPDATE pair SET n_units = 21"));
  }

  WF_ASSERT_OK_AND_ASSIGN(const auto night, RunFsck(directory.path(), "night"));
  WF_ASSERT_OK_AND_ASSIGN(const auto day, RunFsck(directory.path(), "day"));

  EXPECT_THAT(night, IsEmpty());
  EXPECT_EQ(day.size(), 1U);
  EXPECT_THAT(RunFsck(directory.path(), "dusk"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no sweep dusk")));
  EXPECT_THAT(RunFsck(directory.Path("none")), StatusIs(absl::StatusCode::kNotFound, _));
}

TEST(FsckTest, WorksBesideACoordinator) {
  const TempDir directory;
  FillStore(directory.path());
  WF_ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(directory.path()));

  EXPECT_THAT(Check(directory.path()), IsEmpty());
}

}  // namespace
}  // namespace wattfleet::coordinator
