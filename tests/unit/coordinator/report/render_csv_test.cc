#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/report/render.h"
#include "tests/unit/coordinator/report/example_sweep.h"
#include "tests/unit/coordinator/report/golden.h"

namespace wattfleet::testing {
namespace {

using coordinator::RenderCsv;
using nlohmann::json;
using ::testing::ElementsAre;

using CsvRow = std::map<std::string, std::string>;

// A reader of RFC 4180 that knows nothing of the writer.
std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::string cell;
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted) {
      if (c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
        cell += text[++at];
      } else if (c == '"') {
        is_quoted = false;
      } else {
        cell += c;
      }
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == ',' || c == '\n') {
      rows.back().push_back(std::exchange(cell, {}));
      if (c == '\n') {
        rows.emplace_back();
      }
    } else {
      cell += c;
    }
  }
  rows.pop_back();
  return rows;
}

std::vector<CsvRow> RowsOf(const coordinator::Report& report) {
  const auto cells = ParseCsv(RenderCsv(report));
  std::vector<CsvRow> rows;
  for (std::size_t row = 1; row < cells.size(); ++row) {
    EXPECT_EQ(cells[row].size(), cells[0].size());
    CsvRow& named = rows.emplace_back();
    for (std::size_t column = 0; column < cells[0].size(); ++column) {
      EXPECT_TRUE(named.emplace(cells[0][column], cells[row].at(column)).second);
    }
  }
  return rows;
}

TEST(RenderCsv, LooksAsCommitted) {
  ExpectGolden(RenderCsv(ExampleSweep().Build()), "report.csv");
}

// Paths of the report's JSON and the columns that repeat them.
const std::map<std::string, std::string>& SameFigures() {
  static const std::map<std::string, std::string> same = {
      {"/queries", "queries"},
      {"/completed", "completed"},
      {"/correct", "correct"},
      {"/pending", "pending"},
      {"/accuracy/value", "accuracy"},
      {"/accuracy/low", "accuracy_low"},
      {"/accuracy_extractable/high", "accuracy_extractable_high"},
      {"/coverage/if_pending_right", "coverage_if_pending_right"},
      {"/energy/joules_per_query/value", "joules_per_query"},
      {"/energy/measured_fraction", "measured_fraction"},
      {"/energy/systematic_relative", "systematic_relative"},
      {"/energy/baseline_watts", "baseline_watts"},
      {"/joules_per_correct/value", "joules_per_correct"},
      {"/power_watts/value", "power_watts"},
      {"/ipw/value", "ipw_per_watt"},
      {"/ipj/value", "ipj_per_joule"},
      {"/modelled/joules_per_query/value", "modelled_joules_per_query"},
      {"/modelled/power_watts/value", "modelled_power_watts"},
      {"/latency_seconds/mean", "latency_mean_seconds"},
      {"/latency_seconds/p99", "latency_p99_seconds"},
      {"/ttft_seconds/p50", "ttft_p50_seconds"},
      {"/tokens/input_mean", "input_tokens_mean"},
      {"/tokens/output_per_second", "output_tokens_per_second"},
      {"/joules_per_output_token/value", "joules_per_output_token"},
      {"/cost_usd_per_query", "cost_usd_per_query"},
  };
  return same;
}

TEST(RenderCsv, ReadsBackAsTheSameNumbersAsTheJson) {
  const coordinator::Report report = ExampleSweep().Build();
  const std::vector<CsvRow> rows = RowsOf(report);
  const json pairs = json::parse(RenderJson(report))["pairs"];
  ASSERT_EQ(rows.size(), pairs.size());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    EXPECT_EQ(rows[at].at("pair"), pairs[at]["id"]);
    for (const auto& [path, column] : SameFigures()) {
      const json::json_pointer pointer(path);
      const json value = pairs[at].contains(pointer) ? pairs[at][pointer] : json();
      const std::string& cell = rows[at].at(column);
      if (value.is_null()) {
        EXPECT_EQ(cell, "") << column;
      } else {
        EXPECT_EQ(std::strtod(cell.c_str(), nullptr), value.get<double>()) << column;
      }
    }
  }
}

TEST(RenderCsv, LeavesEmptyWhatIsNotKnownAndNeverWritesZeroForIt) {
  const std::vector<CsvRow> rows = RowsOf(ExampleSweep().Build());
  EXPECT_EQ(rows[2].at("energy_status"), "modelled");
  for (const char* column : {"power_watts", "joules_per_query", "ipw_per_watt", "ipj_per_joule",
                             "joules_per_correct", "cost_usd_per_query", "baseline_watts"}) {
    EXPECT_EQ(rows[2].at(column), "") << column;
  }
}

TEST(RenderCsv, ReturnsEveryNameAsItWas) {
  coordinator::Report report = ExampleSweep().Build();
  const std::vector<std::string> names = {"a,b",     "say \"hi\"", "two\nlines", "carriage\r\n",
                                          " blank ", "=1+1",       "模型",       ";",
                                          "\"",      ",",          "tab\there"};
  for (const std::string& name : names) {
    report.sweep_name = report.pairs[0].model = name;
    const std::vector<CsvRow> rows = RowsOf(report);
    ASSERT_EQ(rows.size(), 3) << name;
    EXPECT_EQ(rows[0].at("model"), name);
    EXPECT_EQ(rows[2].at("sweep"), name);
  }
}

TEST(RenderCsv, OfAnEmptySweepHasColumnNamesOnly) {
  EXPECT_EQ(ParseCsv(RenderCsv({})).size(), 1);
}

}  // namespace
}  // namespace wattfleet::testing
