// The datasets that import knows, in the form in which each is published; filters, labels, mixes.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/workload/import.h"
#include "coordinator/workload/label_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/coordinator/workload/compressed.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using ::wattfleet::testing::Gzip;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;
using ::wattfleet::testing::Zstd;

constexpr char kWildChat[] =
    R"({"conversation_hash": "c1", "model": "gpt-4", "language": "English", "toxic": false, )"
    R"("conversation": [{"role": "system", "content": "s"}, )"
    R"({"role": "user", "content": "Hello?", "toxic": false}, )"
    R"({"role": "assistant", "content": "Hi.", "toxic": false}, )"
    R"({"role": "user", "content": "More?"}, {"role": "assistant", "content": "No."}]})";

class DatasetsTest : public ::testing::Test {
 protected:
  ImportOptions Options(const std::string& rows, const std::string& file = "rows.jsonl") {
    return {.data_directory = directory_.Path("store"),
            .name = "w",
            .files = {directory_.Write(file, rows)}};
  }
  std::vector<Query> Queries(const ImportReport& report) {
    std::vector<Query> queries;
    const auto workload = OpenWorkload(report.path);
    for (std::int64_t q = 0; workload.ok() && q < report.workload.queries; ++q) {
      queries.push_back((*workload)->Get(q).value());
    }
    return queries;
  }
  std::map<std::string, Query> ById(const ImportReport& report) {
    std::map<std::string, Query> queries;
    for (const Query& query : Queries(report)) {
      queries[query.id] = query;
    }
    return queries;
  }
  // The only query of a file of one row.
  Query Only(const std::string& row, const std::string& file = "rows.jsonl") {
    std::filesystem::remove_all(directory_.Path("store"));
    const auto report = ImportWorkload(Options(row, file));
    EXPECT_THAT(report, ::wattfleet::testing::IsOk());
    return report.ok() ? Queries(*report).at(0) : Query();
  }
  std::vector<RowFilter> Filters(const std::string& spec) {
    const auto filters = ParseFilters(spec);
    EXPECT_THAT(filters, ::wattfleet::testing::IsOk());
    return filters.ok() ? *filters : std::vector<RowFilter>();
  }

  TempDir directory_;
};

TEST_F(DatasetsTest, ReadsSuperGpqaAsPublished) {
  const Query query =
      Only(R"({"uuid": "u7", "question": "Which?", "options": ["x", "y", "z"], "answer": "y", )"
           R"("answer_letter": "B", "discipline": "Law", "field": "Law", "subfield": "Civil", )"
           R"("difficulty": "hard", "is_calculation": false})");

  EXPECT_EQ(query.id, "u7");
  EXPECT_EQ(query.dataset, "supergpqa");
  EXPECT_EQ(query.subject, "Law");
  EXPECT_EQ(query.grader, "mcq");
  EXPECT_THAT(query.references, ElementsAre("B"));
}

TEST_F(DatasetsTest, ReadsNaturalReasoningByItsReferenceAnswer) {
  const Query query = Only(
      R"({"question": "Why?", "reference_answer": "Because.", "responses": [{"response": "x"}]})");

  EXPECT_EQ(query.id, "natural-reasoning-1");
  EXPECT_EQ(query.dataset, "natural-reasoning");
  EXPECT_EQ(query.grader, "judge");
  EXPECT_THAT(query.references, ElementsAre("Because."));
}

TEST_F(DatasetsTest, TakesTheFirstTurnOfAWildChatAndItsAnswer) {
  const Query query = Only(kWildChat);

  EXPECT_EQ(query.id, "c1");
  EXPECT_EQ(query.question, "Hello?");
  EXPECT_EQ(query.grader, "pairwise");
  EXPECT_THAT(query.references, ElementsAre("Hi."));
}

TEST_F(DatasetsTest, ReadsMath500AsPublished) {
  const Query query =
      Only(R"({"problem": "1/2+1/2?", "solution": "It is $\\boxed{1}$.", "answer": "1", )"
           R"("subject": "Algebra", "level": 1, "unique_id": "test/algebra/1.json"})");

  EXPECT_EQ(query.id, "test/algebra/1.json");
  EXPECT_EQ(query.dataset, "math-500");
  EXPECT_EQ(query.subject, "Algebra");
  EXPECT_EQ(query.grader, "math");
  EXPECT_THAT(query.references, ElementsAre("1"));
}

