#include "coordinator/store/append_rules.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/store_rows.h"

namespace wattfleet::coordinator {
namespace {

using wattfleet::testing::SampleChannel;
using wattfleet::testing::SampleResult;

LeaseRecord Lease() {
  return {.id = {1}, .pair = {2}, .agent = {3}, .range = {.lo = 10, .hi = 20}};
}

ResultBatch Batch() {
  ResultBatch batch;
  batch.lease = {1};
  batch.pair = {2};
  batch.channels = {SampleChannel("gpu")};
  return batch;
}

TEST(LeaseCoversTest, OnlyItsAgentAndItsPair) {
  ResultBatch other_pair = Batch();
  other_pair.pair = {9};

  EXPECT_TRUE(LeaseCovers(Lease(), Batch(), {3}));
  EXPECT_FALSE(LeaseCovers(Lease(), Batch(), {4}));
  EXPECT_FALSE(LeaseCovers(Lease(), other_pair, {3}));
}

TEST(IsStorableTest, OnlyUnitsOfTheLease) {
  EXPECT_FALSE(IsStorable(SampleResult(9), Batch(), Lease()));
  EXPECT_TRUE(IsStorable(SampleResult(10), Batch(), Lease()));
  EXPECT_TRUE(IsStorable(SampleResult(19), Batch(), Lease()));
  EXPECT_FALSE(IsStorable(SampleResult(20), Batch(), Lease()));
}

TEST(IsStorableTest, OnlyEnergyThatCanBeSummed) {
  Result result = SampleResult(10);
  result.energy = {{.channel = 0, .gross = kResultMicrojoulesMax, .net = -kResultMicrojoulesMax}};
  EXPECT_TRUE(IsStorable(result, Batch(), Lease()));

  result.energy[0].random = kResultMicrojoulesMax + 1;
  EXPECT_FALSE(IsStorable(result, Batch(), Lease()));

  result.energy[0] = {.channel = 1};
  EXPECT_FALSE(IsStorable(result, Batch(), Lease()));
}

TEST(SaysTheSameTest, ComparesStatusAndText) {
  EXPECT_TRUE(SaysTheSame(SampleResult(1, 5), ResultStatus::kCompleted, 5));
  EXPECT_FALSE(SaysTheSame(SampleResult(1, 5), ResultStatus::kCompleted, 6));
  EXPECT_FALSE(SaysTheSame(SampleResult(1, 5), ResultStatus::kTimeout, 5));
}

TEST(SettleLedgerTest, KeepsBooksThatAgree) {
  const LedgerEntry entry{.total = 100, .attributed = 60, .idle = 30, .unassigned = 10};

  EXPECT_EQ(SettleLedger(entry, {.counted = 60}), entry);
}

TEST(SettleLedgerTest, MovesWhatWasSetAsideToUncountedAndStillBalances) {
  const LedgerEntry entry{.total = 100, .attributed = 60, .idle = 30, .uncounted = 10};

  const auto settled = SettleLedger(entry, {.counted = 45, .set_aside = 15});

  ASSERT_TRUE(settled.has_value());
  EXPECT_EQ(settled->attributed, 45);
  EXPECT_EQ(settled->uncounted, 25);
  EXPECT_TRUE(settled->Balances());
}

TEST(SettleLedgerTest, RejectsBooksThatDoNotAddUpOrDisagreeWithTheResults) {
  const LedgerEntry entry{.total = 100, .attributed = 60, .idle = 30, .unassigned = 10};
  LedgerEntry off_by_one = entry;
  off_by_one.idle += 1;
  LedgerEntry overflowing = entry;
  overflowing.total = std::numeric_limits<Microjoules>::min();
  overflowing.idle = std::numeric_limits<Microjoules>::max();

  EXPECT_EQ(SettleLedger(off_by_one, {.counted = 60}), std::nullopt);
  EXPECT_EQ(SettleLedger(entry, {.counted = 59}), std::nullopt);
  EXPECT_EQ(SettleLedger(overflowing, {.counted = 60}), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::coordinator
