#include "coordinator/cli/import_files.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace wattfleet::coordinator