TEST_F(DatasetsTest, ReadsCsvWithQuotesLineEndsAndListsOfOptions) {
  const std::string csv =
      "id,question,options,answer,subject\r\n"
      "1,\"Say \"\"a, b\"\"\nwhere?\",\"[\"\"x\"\", \"\"y\"\"]\",y,law\r\n"
      "\n"
      "2,Plain,,7,\n";
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(Options(csv, "rows.csv")));

  const auto queries = ById(report);
  EXPECT_EQ(queries.at("1").question, "Say \"a, b\"\nwhere?");
  EXPECT_THAT(queries.at("1").options, ElementsAre("x", "y"));
  EXPECT_THAT(queries.at("1").references, ElementsAre("B"));
  EXPECT_EQ(queries.at("2").grader, "numeric");
  EXPECT_EQ(queries.at("2").subject, "w");
}

TEST_F(DatasetsTest, TakesOptionsFromSeveralColumns) {
  ImportOptions options = Options("q,A,B,C,right\nWhich?,x,y,,B\n", "rows.csv");
  options.map = {{"question", "q"}, {"options", "A,B,C"}, {"answer", "right"}};

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  EXPECT_THAT(Queries(report).at(0).options, ElementsAre("x", "y"));
  options.map[1].second = "A,D";
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column \"D\"")));
}

TEST_F(DatasetsTest, NamesTheLineOfABrokenCsvRecord) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"question,answer\na,b\nc\n", "rows.csv:3: 1 fields, and the header has 2 columns"},
      {"question,answer\na,\"b\nc,d\n", "rows.csv:2: a quote that never ends"},
      {"question,question\na,b\n", "rows.csv:1: the header names the column \"question\" twice"},
      {"question,answer\na,\xff\n", "rows.csv:2: invalid UTF-8"},
      {"", "rows.csv:1: no header"}};
  for (const auto& [csv, message] : files) {
    EXPECT_THAT(ImportWorkload(Options(csv, "rows.csv")),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
  EXPECT_THAT(std::filesystem::directory_iterator(directory_.Path("store")),
              ::testing::Truly([](auto files_left) { return files_left == end(files_left); }));
}

TEST_F(DatasetsTest, ReadsCompressedCsvByItsName) {
  EXPECT_EQ(Only(Gzip("question,answer\nq,1\n"), "rows.csv.gz").question, "q");
  EXPECT_EQ(Only(Zstd("question,answer\nq,1\n"), "rows.csv.zst").question, "q");
}

TEST_F(DatasetsTest, CountsWhatEachFilterOfTheStudyRemoves) {
  const std::string rows =
      R"({"question": "Why  so?", "reference_answer": "x", "language": "English"})"
      "\n"
      R"({"question": "Why so?", "reference_answer": "again"})"
      "\n"
      R"({"question": "Warum?", "reference_answer": "x", "language": "German"})"
      "\n"
      R"({"question": "Untagged?", "reference_answer": "x"})"
      "\n"
      R"({"question": "No answer?", "reference_answer": ""})"
      "\n"
      R"({"question": "Nor here?", "language": "German"})"
      "\n" +
      absl::StrCat(R"({"reference_answer": "x", "question": ")", std::string(32'001, 'x'), "\"}\n",
                   R"({"reference_answer": "x", "question": ")", std::string(32'000, 'x'), "\"}\n");
  ImportOptions options = Options(rows);
  options.filters = Filters("study");

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  EXPECT_THAT(report.filtered, ElementsAre(Pair("no-reference", 2), Pair("non-english", 1),
                                           Pair("too-long", 1), Pair("duplicates", 1)));
  EXPECT_EQ(report.workload.queries, 3);
  EXPECT_EQ(report.rejected, 0);
}

TEST_F(DatasetsTest, FiltersToxicChatsByTheirTagAndByTheirTurns) {
  std::string toxic_turn = kWildChat;
  toxic_turn.replace(toxic_turn.find("\"c1\""), 4, "\"c2\"");
  toxic_turn.replace(toxic_turn.find("\"Hi.\", \"toxic\": false"), 21, "\"Hi.\", \"toxic\": true");
  std::string toxic_chat = kWildChat;
  toxic_chat.replace(toxic_chat.find("\"c1\""), 4, "\"c3\"");
  toxic_chat.replace(toxic_chat.find("\"toxic\": false"), 14, "\"toxic\": true");
  ImportOptions options = Options(absl::StrCat(kWildChat, "\n", toxic_turn, "\n", toxic_chat));
  options.filters = Filters("toxic");

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  EXPECT_THAT(report.filtered, ElementsAre(Pair("toxic", 2)));
  EXPECT_EQ(Queries(report).at(0).id, "c1");
}

