#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/report/render.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::RenderHtml;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

std::string EmbeddedJson(const std::string& page) {
  return Between(page, "<script type=\"application/json\" id=\"report\">", "</script>");
}

TEST(RenderHtml, HoldsTheReportsJson) {
  const coordinator::Report report = ExampleSweep().Build();
  EXPECT_EQ(json::parse(EmbeddedJson(RenderHtml(report))), json::parse(RenderJson(report)));
}

TEST(RenderHtml, TakesEveryNameForText) {
  coordinator::Report report = ExampleSweep().Build();
  const std::string name = "</script><script>alert(1)</script><!--";
  report.sweep_name = report.pairs[0].model = name;
  const std::string page = RenderHtml(report);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_EQ(json::parse(EmbeddedJson(page))["pairs"][0]["model"], name);
}

TEST(RenderHtml, AllowsNothingToBeFetchedAndOnlyItsOwnScripts) {
  const std::string page = RenderHtml(ExampleSweep().Build());
  const std::string policy = Between(page, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; "));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("<script src")));
}

TEST(RenderHtml, OfAnEmptySweepIsAPageToo) {
  EXPECT_TRUE(json::accept(EmbeddedJson(RenderHtml({}))));
}

}  // namespace
}  // namespace wattfleet::testing
