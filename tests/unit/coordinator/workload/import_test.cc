#include "coordinator/workload/import.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/coordinator/workload/compressed.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using ::wattfleet::testing::Gzip;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;
using ::wattfleet::testing::Zstd;

constexpr char kChoice[] =
    R"({"id": "1", "question": "Sky?", "options": ["red", "blue"], "answer": "B", "category": "x"})";

std::string Rows(int first, int last) {
  std::string rows;
  for (int i = first; i < last; ++i) {
    absl::StrAppend(&rows, "{\"id\": \"", i, "\", \"question\": \"", i, "?\", \"answer\": \"", i,
                    "\", \"dataset\": \"d\", \"subject\": \"s", i % 3, "\"}\n");
  }
  return rows;
}

class ImportTest : public ::testing::Test {
 protected:
  ImportOptions Options(const std::string& rows) {
    return {.data_directory = directory_.Path("store"),
            .name = "w",
            .files = {directory_.Write("rows.jsonl", rows)}};
  }
  absl::StatusOr<ImportReport> Import(const std::string& rows, const std::string& preset = "") {
    ImportOptions options = Options(rows);
    options.preset = preset;
    return ImportWorkload(options);
  }
  // The first query of an import of one row.
  Query Only(const std::string& row, const std::string& preset = "") {
    const auto report = Import(row, preset);
    EXPECT_THAT(report, ::wattfleet::testing::IsOk());
    return report.ok() ? (*OpenWorkload(report->path))->Get(0).value() : Query();
  }
  // Why the row is rejected, imported beside a good one.
  std::string Rejection(const std::string& row, const std::string& preset = "") {
    const auto report = Import(std::string(kChoice) + "\n" + row, preset);
    EXPECT_THAT(report, ::wattfleet::testing::IsOk());
    if (!report.ok() || report->first_rejected.size() != 1) {
      return "(not rejected)";
    }
    EXPECT_EQ(report->rejected, 1);
    EXPECT_EQ(report->workload.queries, 1);
    EXPECT_EQ(report->first_rejected[0].line, 2);
    EXPECT_THAT(report->first_rejected[0].file, EndsWith("rows.jsonl"));
    std::filesystem::remove_all(directory_.Path("store"));
    return report->first_rejected[0].reason;
  }
  std::vector<std::string> FilesInStore() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.Path("store"))) {
      files.push_back(entry.path().filename().string());
    }
    return files;
  }

  TempDir directory_;
};

TEST_F(ImportTest, WritesOneFileNamedAfterItsContent) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Import(Rows(0, 10)));

  EXPECT_THAT(report.workload.id, MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_THAT(report.path, EndsWith("workload-" + report.workload.id.substr(7, 16) + ".db"));
  EXPECT_EQ(report.workload.queries, 10);
  EXPECT_FALSE(report.already_there);
  EXPECT_EQ(report.rejected, 0);
  EXPECT_THAT(FilesInStore(),
              UnorderedElementsAre("workload-names",
                                   std::filesystem::path(report.path).filename().string()));
  EXPECT_EQ(*FindWorkload(directory_.Path("store"), "w"), report.path);
  EXPECT_EQ(*FindWorkload(directory_.Path("store"), report.workload.id), report.path);
}

TEST_F(ImportTest, DoesNothingForTheSameNameAndContent) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport first, Import(Rows(0, 10)));
  const auto written = std::filesystem::last_write_time(first.path);

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport again, Import(Rows(0, 10)));

  EXPECT_TRUE(again.already_there);
  EXPECT_EQ(again.workload.id, first.workload.id);
  EXPECT_EQ(std::filesystem::last_write_time(first.path), written);
  EXPECT_THAT(FilesInStore(), SizeIs(2));
}

TEST_F(ImportTest, RefusesATakenNameAndLeavesNothingBehind) {
  WF_ASSERT_OK(Import(Rows(0, 10)));

  EXPECT_THAT(Import(Rows(0, 11)),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("workload w exists")));
  EXPECT_THAT(FilesInStore(), SizeIs(2));
}

TEST_F(ImportTest, GivesOneContentASecondName) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport first, Import(Rows(0, 10)));
  ImportOptions options = Options(Rows(0, 10));
  options.name = "other";

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport second, ImportWorkload(options));

  EXPECT_FALSE(second.already_there);
  EXPECT_EQ(second.path, first.path);
  EXPECT_EQ(*FindWorkload(directory_.Path("store"), "other"), first.path);
  EXPECT_EQ(*FindWorkload(directory_.Path("store"), "w"), first.path);
}

