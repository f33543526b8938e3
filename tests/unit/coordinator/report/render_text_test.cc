#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/render.h"
#include "coordinator/report/report_text.h"
#include "coordinator/report/text_table.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"
#include "tests/unit/coordinator/report/golden.h"

namespace wattfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using coordinator::RenderMarkdown;
using coordinator::RenderTable;
using coordinator::TextTable;
using coordinator::ThreeDigits;

void ExpectFits(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(coordinator::DisplayWidth(line), coordinator::kTerminalColumns) << line;
  }
}

TEST(RenderTable, LooksAsCommitted) {
  const std::string text = RenderTable(ExampleSweep().Build());
  ExpectFits(text);
  ExpectGolden(text, "report_table.txt");
}

TEST(RenderMarkdown, LooksAsCommitted) {
  ExpectGolden(RenderMarkdown(ExampleSweep().Build()), "report_markdown.md");
}

TEST(RenderTable, SaysInPlainWordsThatNoSensorIsThere) {
  ExampleSweep sweep;
  sweep.view.pairs = {sweep.view.pairs[2]};
  const std::string text = RenderTable(sweep.Build());
  ExpectFits(text);
  EXPECT_THAT(text, HasSubstr("energy: not measured on this machine (laptop) - no power sensor; "
                              "watts, J/query, J/correct and IPW\n  left empty"));
  EXPECT_THAT(text, HasSubstr("modelled J/query"));
  EXPECT_THAT(text, HasSubstr("busy cores x watts"));
}

TEST(RenderTable, ShowsNoEnergyTableWhereNothingIsKnownOfEnergy) {
  ExampleSweep sweep;
  sweep.view.pairs = {sweep.view.pairs[2]};
  sweep.view.energy.clear();
  const std::string text = RenderTable(sweep.Build());
  EXPECT_THAT(text, Not(HasSubstr("Energy per instance")));
  EXPECT_THAT(text, HasSubstr("energy: not measured on this machine (laptop)"));
}

TEST(RenderTable, SaysProvisionalUntilTheSweepIsComplete) {
  ExampleSweep sweep;
  EXPECT_THAT(RenderTable(sweep.Build()), Not(HasSubstr("provisional")));
  sweep.view.record.state = coordinator::SweepState::kRunning;
  EXPECT_THAT(RenderTable(sweep.Build()),
              HasSubstr("sweep overnight-small-models: running (provisional)\n"));
}

TEST(RenderTable, OfAnEmptySweepSaysSo) {
  FakeSweepView view;
  const FakeWorkload workload;
  auto report = BuildReport(view, workload, {});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(RenderTable(*report), HasSubstr("no pair yet"));
}

TEST(RenderAs, KnowsItsFormatsByName) {
  const coordinator::Report report = ExampleSweep().Build();
  EXPECT_EQ(*coordinator::RenderAs(report, "table"), RenderTable(report));
  EXPECT_EQ(*coordinator::RenderAs(report, "md"), RenderMarkdown(report));
  EXPECT_EQ(*coordinator::RenderAs(report, "json"), coordinator::RenderJson(report));
  EXPECT_THAT(coordinator::RenderAs(report, "jsn"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"json\"")));
}

TEST(TextTable, MovesNamesThatAllRowsShareToTheTitleOnlyWhenTooWide) {
  const std::string wide(60, 'w');
  TextTable table{.title = "T",
                  .columns = {{.title = "a", .names_row = true},
                              {.title = "b", .names_row = true},
                              {.title = "n"}},
                  .rows = {{"x", "same", "1"}, {"y", "same", "22"}}};
  EXPECT_EQ(ToTerminal(table), "T\na  b      n\nx  same   1\ny  same  22\n");
  table.rows[0][0] = wide;
  table.rows[0][1] = table.rows[1][1] = wide;
  EXPECT_EQ(ToTerminal(table), "T; b " + wide + "\na" + std::string(59, ' ') + "   n\n" + wide +
                                   "   1\ny" + std::string(59, ' ') + "  22\n");
}

TEST(TextTable, PutsNamesOnTheirOwnLineWhenNothingElseHelps) {
  const TextTable table{
      .title = "T",
      .columns = {{.title = "a", .names_row = true},
                  {.title = "b", .names_row = true},
                  {.title = "n"}},
      .rows = {{std::string(60, 'x'), std::string(38, 'p'), "1"}, {"y", "q", "22"}}};
  EXPECT_EQ(ToTerminal(table), "T\n   n\n" + std::string(60, 'x') + "  " + std::string(38, 'p') +
                                   "\n   1\ny  q\n  22\n");
}

TEST(TextTable, EscapesPipesInMarkdown) {
  const TextTable table{
      .title = "T", .columns = {{.title = "a", .names_row = true}}, .rows = {{"x|y"}}};
  EXPECT_EQ(ToMarkdown(table), "**T**\n\n| a |\n| :--- |\n| x\\|y |\n");
}

TEST(ThreeDigits, KeepsThreeSignificantDigits) {
  EXPECT_EQ(ThreeDigits(0.010612), "0.0106");
  EXPECT_EQ(ThreeDigits(0.9114), "0.911");
  EXPECT_EQ(ThreeDigits(41.72), "41.7");
  EXPECT_EQ(ThreeDigits(480.13), "480");
  EXPECT_EQ(ThreeDigits(12345.6), "12346");
  EXPECT_EQ(ThreeDigits(0.0000123), "1.23e-05");
  EXPECT_EQ(ThreeDigits(0.0), "0");
  EXPECT_EQ(ThreeDigits(std::nullopt), "-");
}

}  // namespace
}  // namespace wattfleet::testing
