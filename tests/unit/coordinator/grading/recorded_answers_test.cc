// Graders against recorded answers of real models to published questions.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
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

std::map<std::string, Query> MmluProQuestions(const std::string& path) {
  std::map<std::string, Query> questions;
  ForEachRow(path, [&](simdjson::dom::element row) {
    Query query = QueryOf({Text(row, "answer")});
    for (const simdjson::dom::element option : row["options"].get_array()) {
      query.options.emplace_back(option.get_string().value());
    }
    questions[Text(row, "id")] = query;
  });
  return questions;
}

struct Tally {
  std::int64_t correct = 0;
  std::int64_t stated = 0;  // rows where the authors' own pattern finds a statement
  std::int64_t agreed = 0;
  std::int64_t several = 0;  // rows that we refuse for naming several options
};

Tally GradeRecording(const std::string& path, const std::map<std::string, Query>& questions) {
  const McqGrader grader;
  Tally tally;
  ForEachRow(path, [&](simdjson::dom::element row) {
    const std::string response = Text(row, "response");
    const std::string reference = Text(row, "reference_extraction");
    const Verdict verdict = grader.Grade(questions.at(Text(row, "id")), response);
    tally.correct += verdict.value == VerdictValue::kCorrect ? 1 : 0;
    // Where the response states nothing, the authors drew a letter at random for some models.
    if (reference.empty() || response.find("answer is ") == std::string::npos) {
      return;
    }
    ++tally.stated;
    tally.agreed += verdict.extracted == reference ? 1 : 0;
    tally.several += verdict.reason == "several options named" ? 1 : 0;
  });
  return tally;
}

TEST(RecordedAnswersTest, McqComesWithinOnePointOfThePublishedAccuracyOfEachModel) {
  constexpr double kOnePoint = 0.01;
  WF_SKIP_WITHOUT(SharedData("mmlu-pro/expected.json"));
  const auto questions = MmluProQuestions(SharedData("mmlu-pro/questions.jsonl.gz"));
  std::ifstream file(SharedData("mmlu-pro/expected.json"));
  const nlohmann::json expected = nlohmann::json::parse(file);
  Tally all;

  for (const auto& [model, facts] : expected.items()) {
    const Tally tally =
        GradeRecording(SharedData("mmlu-pro/outputs/" + model + ".jsonl.gz"), questions);
    const double accuracy = static_cast<double>(tally.correct) / facts["n"].get<double>();

    EXPECT_NEAR(accuracy, facts["accuracy_by_reference_extraction"].get<double>(), kOnePoint)
        << model;
    all.stated += tally.stated;
    all.agreed += tally.agreed;
    all.several += tally.several;
  }

  const auto agreement = static_cast<double>(all.agreed) / static_cast<double>(all.stated);
  RecordProperty("agreement", std::to_string(agreement));
  EXPECT_GE(agreement, 0.98);
  EXPECT_GE(static_cast<double>(all.agreed + all.several) / static_cast<double>(all.stated), 0.99);
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