TEST_F(ImportTest, HashesContentOrderAndSeedButNotHowTheRowsCame) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport plain, Import(Rows(0, 50)));
  ImportOptions options = Options("");
  options.name = "parts";
  options.files = {directory_.Write("b.zst", Zstd(Rows(20, 50))),
                   directory_.Write("a.gz", Gzip(Rows(0, 20)))};
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport parts, ImportWorkload(options));
  options.name = "seeded";
  options.seed = 2;
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport seeded, ImportWorkload(options));

  EXPECT_EQ(parts.workload.id, plain.workload.id);
  EXPECT_NE(seeded.workload.id, plain.workload.id);
}

TEST_F(ImportTest, CountsEachStratum) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Import(Rows(0, 10)));

  ASSERT_THAT(report.workload.strata, SizeIs(3));
  EXPECT_EQ(report.workload.strata[0].dataset, "d");
  EXPECT_EQ(report.workload.strata[0].subject, "s0");
  EXPECT_EQ(report.workload.strata[0].queries, 4);
  EXPECT_EQ(report.workload.strata[2].queries, 3);
}

TEST_F(ImportTest, TellsThePresetFromTheColumns) {
  const Query choice = Only(kChoice);
  EXPECT_EQ(choice.dataset, "mmlu-pro");
  EXPECT_EQ(choice.subject, "x");
  EXPECT_EQ(choice.grader, "mcq");
  EXPECT_THAT(choice.options, ElementsAre("red", "blue"));
  EXPECT_THAT(choice.references, ElementsAre("B"));
}

TEST_F(ImportTest, TellsBbhFromItsColumns) {
  const Query query = Only(R"({"id": "a", "task": "t", "input": "True is", "target": "True"})");

  EXPECT_EQ(query.dataset, "bbh");
  EXPECT_EQ(query.subject, "t");
  EXPECT_EQ(query.question, "True is");
  EXPECT_EQ(query.grader, "exact");
}

TEST_F(ImportTest, ReadsTheAnswerBehindHashesOfGsm8k) {
  const Query query = Only(R"({"question": "q", "answer": "9*2=18\n#### 1,018"})");

  EXPECT_EQ(query.id, "gsm8k-1");
  EXPECT_EQ(query.subject, "gsm8k");
  EXPECT_EQ(query.grader, "numeric");
  EXPECT_THAT(query.references, ElementsAre("1,018"));
}

TEST_F(ImportTest, ReadsThePublishedColumnNamesOfMmluPro) {
  const Query query = Only(
      R"({"question_id": 70, "question": "q", "options": ["a"], "answer": "A", "answer_index": 0, )"
      R"("cot_content": "", "category": "law", "src": "x"})");

  EXPECT_EQ(query.id, "70");
  EXPECT_EQ(query.subject, "law");
}

TEST_F(ImportTest, ChoosesTheGraderOfAJsonlRow) {
  EXPECT_EQ(Only(R"({"question": "q", "answer": "-3.5"})").grader, "numeric");
  std::filesystem::remove_all(directory_.Path("store"));
  EXPECT_EQ(Only(R"({"question": "q", "answer": 12})").grader, "numeric");
  std::filesystem::remove_all(directory_.Path("store"));
  EXPECT_EQ(Only(R"({"question": "q", "answer": ["USA", "U.S."]})").grader, "exact");
  std::filesystem::remove_all(directory_.Path("store"));
  EXPECT_EQ(Only(R"({"question": "q", "answer": "red", "options": ["blue", "red"]})").references,
            std::vector<std::string>{"B"});
}

TEST_F(ImportTest, ObeysTheGraderThatIsAskedFor) {
  ImportOptions options = Options(R"({"question": "q", "answer": "3"})");
  options.grader = "exact";
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));
  EXPECT_EQ((*OpenWorkload(report.path))->Get(0)->grader, "exact");

  options.grader = "exakt";
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"exact\"")));
}

