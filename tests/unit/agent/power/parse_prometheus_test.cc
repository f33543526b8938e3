#include "agent/power/prometheus/parse_prometheus.h"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr char kPage[] = R"(# HELP node_rapl_package_joules_total Current RAPL package value
# TYPE node_rapl_package_joules_total counter
node_rapl_package_joules_total{index="0",path="/sys/class/powercap/intel-rapl:0"} 262143.328850
node_rapl_package_joules_total{index="1",path="/sys/class/powercap/intel-rapl:1"} 1.2e+05
node_rapl_package_joules_total_created 1700000000
broken_metric{label="no end 7
another broken line
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-1b2c",modelName="NVIDIA H200"} 171823914
odd{text="a \"quoted\" \\ back\nslash, and {braces}"} 5 1700000000000
spaced { a = "1" , b = "2" , }   7.5
exemplar_total{zone="a"} 12.5 # {trace_id="4bf92f3577b34da6"} 0.5 1700000000.123
not_a_number NaN
infinite +Inf
plain 0
huge 1e999
)";

absl::StatusOr<double> Find(const std::string& selector, std::string_view page = kPage) {
  const auto parsed = ParsePrometheusSelector(selector);
  return parsed.ok() ? FindPrometheusSample(page, *parsed) : parsed.status();
}

TEST(ParsePrometheusTest, FindsTheSampleWhoseLabelsAreEqual) {
  EXPECT_THAT(Find(R"(node_rapl_package_joules_total{index="0"})"), IsOkAndHolds(262143.32885));
  EXPECT_THAT(Find(R"(node_rapl_package_joules_total{index="1"})"), IsOkAndHolds(1.2e5));
  EXPECT_THAT(Find(R"(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{UUID="GPU-1b2c"})"),
              IsOkAndHolds(171823914.0));
  EXPECT_THAT(Find("plain"), IsOkAndHolds(0.0));
}

TEST(ParsePrometheusTest, UnderstandsEscapesSpacesTimestampsAndExemplars) {
  EXPECT_THAT(Find(R"(odd{text="a \"quoted\" \\ back\nslash, and {braces}"})"), IsOkAndHolds(5.0));
  EXPECT_THAT(Find(R"(spaced{b="2"})"), IsOkAndHolds(7.5));
  EXPECT_THAT(Find("exemplar_total"), IsOkAndHolds(12.5));
  EXPECT_THAT(Find("plain", "plain 3\r\n"), IsOkAndHolds(3.0));
  EXPECT_THAT(Find("plain", "  plain 4"), IsOkAndHolds(4.0));
}

TEST(ParsePrometheusTest, HandsOnWhatIsNoFiniteNumber) {
  WF_ASSERT_OK_AND_ASSIGN(const double nan, Find("not_a_number"));
  EXPECT_TRUE(std::isnan(nan));
  EXPECT_THAT(Find("infinite"), IsOkAndHolds(std::numeric_limits<double>::infinity()));
  EXPECT_THAT(Find("huge"), IsOkAndHolds(std::numeric_limits<double>::infinity()));
}

TEST(ParsePrometheusTest, RefusesToChooseAmongSeveral) {
  EXPECT_THAT(Find("node_rapl_package_joules_total"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("index=\\\"1\\\"")));
}

TEST(ParsePrometheusTest, SaysThatASampleIsNotThere) {
  EXPECT_THAT(Find("nowhere"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Find(R"(plain{a="b"})"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Find("plain", ""), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Find("node_rapl_package_joules"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ParsePrometheusTest, ALineOfTheMetricThatCannotBeReadIsAnError) {
  for (const char* page : {"plain", "plain ", "plain x", "plain{a=\"b\" 3", "plain{a=b} 3",
                           "plain{a=\"\\x\"} 3", "plain{=\"b\"} 3", "plain-more 3"}) {
    EXPECT_THAT(Find("plain", page), StatusIs(absl::StatusCode::kInvalidArgument)) << page;
  }
}

TEST(ParsePrometheusTest, ASelectorIsANameAndLabels) {
  WF_ASSERT_OK_AND_ASSIGN(const auto selector,
                          ParsePrometheusSelector(R"( a:b_c{x="1", y="two"} )"));
  EXPECT_EQ(selector.metric, "a:b_c");
  EXPECT_EQ(selector.labels, (std::map<std::string, std::string>{{"x", "1"}, {"y", "two"}}));
  for (const char* text : {"", "{x=\"1\"}", "a b", "1a", "a{x}", "a{x=1}", "a{x=\"1\"", "sum(a)"}) {
    EXPECT_THAT(ParsePrometheusSelector(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace wattfleet::agent
