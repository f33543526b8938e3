#include "coordinator/analysis/baseline_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/baseline_drift.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(BaselineDriftTest, FivePerCentIsNoDriftAndMoreIs) {
  EXPECT_FALSE(HasDrifted(100'000'000, 105'000'000));
  EXPECT_TRUE(HasDrifted(100'000'000, 105'000'001));
  EXPECT_FALSE(HasDrifted(100'000'000, 95'000'000));
  EXPECT_TRUE(HasDrifted(100'000'000, 94'999'999));
  EXPECT_FALSE(HasDrifted(0, 0));
  EXPECT_TRUE(HasDrifted(0, 1));
}

TEST(BaselineDriftTest, NamesTheLeasesBetweenTheTwo) {
  const auto drifts = FindDrifts(
      std::vector<LeaseBaseline>{{.lease = {5}, .channel_id = 1, .id = 2'000, .idle_uw = 80},
                                 {.lease = {3}, .channel_id = 1, .id = 1'000, .idle_uw = 70},
                                 {.lease = {4}, .channel_id = 1, .id = 1'000, .idle_uw = 70},
                                 {.lease = {6}, .channel_id = 1, .id = 3'000, .idle_uw = 81}});
  ASSERT_THAT(drifts, SizeIs(1));
  EXPECT_THAT(drifts[0].leases, ElementsAre(LeaseId{3}, LeaseId{4}));
  EXPECT_EQ(drifts[0].before_uw, 70);
  EXPECT_EQ(drifts[0].after_uw, 80);
}

TEST(BaselineDriftTest, EachChannelIsComparedWithItself) {
  EXPECT_THAT(FindDrifts(std::vector<LeaseBaseline>{
                  {.lease = {3}, .channel_id = 1, .id = 1'000, .idle_uw = 70},
                  {.lease = {3}, .channel_id = 2, .id = 1'001, .idle_uw = 7},
                  {.lease = {4}, .channel_id = 1, .id = 2'000, .idle_uw = 71},
                  {.lease = {4}, .channel_id = 2, .id = 2'001, .idle_uw = 7}}),
              IsEmpty());
  EXPECT_THAT(FindDrifts({}), IsEmpty());
}

}  // namespace
}  // namespace wattfleet::coordinator