TEST_F(DatasetsTest, CountsCharactersNotBytesAndOptionsToo) {
  ImportOptions options = Options(
      "{\"question\": \"\xc3\xa4\xc3\xb6\xc3\xbc\", \"answer\": \"x\"}\n"
      "{\"question\": \"ab\", \"options\": [\"cd\"], \"answer\": \"A\"}\n");
  options.filters = Filters("too-long=3");
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));
  EXPECT_THAT(report.filtered, ElementsAre(Pair("too-long=3", 1)));
  EXPECT_THAT(Queries(report).at(0).options, IsEmpty());

  options.filters = Filters("too-short=4");
  options.name = "other";
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport longer, ImportWorkload(options));
  EXPECT_THAT(Queries(longer).at(0).options, SizeIs(1));
}

TEST_F(DatasetsTest, SaysWhenTheFiltersLeaveNothing) {
  ImportOptions options = Options("{\"question\": \"q\", \"answer\": \"\"}\n");
  options.filters = Filters("no-reference");

  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the filters leave no row")));
}

TEST(ParseFiltersTest, RefusesWhatIsNoFilter) {
  EXPECT_THAT(ParseFilters("duplicate"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"duplicates\"")));
  EXPECT_THAT(ParseFilters("toxic=1"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("takes no value")));
  for (const char* spec : {"too-long=0", "too-long=x", "too-short", "too-short=-4"}) {
    EXPECT_THAT(ParseFilters(spec), StatusIs(absl::StatusCode::kInvalidArgument,
                                             HasSubstr("expected a number of characters")));
  }
}

std::string Numbered(const std::string& dataset, int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    absl::StrAppend(&text, R"({"id": ")", dataset, i, R"(", "question": ")", i,
                    R"(?", "answer": "x", "dataset": ")", dataset, R"(", "subject": "s)", i % 2,
                    "\"}\n");
  }
  return text;
}

TEST_F(DatasetsTest, LabelsBecomeSubjects) {
  ImportOptions options = Options(Numbered("d", 4));
  options.labels = directory_.Write(
      "labels.csv", "id,label\nd0,Legal services\nd1,Legal services\nd3,None\nother,None\n");
  options.label_set = "economic";

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  const auto queries = ById(report);
  EXPECT_EQ(queries.at("d1").subject, "Legal services");
  EXPECT_EQ(queries.at("d2").subject, "s0");
  EXPECT_EQ(queries.at("d3").subject, "None");
  EXPECT_EQ(report.unlabelled, 1);
}

TEST_F(DatasetsTest, RefusesLabelsThatCannotBeMeant) {
  ImportOptions options = Options(Numbered("d", 4));
  options.label_set = "economic";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"{\"id\": \"d0\", \"label\": \"Legal servces\"}\n",
       "labels.jsonl:1: unknown label \"Legal servces\"; nearest is \"Legal services\""},
      {"{\"id\": \"d0\", \"label\": \"None\"}\n{\"id\": \"d0\", \"label\": \"Legal services\"}\n",
       "labels.jsonl:2: id \"d0\" has the labels \"None\" and \"Legal services\""},
      {"{\"id\": \"d0\"}\n", "labels.jsonl:1: no label"},
      {"{\"label\": \"None\"}\n", "labels.jsonl:1: no id"},
      {"{\"id\": \"e0\", \"label\": \"None\"}\n", "no label for any of the queries' ids"},
      {"", "has no labels"},
      {"nonsense\n", "labels.jsonl:1: not a JSON object"}};
  for (const auto& [labels, message] : files) {
    options.labels = directory_.Write("labels.jsonl", labels);
    EXPECT_THAT(ImportWorkload(options),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
  options.label_set = "economy";
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"economic\"")));
  EXPECT_THAT(EconomicLabels(), SizeIs(23));
}

constexpr char kShotRow[] = R"({"question": "2*3?", "answer": "It is <<2*3=6>>6.\n#### 6"})"
                            "\n";

TEST_F(DatasetsTest, KeepsShotsBesideTheQueriesAndInTheHash) {
  ImportOptions options =
      Options("{\"id\": \"a\", \"question\": \"1+1?\", \"answer\": \"#### 2\"}\n");
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport without, ImportWorkload(options));
  options.name = "shots";
  options.preset = "gsm8k";
  options.shots = directory_.Write("train.jsonl.gz", Gzip(kShotRow));

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport with, ImportWorkload(options));

  EXPECT_NE(with.workload.id, without.workload.id);
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(with.path));
  ASSERT_THAT(workload->shots(), SizeIs(1));
  EXPECT_EQ(workload->shots()[0].query.question, "2*3?");
  EXPECT_THAT(workload->shots()[0].query.references, ElementsAre("6"));
  EXPECT_THAT(workload->shots()[0].worked, HasSubstr("#### 6"));
  WF_EXPECT_OK(CheckShots(*workload, {"auto", 1}));
  EXPECT_THAT(CheckShots(*workload, {"auto", 2}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("shots: 2"), HasSubstr("has 1 for dataset gsm8k"))));
}

