#include "coordinator/store/pair_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using wattfleet::testing::SamplePair;
using wattfleet::testing::StatusIs;

TEST(PairJsonTest, ComesBackAsItWas) {
  PairSpec pair = SamplePair({1}, {2}, 30);
  pair.id = {};
  pair.sweep = {};
  pair.n_units = 0;
  pair.plan_hash.clear();

  WF_ASSERT_OK_AND_ASSIGN(const PairSpec read, PairSpecFromJson(PairSpecToJson(pair)));

  EXPECT_EQ(read, pair);
}

TEST(PairJsonTest, WritesNamesThatAreNotUtf8) {
  PairSpec pair = SamplePair({1}, {2}, 30);
  pair.model = "caf\xe9";

  WF_ASSERT_OK_AND_ASSIGN(const PairSpec read, PairSpecFromJson(PairSpecToJson(pair)));

  EXPECT_THAT(read.model, HasSubstr("caf"));
}

TEST(PairJsonTest, CallsForeignTextLost) {
  EXPECT_THAT(PairSpecFromJson("{"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("stored pair cannot be read")));
  EXPECT_THAT(PairSpecFromJson("{\"model\": 3}"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("stored pair cannot be read")));
}

}  // namespace
}  // namespace wattfleet::coordinator
