#include "coordinator/cli/import_files.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wattfleet::coordinator {
namespace {

ImportReport TwoDatasets() {
  ImportReport report;
  report.workload = {.id = "sha256:0123456789abcdef0123",
                     .name = "mine",
                     .queries = 12,
                     .strata = {{"a", "x", 4}, {"a", "y", 4}, {"b", "x", 4}}};
  return report;
}

TEST(ImportTextTest, SaysWhatWasImported) {
  EXPECT_EQ(ImportText(TwoDatasets()),
            "imported workload mine: 12 queries, 2 datasets, sha256:0123456789ab\n");
}

TEST(ImportTextTest, SaysWhenItWasThereAlready) {
  ImportReport report = TwoDatasets();
  report.already_there = true;

  EXPECT_EQ(ImportText(report),
            "already there: workload mine: 12 queries, 2 datasets, sha256:0123456789ab\n");
}

TEST(ImportTextTest, NamesRejectedRowsByFileAndLineAndCountsTheRest) {
  ImportReport report = TwoDatasets();
  report.rejected = 5;
  report.first_rejected = {{"q.jsonl", 3, "no question"}, {"q.jsonl", 9, "no answer"}};

  EXPECT_EQ(ImportText(report),
            "rejected 5 rows:\n"
            "  q.jsonl:3: no question\n"
            "  q.jsonl:9: no answer\n"
            "  and 3 more\n"
            "imported workload mine: 12 queries, 2 datasets, sha256:0123456789ab\n");
}

TEST(ImportTextTest, SaysWhatEachFilterRemovedAndWhatHasNoLabel) {
  ImportReport report = TwoDatasets();
  report.filtered = {{"no-reference", 1}, {"duplicates", 0}};
  report.unlabelled = 2;

  EXPECT_EQ(ImportText(report),
            "filter no-reference removed 1 row\n"
            "filter duplicates removed 0 rows\n"
            "2 queries without a label keep the dataset's own subject\n"
            "imported workload mine: 12 queries, 2 datasets, sha256:0123456789ab\n");
}

TEST(ImportJsonTest, SaysTheSameForPrograms) {
  ImportReport report = TwoDatasets();
  report.filtered = {{"no-reference", 1}};
  report.rejected = 1;
  report.first_rejected = {{"q.jsonl", 3, "no question"}};

  const auto json = nlohmann::json::parse(ImportJson(report));

  EXPECT_EQ(json["schema"], "wattfleet.import/1");
  EXPECT_EQ(json["queries"], 12);
  EXPECT_EQ(json["strata"][2]["dataset"], "b");
  EXPECT_EQ(json["filtered"]["no-reference"], 1);
  EXPECT_EQ(json["first_rejected"][0]["line"], 3);
}

}  // namespace
}  // namespace wattfleet::coordinator
