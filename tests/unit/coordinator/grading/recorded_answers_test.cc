// Graders against recorded answers of real models to published questions.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>
#include <simdjson.h>

#include "coordinator/grading/exact.h"
#include "coordinator/grading/mcq.h"
#include "coordinator/grading/numeric.h"
#include "coordinator/workload/line_reader.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::wattfleet::testing::QueryOf;
using ::wattfleet::testing::SharedData;

void ForEachRow(const std::string& path,
                const std::function<void(simdjson::dom::element)>& take_row) {
  auto stream = OpenByteStream(path);
  WF_ASSERT_OK(stream);
  LineReader reader(*std::move(stream), simdjson::SIMDJSON_PADDING);
  simdjson::dom::parser parser;
  Line line;
  while (true) {
    const auto more = reader.Next(line);
    WF_ASSERT_OK(more);
    if (!*more) {
      return;
    }
    simdjson::dom::element row;
    ASSERT_EQ(parser.parse(line.text.data(), line.text.size(), false).get(row), simdjson::SUCCESS);
    take_row(row);
  }
}

std::string Text(simdjson::dom::element row, const char* field) {
  std::string_view text;
  return row[field].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

struct Questions {
  std::map<std::string, Query> by_id;
};

Questions MmluProQuestions() {
  Questions questions;
  ForEachRow(SharedData("mmlu-pro/questions.jsonl.gz"), [&](simdjson::dom::element row) {
    Query query = QueryOf({Text(row, "answer")});
    query.subject = Text(row, "category");
    for (const simdjson::dom::element option : row["options"].get_array()) {
      query.options.emplace_back(option.get_string().value());
    }
    questions.by_id[Text(row, "id")] = query;
  });
  return questions;
}

// One model's answers, or those to one category, against what the benchmark's authors extracted.
struct Tally {
  double rows = 0;
  double correct = 0;  // by our grader
  double theirs = 0;   // by theirs
  double given = 0;    // rows where their extraction is not null
  double agreed = 0;   // of these, ours is the same
  double stated = 0;   // of these, the response states a letter
  double agreed_stated = 0;
  double filled_in = 0;       // they have a letter, the response states none
  double filled_correct = 0;  // of these, right: luck
  double missed = 0;          // they have none, we read a letter
  double missed_correct = 0;  // of these, right

  // Ours minus theirs, in percentage points.
  double Difference() const { return 100 * (correct - theirs) / rows; }
  // The same once letters out of nothing are taken from them and statements they missed are added.
  double Unexplained() const {
    return 100 * (correct - (theirs - filled_correct + missed_correct)) / rows;
  }
};

void Count(Tally& tally, const Query& query, const std::string& response,
           const std::string& reference, const std::string& taken) {
  // What their scripts look for; without either, they fill in a letter for three of the models.
  static const RE2 kTheirPatterns(R"(answer is \(?[A-J]|[aA]nswer:\s*[A-J])");
  const std::string& right = query.references.front();
  const bool is_stated = RE2::PartialMatch(response, kTheirPatterns);
  ++tally.rows;
  tally.correct += taken == right ? 1 : 0;
  tally.theirs += reference == right ? 1 : 0;
  if (reference.empty()) {
    tally.missed += taken.empty() ? 0 : 1;
    tally.missed_correct += taken == right ? 1 : 0;
    return;
  }
  ++tally.given;
  tally.agreed += taken == reference ? 1 : 0;
  tally.stated += is_stated ? 1 : 0;
  tally.agreed_stated += is_stated && taken == reference ? 1 : 0;
  if (!is_stated && taken.empty()) {
    ++tally.filled_in;
    tally.filled_correct += reference == right ? 1 : 0;
  }
}

struct ModelTally {
  Tally all;
  std::map<std::string, Tally> by_category;
};

ModelTally GradeRecording(const Grader& grader, const std::string& model,
                          const Questions& questions) {
  ModelTally tally;
  ForEachRow(SharedData("mmlu-pro/outputs/" + model + ".jsonl.gz"),
             [&](simdjson::dom::element row) {
               const Query& query = questions.by_id.at(Text(row, "id"));
               const std::string response = Text(row, "response");
               const std::string reference = Text(row, "reference_extraction");
               const Verdict verdict = grader.Grade(query, response);
               const std::string taken =
                   verdict.value == VerdictValue::kNoAnswer ? std::string() : verdict.extracted;
               Count(tally.all, query, response, reference, taken);
               Count(tally.by_category[query.subject], query, response, reference, taken);
             });
  return tally;
}

void Print(const std::string& model, const Tally& tally) {
  absl::PrintF(
      "%-28s published %.4f ours %.4f (%+.2f pp, unexplained %+.2f) agreement %.2f %%, where "
      "stated "
      "%.2f %%; letters filled in %.0f (%.0f right), statements missed %.0f (%.0f right)\n",
      model, tally.theirs / tally.rows, tally.correct / tally.rows, tally.Difference(),
      tally.Unexplained(), 100 * tally.agreed / tally.given,
      100 * tally.agreed_stated / tally.stated, tally.filled_in, tally.filled_correct, tally.missed,
      tally.missed_correct);
}

// All models graded; the sums of the rows where a letter was given, and of the agreed ones.
class RecordedChoicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WF_SKIP_WITHOUT(SharedData("mmlu-pro/expected.json"));
    questions_ = MmluProQuestions();
    std::ifstream file(SharedData("mmlu-pro/expected.json"));
    expected_ = nlohmann::json::parse(file);
  }

  std::map<std::string, ModelTally> GradeAll(SeveralNamed several) const {
    const McqGrader grader(several);
    std::map<std::string, ModelTally> tallies;
    for (const auto& [model, facts] : expected_.items()) {
      tallies[model] = GradeRecording(grader, model, questions_);
      Print(model, tallies[model].all);
      EXPECT_EQ(tallies[model].all.rows, facts["n"].get<double>());
    }
    return tallies;
  }

  double Published(const std::string& model) const {
    return expected_[model]["accuracy_by_reference_extraction"].get<double>();
  }

  Questions questions_;
  nlohmann::json expected_;
};

