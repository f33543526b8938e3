#include "coordinator/lease/lease_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MonotonicTime At(std::chrono::seconds t) {
  return MonotonicTime(t);
}

OpenLease Lease(std::int64_t id, const std::string& instance = "gpu0") {
  return {.id = LeaseId{id},
          .agent = AgentId{1},
          .instance = instance,
          .phase = LeasePhase::kActive,
          .ttl = 60s,
          .expires = At(60s)};
}

TEST(LeaseTableTest, IsDueExactlyAtItsEnd) {
  LeaseTable table;
  table.Add(Lease(1));

  EXPECT_THAT(table.Due(At(59s)), IsEmpty());
  EXPECT_THAT(table.Due(At(60s)), ElementsAre(LeaseId{1}));
}

TEST(LeaseTableTest, SayingTheSameProgressAgainRenewsNothing) {
  LeaseTable table;
  table.Add(Lease(1));
  table.Progress(LeaseId{1}, 5, At(10s));

  table.Progress(LeaseId{1}, 5, At(50s));

  EXPECT_THAT(table.Due(At(70s)), ElementsAre(LeaseId{1}));
}

TEST(LeaseTableTest, ProgressRenewsThePrefetchedLeaseOfTheSameInstanceOnly) {
  LeaseTable table;
  table.Add(Lease(1));
  table.Add(Lease(2));
  table.Add(Lease(3, "gpu1"));

  table.Progress(LeaseId{1}, 1, At(30s));

  EXPECT_THAT(table.Due(At(60s)), ElementsAre(LeaseId{3}));
}

TEST(LeaseTableTest, ALeaseThatIsClosingDoesNotExpire) {
  LeaseTable table;
  table.Add(Lease(1));
  table.Find(LeaseId{1})->phase = LeasePhase::kClosing;

  EXPECT_THAT(table.Due(At(1000s)), IsEmpty());
}

TEST(LeaseTableTest, ALostConnectionShortensAndAReconnectRestores) {
  LeaseTable table;
  table.Add(Lease(1));

  table.CapExpiry(AgentId{1}, At(20s));
  EXPECT_THAT(table.Due(At(20s)), ElementsAre(LeaseId{1}));
  table.Restart(AgentId{1}, At(10s));

  EXPECT_THAT(table.Due(At(69s)), IsEmpty());
}

}  // namespace
}  // namespace wattfleet::coordinator