TEST_F(ImportTest, RenamesColumnsByTheMap) {
  ImportOptions options = Options(R"({"prompt": "q?", "gold": "yes", "topic": "t", "set": "d"})");
  options.map = {
      {"question", "prompt"}, {"answer", "gold"}, {"subject", "topic"}, {"dataset", "set"}};

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  const Query query = (*OpenWorkload(report.path))->Get(0).value();
  EXPECT_EQ(query.question, "q?");
  EXPECT_EQ(query.dataset, "d");
  EXPECT_EQ(query.subject, "t");
  EXPECT_EQ(query.id, "w-1");
}

TEST_F(ImportTest, NamesTheNearestOfAnUnknownPresetFieldOrColumn) {
  EXPECT_THAT(Import(kChoice, "mmlu-por"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("rows.jsonl:1"), HasSubstr("nearest is \"mmlu-pro\""))));
  ImportOptions options = Options(R"({"prompt": "q", "gold": "a"})");
  options.map = {{"qestion", "prompt"}};
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"question\"")));
  options.map = {{"question", "promt"}};
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"prompt\"")));
  options.map = {};
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--map question=COLUMN")));
  EXPECT_THAT(Import(R"({"question": "q", "answer": "a"})", "bbh"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("needs a column \"input\"")));
}

TEST_F(ImportTest, RejectsBadRowsByLineAndKeepsTheRest) {
  EXPECT_EQ(Rejection(R"({"id": "2", "options": ["a"], "answer": "A"})"), "no prompt");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": " \n", "options": ["a"], "answer": "A"})"),
            "no prompt");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": "q", "options": ["a"], "answer": null})"),
            "no answer");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": "q", "options": ["a"]})"), "no answer");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": "q", "options": [], "answer": "A"})"),
            "no options");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": "q", "options": ["a", "b"], "answer": "C"})"),
            "the answer \"C\" is none of the 2 options");
  EXPECT_EQ(Rejection(R"({"id": "2", "question": "q", "options": "a", "answer": "A"})"),
            "its options are no list");
  EXPECT_EQ(Rejection(R"({"question": "q", "answer": "no hashes", "options": ["a"]})"),
            "the answer \"no hashes\" is none of the 1 options");
}

TEST_F(ImportTest, RefusesAFileWithARowThatCannotBeReadAndWritesNothing) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({"id": "2", "question": )", "rows.jsonl:2: not valid JSON"},
      {"[1, 2]", "rows.jsonl:2: not a JSON object"},
      {"{\"id\": \"2\", \"question\": \"\xff\"}", "rows.jsonl:2: invalid UTF-8"}};
  for (const auto& [row, message] : rows) {
    EXPECT_THAT(Import(std::string(kChoice) + "\n" + row + "\n" + kChoice),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
    EXPECT_THAT(FilesInStore(), IsEmpty());
  }
}

TEST_F(ImportTest, RejectsRowsThatCannotBeReadWhereAskedTo) {
  ImportOptions options = Options(std::string(kChoice) + "\n{\"id\": \n[1]\n");
  options.skip_malformed = true;

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  EXPECT_EQ(report.workload.queries, 1);
  ASSERT_THAT(report.first_rejected, SizeIs(2));
  EXPECT_EQ(report.first_rejected[1].line, 3);
}

TEST_F(ImportTest, RejectsAPromptOfTenMegabytesByItsLine) {
  EXPECT_EQ(Rejection(absl::StrCat(R"({"id": "2", "options": ["a"], "answer": "A", "question": ")",
                                   std::string(10'000'000, 'x'), "\"}")),
            "a prompt of 10000001 bytes is over the limit of 262144");
}

TEST_F(ImportTest, AcceptsAQuestionWithOneOption) {
  const Query query =
      Only(R"({"id": "1", "question": "q", "options": ["a"], "answer": "A", "category": "c"})");

  EXPECT_THAT(query.options, ElementsAre("a"));
  EXPECT_THAT(query.references, ElementsAre("A"));
}

TEST_F(ImportTest, ShowsTheFirstTwentyRejectedRowsAndCountsAll) {
  std::string rows = std::string(kChoice) + "\n";
  for (int i = 0; i < 30; ++i) {
    rows += "{}\n";
  }

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Import(rows));

  EXPECT_EQ(report.rejected, 30);
  EXPECT_THAT(report.first_rejected, SizeIs(20));
}

