#include "agent/core/quiet_rule.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kHost = {"rapl/package-0"};

QuietLease Isolated(std::uint64_t order, bool running = false,
                    const std::vector<std::string>& channels = kHost) {
  return {.order = order, .channels = channels, .is_isolated = true, .is_running = running};
}
QuietLease Served(std::uint64_t order, bool running = false,
                  const std::vector<std::string>& channels = kHost) {
  return {.order = order, .channels = channels, .is_isolated = false, .is_running = running};
}
QuietLease Unmeasured(std::uint64_t order) {
  return {.order = order, .channels = {}, .is_isolated = true, .is_running = false};
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

TEST(QuietRuleTest, AServedLeaseWaitsForAnIsolatedOne) {
  EXPECT_THAT(MayStart({Isolated(1, true), Served(2)}), ElementsAre(false, false));
  EXPECT_THAT(MayStart({Isolated(1), Served(2)}), ElementsAre(true, false));
}

TEST(QuietRuleTest, OnlyThoseThatShareASensorWaitForEachOther) {
  const std::vector<std::string> first = {"nvml/GPU-0"};
  const std::vector<std::string> second = {"nvml/GPU-1"};
  const std::vector<std::string> both = {"nvml/GPU-0", "nvml/GPU-1"};

  EXPECT_THAT(MayStart({Isolated(1, true, first), Isolated(2, false, second)}),
              ElementsAre(false, true));
  EXPECT_THAT(MayStart({Isolated(1, true, first), Isolated(2, false, both),
                        Served(3, false, second), Served(4, false, {"nvml/GPU-2"})}),
              ElementsAre(false, false, false, true));
}

TEST(QuietRuleTest, WhatNobodyMeasuresDisturbsNobody) {
  EXPECT_THAT(MayStart({Isolated(1, true), Unmeasured(2), Unmeasured(3)}),
              ElementsAre(false, true, true));
  EXPECT_THAT(MayStart({Unmeasured(1), Isolated(2)}), ElementsAre(true, true));
}

}  // namespace
}  // namespace wattfleet::agent
