#include "agent/core/quiet_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr QuietLease Isolated(std::uint64_t order, bool running = false) {
  return {.order = order, .is_measured = true, .is_isolated = true, .is_running = running};
}
constexpr QuietLease Served(std::uint64_t order, bool running = false) {
  return {.order = order, .is_measured = true, .is_isolated = false, .is_running = running};
}
constexpr QuietLease Unmeasured(std::uint64_t order) {
  return {.order = order, .is_measured = false, .is_isolated = true, .is_running = false};
}

TEST(QuietRuleTest, NothingMayStartWhereNothingWaits) {
  EXPECT_THAT(MayStart({}), IsEmpty());
  EXPECT_THAT(MayStart({Isolated(1, true), Served(2, true)}), ElementsAre(false, false));
}

TEST(QuietRuleTest, IsolatedLeasesThatAreMeasuredRunOneAtATimeInTheOrderOfTheirGrants) {
  EXPECT_THAT(MayStart({Isolated(2), Isolated(1), Isolated(3)}), ElementsAre(false, true, false));
  EXPECT_THAT(MayStart({Isolated(2), Isolated(1, true)}), ElementsAre(false, false));
}

TEST(QuietRuleTest, ServedLeasesRunTogether) {
  EXPECT_THAT(MayStart({Served(1), Served(2), Served(3, true)}), ElementsAre(true, true, false));
}

TEST(QuietRuleTest, AnIsolatedLeaseWaitsForServedOnesAndLaterOnesWaitForIt) {
  EXPECT_THAT(MayStart({Served(1, true), Isolated(2), Served(3)}),
              ElementsAre(false, false, false));
  EXPECT_THAT(MayStart({Served(1), Isolated(2), Served(3)}), ElementsAre(true, false, false));
}

TEST(QuietRuleTest, WhatNobodyMeasuresDisturbsNobody) {
  EXPECT_THAT(MayStart({Isolated(1, true), Unmeasured(2), Unmeasured(3)}),
              ElementsAre(false, true, true));
  EXPECT_THAT(MayStart({Unmeasured(1), Isolated(2)}), ElementsAre(true, true));
}

}  // namespace
}  // namespace wattfleet::agent