TEST_F(ImportTest, RefusesDuplicateIdsNamingBothLines) {
  EXPECT_THAT(Import(Rows(0, 5) + Rows(3, 4)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       MatchesRegex("duplicate id \"3\": .*rows.jsonl:4 and .*rows.jsonl:6")));
  EXPECT_THAT(Import(Rows(0, 5) + Rows(2, 5)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       MatchesRegex("duplicate id \"2\".*:3 and .*:6, and 2 more")));
  ImportOptions options = Options(Rows(0, 5));
  options.files.push_back(directory_.Write("more.jsonl", "\n" + Rows(4, 6)));
  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       MatchesRegex("duplicate id \"4\": .*rows.jsonl:5 and .*more.jsonl:2")));
  EXPECT_THAT(FilesInStore(), IsEmpty());
}

TEST_F(ImportTest, CountsLinesOverAllFilesForMissingIds) {
  ImportOptions options = Options("{\"question\": \"a\", \"answer\": \"x\"}\n");
  options.files.push_back(directory_.Write("more", "\n{\"question\": \"b\", \"answer\": \"y\"}"));
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));
  WF_ASSERT_OK_AND_ASSIGN(const auto workload, OpenWorkload(report.path));

  EXPECT_THAT((std::vector<std::string>{workload->Get(0)->id, workload->Get(1)->id}),
              UnorderedElementsAre("w-1", "w-3"));
}

TEST_F(ImportTest, RefusesAnEmptyWorkload) {
  EXPECT_THAT(Import(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no rows")));
  EXPECT_THAT(Import("\n  \n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no rows")));
  EXPECT_THAT(Import("nonsense"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("not valid JSON"), HasSubstr("rows.jsonl:1"))));
  EXPECT_THAT(Import("{}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("rows.jsonl:1")));
  EXPECT_THAT(FilesInStore(), IsEmpty());
}

TEST_F(ImportTest, NamesAMissingFile) {
  ImportOptions options = Options("");
  options.files = {directory_.Path("absent.jsonl")};

  EXPECT_THAT(ImportWorkload(options),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent.jsonl")));
}

TEST_F(ImportTest, SkipsAByteOrderMarkAndWindowsLineEnds) {
  EXPECT_EQ(Only(std::string("\xef\xbb\xbf") + kChoice + "\r\n").id, "1");
}

TEST_F(ImportTest, ReadsOneDocumentAsPublishedForBbh) {
  const std::string published = R"({
  "canary": "none",
  "examples": [
    {"input": "not True is", "target": "False"},
    {"input": "no answer"},
    {"input": "True is", "target": "True"}
  ]
})";
  ImportOptions options = Options("");
  options.files = {directory_.Write("boolean_expressions.json", published)};

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, ImportWorkload(options));

  ASSERT_THAT(report.workload.strata, SizeIs(1));
  EXPECT_EQ(report.workload.strata[0].subject, "boolean_expressions");
  EXPECT_EQ(report.workload.queries, 2);
  ASSERT_THAT(report.first_rejected, SizeIs(1));
  EXPECT_EQ(report.first_rejected[0].line, 2);
  EXPECT_EQ(report.first_rejected[0].reason, "no answer");
}

TEST_F(ImportTest, ReadsAListOfRows) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport report, Import("[" + std::string(kChoice) + ",\n{}]"));

  EXPECT_EQ(report.workload.queries, 1);
  EXPECT_EQ(report.rejected, 1);
  EXPECT_THAT(Import("{\n\"a\": 1\n}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no list of rows")));
  EXPECT_THAT(Import("[1,"), StatusIs(absl::StatusCode::kInvalidArgument,
                                      AllOf(HasSubstr("rows.jsonl"), HasSubstr("not valid JSON"))));
}

TEST_F(ImportTest, KeepsTextByteForByte) {
  const Query query = Only(R"({"question": "a\u0000b \"x\" \u00e9\n", "answer": "\\frac{1}{2}"})");

  EXPECT_EQ(query.question, std::string("a\0b \"x\" \xc3\xa9\n", 11));
  EXPECT_THAT(query.references, ElementsAre("\\frac{1}{2}"));
}

TEST_F(ImportTest, MendsADamagedFileByImportingAgain) {
  WF_ASSERT_OK_AND_ASSIGN(const ImportReport first, Import(Rows(0, 10)));
  std::filesystem::resize_file(first.path, 100);

  WF_ASSERT_OK_AND_ASSIGN(const ImportReport again, Import(Rows(0, 10)));

  EXPECT_FALSE(again.already_there);
  WF_EXPECT_OK(OpenWorkload(again.path));
}

}  // namespace
}  // namespace wattfleet::coordinator
