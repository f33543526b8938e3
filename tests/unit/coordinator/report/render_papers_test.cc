#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/render.h"
#include "tests/unit/coordinator/report/example_sweep.h"
#include "tests/unit/coordinator/report/golden.h"

namespace wattfleet::testing {
namespace {

using coordinator::RenderLatex;
using coordinator::RenderMethods;
using coordinator::Report;
using ::testing::HasSubstr;
using ::testing::Not;

Report ExampleWithSettings() {
  coordinator::ReportOptions options;
  options.settings = {{"prompt template", "auto-v1:1a2b3c4d"}, {"prefix cache", "off"}};
  return ExampleSweep().Build(options);
}

Report EmptyReport() {
  FakeSweepView view;
  const FakeWorkload workload;
  auto report = BuildReport(view, workload, {});
  EXPECT_TRUE(report.ok());
  return *std::move(report);
}

// Cells between the rules of the table, row by row.
std::vector<std::string> RowsOf(const std::string& latex) {
  std::istringstream lines(latex.substr(latex.find("\\toprule")));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 2 && line.compare(line.size() - 2, 2, "\\\\") == 0) {
      rows.push_back(line);
    }
  }
  return rows;
}

std::ptrdiff_t CellsIn(const std::string& row) {
  std::ptrdiff_t cells = 1;
  for (std::size_t at = 0; at < row.size(); ++at) {
    cells += row[at] == '&' && (at == 0 || row[at - 1] != '\\') ? 1 : 0;
  }
  return cells;
}

TEST(RenderLatex, LooksAsCommitted) {
  ExpectGolden(RenderLatex(ExampleWithSettings()), "report.tex");
}

TEST(RenderLatex, HasOneRowPerPairAndAsManyCellsInEach) {
  const std::vector<std::string> rows = RowsOf(RenderLatex(ExampleWithSettings()));
  ASSERT_EQ(rows.size(), 4);
  for (const std::string& row : rows) {
    EXPECT_EQ(CellsIn(row), CellsIn(rows[0])) << row;
  }
}

TEST(RenderLatex, ShowsADashForWhatWasNotMeasured) {
  const std::vector<std::string> rows = RowsOf(RenderLatex(ExampleWithSettings()));
  EXPECT_THAT(rows[3], HasSubstr("& -- & -- & -- & -- & -- &"));
  EXPECT_THAT(RenderLatex(ExampleWithSettings()), HasSubstr("A dash: not measured."));
}

TEST(RenderLatex, TakesHostileNamesLiterally) {
  Report report = ExampleWithSettings();
  report.sweep_name = "100 % & \\end{table*}";
  report.pairs[0].model = "a_b{c}$d$ \\\\ & #1";
  const std::string text = RenderLatex(report);
  EXPECT_THAT(text, HasSubstr("100 \\% \\& \\textbackslash{}end\\{table*\\}"));
  EXPECT_THAT(text, HasSubstr("a\\_b\\{c\\}\\$d\\$ \\textbackslash{}\\textbackslash{} \\& \\#1"));
  const std::vector<std::string> rows = RowsOf(text);
  ASSERT_EQ(rows.size(), 4);
  EXPECT_EQ(CellsIn(rows[1]), CellsIn(rows[0]));
}

TEST(RenderLatex, OfAnEmptySweepIsATableThatSaysSo) {
  const std::string text = RenderLatex(EmptyReport());
  EXPECT_THAT(text, HasSubstr("no pair yet"));
  EXPECT_THAT(text, HasSubstr("\\end{table*}"));
}

TEST(RenderMethods, LooksAsCommitted) {
  ExpectGolden(RenderMethods(ExampleWithSettings()), "report_methods.txt");
}

TEST(RenderMethods, NamesSensorsClassErrorsVersionsExclusionsParametersGradersAndSeeds) {
  const std::string text = RenderMethods(ExampleWithSettings());
  for (const char* said :
       {"ioreport (system-on-chip", "15.0 %", "class host", "0.12.3", "wattfleet 0.",
        "10 in warm-up", "2 with invalid energy", "auto-v1:1a2b3c4d", "mcq version 1",
        "seed 20261120", "sha256:9c1d", "quantization q4_k_m", "digest sha256:46e0",
        "1 failed (NO_RECORDING)", "3 crashes", "at most 32768 output tokens", "on mains", "9.1"}) {
    EXPECT_THAT(text, HasSubstr(said));
  }
}

TEST(RenderMethods, SaysWhyNothingWasMeasured) {
  EXPECT_THAT(RenderMethods(ExampleWithSettings()),
              HasSubstr("No measured energy is reported of "
                        "qwen-0.5b/openai/cpu-xeon/isolated: no power sensor."));
}

TEST(RenderMethods, OfAnEmptySweepSaysThatThereIsNoPair) {
  const std::string text = RenderMethods(EmptyReport());
  EXPECT_THAT(text, HasSubstr("No pair yet."));
  EXPECT_THAT(text, Not(HasSubstr("Sensors:")));
}

}  // namespace
}  // namespace wattfleet::testing
