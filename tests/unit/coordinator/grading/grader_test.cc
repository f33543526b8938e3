#include "coordinator/grading/grader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;

TEST(FindGraderTest, KnowsEveryGraderByItsName) {
  for (const char* name : {"mcq", "mcq_first", "exact", "numeric", "math"}) {
    WF_ASSERT_OK_AND_ASSIGN(const Grader* grader, FindGrader(name));

    EXPECT_EQ(grader->name(), name);
    EXPECT_GE(grader->version(), 1);
  }
}

TEST(FindGraderTest, GivesTheSameGraderEachTime) {
  EXPECT_EQ(*FindGrader("mcq"), *FindGrader("mcq"));
}

TEST(FindGraderTest, NamesTheNearestOfAMisspeltOne) {
  EXPECT_THAT(FindGrader("numerc"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"numeric\"")));
}

}  // namespace
}  // namespace wattfleet::coordinator