// Of all answers where the authors give a letter, those for which the grader gives the same.
double Agreement(const std::map<std::string, ModelTally>& tallies) {
  double given = 0;
  double agreed = 0;
  for (const auto& [model, tally] : tallies) {
    given += tally.all.given;
    agreed += tally.all.agreed;
  }
  absl::PrintF("agreement over all models %.2f %%\n", 100 * agreed / given);
  return agreed / given;
}

TEST_F(RecordedChoicesTest, McqComesWithinOnePointOfThePublishedAccuracyOfEachModel) {
  const auto tallies = GradeAll(SeveralNamed::kRefuse);

  for (const auto& [model, tally] : tallies) {
    EXPECT_NEAR(tally.all.correct / tally.all.rows, Published(model), 0.01) << model;
  }
  EXPECT_GE(Agreement(tallies), 0.97);
}

// What remains between the published accuracies and ours is theirs: letters filled in where a
// response states none, and statements that their pattern does not match.
TEST_F(RecordedChoicesTest, McqFirstAgreesWithTheAuthorsWhereTheyReadWhatTheModelStates) {
  constexpr double kHalfAPoint = 0.5;
  const auto tallies = GradeAll(SeveralNamed::kTakeFirst);

  EXPECT_GE(Agreement(tallies), 0.98);
  for (const auto& [model, tally] : tallies) {
    EXPECT_GE(tally.all.agreed_stated, 0.98 * tally.all.stated) << model;
    EXPECT_LE(std::abs(tally.all.Unexplained()), kHalfAPoint) << model;
    for (const auto& [category, part] : tally.by_category) {
      EXPECT_LE(std::abs(part.Unexplained()), 3 * kHalfAPoint) << model << ", " << category;
    }
  }
}

TEST(RecordedAnswersTest, NumericAgreesWithTheAuthorsOnEverySolution) {
  const std::string path = SharedData("gsm8k/model_solutions.jsonl.gz");
  WF_SKIP_WITHOUT(path);
  const NumericGrader grader;
  std::int64_t solutions = 0;
  std::int64_t agreed = 0;

  ForEachRow(path, [&](simdjson::dom::element row) {
    const std::string truth = Text(row, "ground_truth");
    const Query query = QueryOf({truth.substr(truth.rfind("A:") + 2)});
    for (const char* model :
         {"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"}) {
      const simdjson::dom::element solution = row[model];
      const bool correct =
          grader.Grade(query, Text(solution, "solution")).value == VerdictValue::kCorrect;
      ++solutions;
      agreed += correct == solution["is_correct"].get_bool().value() ? 1 : 0;
    }
  });

  absl::PrintF("numeric agrees on %d of %d solutions\n", agreed, solutions);
  EXPECT_EQ(solutions, 5276);
  EXPECT_GE(static_cast<double>(agreed), 0.995 * static_cast<double>(solutions));
}

TEST(RecordedAnswersTest, NumericFindsTheAnswerInEveryWorkedSolution) {
  const std::string path = SharedData("gsm8k/test.jsonl.gz");
  WF_SKIP_WITHOUT(path);
  const NumericGrader grader;

  ForEachRow(path, [&](simdjson::dom::element row) {
    const std::string worked = Text(row, "answer");
    const std::string reference = worked.substr(worked.rfind("####") + 4);

    EXPECT_EQ(grader.Grade(QueryOf({reference}), worked).value, VerdictValue::kCorrect) << worked;
  });
}

TEST(RecordedAnswersTest, ExactAcceptsEveryTargetAsItStandsAndAsAStatement) {
  const std::string path = SharedData("bbh/bbh.jsonl.gz");
  WF_SKIP_WITHOUT(path);
  const ExactGrader grader;
  std::int64_t targets = 0;

  ForEachRow(path, [&](simdjson::dom::element row) {
    const std::string target = Text(row, "target");
    const Query query = QueryOf({target});
    ++targets;

    EXPECT_EQ(grader.Grade(query, target).value, VerdictValue::kCorrect) << target;
    EXPECT_EQ(grader.Grade(query, "So the answer is " + target + ".").value, VerdictValue::kCorrect)
        << target;
  });
  EXPECT_EQ(targets, 6511);
}

}  // namespace
}  // namespace wattfleet::coordinator
