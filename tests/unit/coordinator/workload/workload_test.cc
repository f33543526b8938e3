#include "coordinator/workload/workload.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/workload/database.h"
#include "coordinator/workload/import.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::wattfleet::testing::SharedData;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;

constexpr int kQueries = 300;

class WorkloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string rows;
    for (int i = 0; i < kQueries; ++i) {
      absl::StrAppend(&rows, R"({"id": "q)", i, R"(", "question": "Which is )", i,
                      R"(?", "options": ["x", "y \"z\""], "answer": ")", i % 2 == 0 ? "A" : "B",
                      R"(", "category": ")", i % 3 == 0 ? "law" : "art", "\"}\n");
    }
    WF_ASSERT_OK_AND_ASSIGN(const ImportReport report,
                            ImportWorkload({.data_directory = directory_.path(),
                                            .name = "w",
                                            .files = {directory_.Write("rows", rows)}}));
    path_ = report.path;
  }

  TempDir directory_;
  std::string path_;
};

TEST_F(WorkloadTest, GivesEveryQueryAtItsPlace) {
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(path_));
  std::set<std::string> ids;

  for (std::int64_t q = 0; q < kQueries; ++q) {
    WF_ASSERT_OK_AND_ASSIGN(const Query query, workload->Get(q));
    const int number = std::stoi(query.id.substr(1));
    ids.insert(query.id);
    EXPECT_EQ(query.q, q);
    EXPECT_EQ(query.question, absl::StrCat("Which is ", number, "?"));
    EXPECT_THAT(query.options, ElementsAre("x", "y \"z\""));
    EXPECT_THAT(query.references, ElementsAre(number % 2 == 0 ? "A" : "B"));
    EXPECT_EQ(query.subject, number % 3 == 0 ? "law" : "art");
  }
  EXPECT_THAT(ids, SizeIs(kQueries));
}

TEST_F(WorkloadTest, KnowsItsFacts) {
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(path_));

  EXPECT_EQ(workload->facts().name, "w");
  EXPECT_EQ(workload->facts().queries, kQueries);
  EXPECT_THAT(workload->datasets(), ElementsAre("mmlu-pro"));
  EXPECT_THAT(workload->subjects(), ElementsAre("art", "law"));
  ASSERT_THAT(workload->facts().strata, SizeIs(2));
  EXPECT_EQ(workload->facts().strata[1].subject, "law");
  EXPECT_EQ(workload->facts().strata[1].queries, 100);
}

TEST_F(WorkloadTest, GivesKeysThatAgreeWithItsQueries) {
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(path_));
  WF_ASSERT_OK_AND_ASSIGN(const std::vector<QueryKey> keys, workload->Keys());

  ASSERT_THAT(keys, SizeIs(kQueries));
  for (std::int64_t q = 0; q < kQueries; ++q) {
    const QueryKey& key = keys[static_cast<std::size_t>(q)];
    EXPECT_EQ(key.q, q);
    EXPECT_EQ(key.options, 2);
    EXPECT_EQ(workload->subjects()[static_cast<std::size_t>(key.subject)],
              workload->Get(q)->subject);
  }
}

TEST_F(WorkloadTest, RefusesPlacesItDoesNotHave) {
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(path_));

  EXPECT_THAT(workload->Get(-1), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("has 300")));
  EXPECT_THAT(workload->Get(kQueries), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("300")));
}

TEST_F(WorkloadTest, ServesManyThreadsAtOnce) {
  constexpr int kThreads = 8;
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(path_));
  std::vector<int> wrong(kThreads, 0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::int64_t i = 0; i < 2 * kQueries; ++i) {
          const std::int64_t q = (i * 7 + t) % kQueries;
          const auto query = workload->Get(q);
          wrong[static_cast<std::size_t>(t)] += query.ok() && query->q == q ? 0 : 1;
        }
      });
    }
  }

  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST_F(WorkloadTest, TellsAMissingFileFromADamagedOne) {
  EXPECT_THAT(OpenWorkload(directory_.Path("absent.db")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent.db")));
  EXPECT_THAT(OpenWorkload(directory_.Write("text.db", "no database at all, but some text")),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("text.db")));
}

TEST_F(WorkloadTest, RefusesAFileThatLacksRows) {
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto database, Database::Create(path_));
    WF_ASSERT_OK(database->Execute("DELETE FROM query_key WHERE q = 5"));
  }

  EXPECT_THAT(OpenWorkload(path_), StatusIs(absl::StatusCode::kDataLoss,
                                            HasSubstr("holds 299 queries and says it holds 300")));
}

TEST_F(WorkloadTest, RefusesAFileOfAnotherFormat) {
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto database, Database::Create(path_));
    WF_ASSERT_OK(database->Execute("PRAGMA user_version = 99"));
  }

  EXPECT_THAT(OpenWorkload(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("import it again")));
}

TEST_F(WorkloadTest, OpensPathsWithCharactersThatUrisGiveAMeaning) {
  const std::string odd = directory_.Path("a?b#c%20d.db");
  std::filesystem::copy_file(path_, odd);

  WF_EXPECT_OK(OpenWorkload(odd));
}

struct Published {
  const char* file;
  const char* preset;
  std::int64_t queries;
  std::size_t strata;
  const char* grader;  // of the first query, where all have the same
};

class PublishedDatasetTest : public ::testing::TestWithParam<Published> {};

TEST_P(PublishedDatasetTest, ImportsWholeAndIsToldFromItsColumns) {
  const Published& published = GetParam();
  const std::string file = SharedData(published.file);
  WF_SKIP_WITHOUT(file);
  const TempDir directory;

  WF_ASSERT_OK_AND_ASSIGN(
      const ImportReport report,
      ImportWorkload({.data_directory = directory.path(), .name = "w", .files = {file}}));
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport named,
                          ImportWorkload({.data_directory = directory.path(),
                                          .name = "w",
                                          .preset = published.preset,
                                          .files = {file}}));
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(report.path));

  EXPECT_TRUE(named.already_there);
  EXPECT_EQ(report.rejected, 0);
  EXPECT_EQ(workload->facts().queries, published.queries);
  EXPECT_THAT(workload->facts().strata, SizeIs(published.strata));
  EXPECT_THAT(workload->Get(0)->grader, HasSubstr(published.grader));
}

INSTANTIATE_TEST_SUITE_P(
    , PublishedDatasetTest,
    ::testing::Values(Published{"mmlu-pro/questions.jsonl.gz", "mmlu-pro", 12032, 14, "mcq"},
                      Published{"gsm8k/test.jsonl.gz", "gsm8k", 1319, 1, "numeric"},
                      Published{"bbh/bbh.jsonl.gz", "bbh", 6511, 27, ""}),
    [](const auto& test) {
      std::string name = test.param.preset;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace wattfleet::coordinator