TEST_F(DatasetsTest, RefusesShotsThatAreNoneOrThatAreAsked) {
  ImportOptions options = Options(kShotRow);
  options.preset = "gsm8k";
  options.shots = directory_.Write("shots.jsonl", kShotRow);
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("rows.jsonl:1"), HasSubstr("is one of the shots"))));
  options.shots = directory_.Write("shots.jsonl", "{\"question\": \"q\", \"answer\": \"\"}\n");
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shots.jsonl:1: no answer")));
}

class MixTest : public DatasetsTest {
 protected:
  void SetUp() override {
    for (const auto& [name, rows] : std::map<std::string, int>{{"a", 40}, {"b", 100}}) {
      ImportOptions options = Options(Numbered(name, rows), name + ".jsonl");
      options.name = name;
      WF_ASSERT_OK(ImportWorkload(options));
    }
  }
  absl::StatusOr<ImportReport> Mix(const std::string& name, std::optional<std::int64_t> queries,
                                   std::uint64_t seed = 1) {
    return ImportWorkload({.data_directory = directory_.Path("store"),
                           .name = name,
                           .mix = {{.workload = "a", .share = 1}, {.workload = "b", .share = 3}},
                           .mix_queries = queries,
                           .seed = seed});
  }
};

TEST_F(MixTest, TakesTheSharesOfEachAFairSample) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Mix("mix", 80));

  ASSERT_THAT(report.workload.strata, SizeIs(4));
  EXPECT_EQ(report.workload.strata[0].dataset, "a");
  std::vector<std::int64_t> sizes;
  for (const DatasetCount& stratum : report.workload.strata) {
    sizes.push_back(stratum.queries);
  }
  EXPECT_THAT(sizes, ElementsAre(10, 10, 30, 30));
}

TEST_F(MixTest, TakesAsManyAsTheSharesAllow) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Mix("mix", std::nullopt));

  EXPECT_EQ(report.workload.queries, 134);  // all 100 of b, and 34 of a
}

TEST_F(MixTest, IsTheSameBySeedAndNested) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport large, Mix("large", 80));
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport small, Mix("small", 40));
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport other, Mix("other", 80, 2));
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport again, Mix("again", 80));

  EXPECT_EQ(again.workload.id, large.workload.id);
  EXPECT_NE(other.workload.id, large.workload.id);
  const auto of_large = ById(large);
  for (const auto& [id, query] : ById(small)) {
    EXPECT_TRUE(of_large.contains(id)) << id;
  }
}

TEST_F(MixTest, NamesThePartThatIsTooSmallAndWhatWouldGo) {
  EXPECT_THAT(Mix("mix", 200),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("workload a has 40 queries; its share of 200 is 50"),
                             HasSubstr("at most 134 go"))));
}

TEST_F(MixTest, NamesBothPlacesOfAnIdThatTwoPartsHave) {
  ImportOptions options = Options(Numbered("b", 60), "c.jsonl");
  options.name = "c";
  WF_ASSERT_OK(ImportWorkload(options));

  EXPECT_THAT(ImportWorkload({.data_directory = directory_.Path("store"),
                              .name = "mix",
                              .mix = {{.workload = "b", .share = 1}, {.workload = "c", .share = 1}},
                              .mix_queries = 120}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("duplicate id"), HasSubstr("b:"), HasSubstr("c:"))));
}

TEST(MixCountsTest, RoundsByLargestRemainderAndKeepsTheSum) {
  const std::vector<MixPart> thirds = {{"a", 1}, {"b", 1}, {"c", 1}};
  EXPECT_THAT(*MixCounts(thirds, {9, 9, 9}, 10), UnorderedElementsAre(4, 3, 3));
  EXPECT_THAT(*MixCounts({{"a", 0.1}, {"b", 0.9}}, {9, 99}, 15), ElementsAre(2, 13));
  EXPECT_THAT(MixCounts({{"a", 0}}, {9}, 5),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be more than 0")));
}

}  // namespace
}  // namespace wattfleet::coordinator
