#include "coordinator/cli/report_requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;

constexpr char kReport[] = R"({"schema": "wattfleet.report/1", "pairs": [
  {"id": "a/x/any/isolated", "ipw": {"value": 1.5}, "ipj": null,
   "energy": {"reason": "no power sensor"}}]})";

TEST(CheckFigureAvailableTest, PassesWhereEveryPairHasTheFigure) {
  WF_EXPECT_OK(CheckFigureAvailable(kReport, "ipw"));
}

TEST(CheckFigureAvailableTest, NamesThePairThatLacksItAndWhy) {
  EXPECT_THAT(CheckFigureAvailable(kReport, "ipj"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "ipj of a/x/any/isolated is not available: no power sensor"));
}

TEST(CheckFigureAvailableTest, AnUnknownFigureIsTheUsersMistake) {
  EXPECT_THAT(CheckFigureAvailable(kReport, "ipww"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"ipw\"")));
}

}  // namespace
}  // namespace wattfleet::coordinator
