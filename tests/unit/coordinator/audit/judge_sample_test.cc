#include "coordinator/audit/judge_sample.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/body.h"
#include "coordinator/store/memory_store.h"
#include "tests/support/fake_sweep_view.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"

namespace wattfleet::testing {
namespace {

using coordinator::InsertPair;
using coordinator::JudgeAgainstPeople;
using coordinator::JudgeSheet;
using coordinator::LabelledSheet;
using coordinator::MemoryStore;
using coordinator::ReadJudgeSheet;
using coordinator::StoreBatch;
using coordinator::SweepView;
using ::testing::_;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

FakeWorkload OneQuestion() {
  return FakeWorkload([](Query& query) {
    query.question = "Say \"hi\",\nplease";
    query.references = {"hi"};
  });
}

// Ten answers, judged: 0-5 correct, 6-8 wrong; 9 holds no answer.
class JudgeSampleTest : public ::testing::Test {
 protected:
  JudgeSampleTest() {
    JudgeTask task{.subject = kPair, .grader = "judge@1/wise", .answers = 10};
    Apply({.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 10)});
    Apply({.id = 2, .sweep = kSweep, .ops = {InsertPair{SamplePair({2}, kSweep, 33), task}}});
    Apply({.id = 3, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 10})});
    SampleFrame frame;
    for (Unit unit = 0; unit < 10; ++unit) {
      Result result = SampleResult(unit);
      result.body_zstd =
          PackBody({.content = "answer " + std::to_string(unit), .reasoning = "", .chunks = {}});
      frame.results.push_back(result);
      frame.verdicts.emplace_back(Verdict{.value = unit < 6   ? VerdictValue::kCorrect
                                                   : unit < 9 ? VerdictValue::kWrong
                                                              : VerdictValue::kNoAnswer,
                                          .grader = "judge@1/wise"});
    }
    Apply({.id = 4, .sweep = kSweep, .ops = {frame.Op()}});
    view_ = *store_.View("night");
  }
  void Apply(StoreBatch batch) {
    const std::vector<StoreBatch> batches{std::move(batch)};
    WF_EXPECT_OK(store_.Apply(batches));
  }
  // The sheet with labels for these answers: "answer N" is labelled as the text says.
  std::string Labelled(const std::vector<std::string>& labels) {
    std::string csv = *JudgeSheet(*view_, workload_, 100);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::string end = "\"answer " + std::to_string(i) + "\",";
      csv.insert(csv.find(end) + end.size(), labels[i]);
    }
    return csv;
  }

  const FakeWorkload workload_ = OneQuestion();
  MemoryStore store_;
  std::unique_ptr<SweepView> view_;
};

TEST_F(JudgeSampleTest, TheSheetIsBlindAndTheSameEachTime) {
  WF_ASSERT_OK_AND_ASSIGN(const std::string sheet, JudgeSheet(*view_, workload_, 4));

  EXPECT_EQ(sheet, *JudgeSheet(*view_, workload_, 4));
  EXPECT_THAT(sheet, HasSubstr("\"Say \"\"hi\"\",\nplease\",\"hi\",\"answer "));
  for (const char* secret : {"wise", "correct", "wrong", "synthetic", "judge"}) {
    EXPECT_THAT(sheet, Not(HasSubstr(secret)));
  }
  std::size_t rows = 0;
  for (std::size_t at = sheet.find("answer "); at != std::string::npos;
       at = sheet.find("answer ", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, 4);
  EXPECT_THAT(*JudgeSheet(*view_, workload_, 100), Not(HasSubstr("answer 9"))) << "not judged";
}

TEST_F(JudgeSampleTest, LabelsGiveKappaRatesAndTheAccuracyCorrectedForThem) {
  // The judge: 6 correct, 3 wrong. People: of its 6 they call 5 correct, of its 3 they call 1.
  const std::string csv = Labelled(
      {"correct", "correct", "TRUE", "correct", " correct ", "wrong", "wrong", "false", "correct"});

  WF_ASSERT_OK_AND_ASSIGN(const LabelledSheet sheet, ReadJudgeSheet(*view_, csv));

  ASSERT_THAT(sheet.judges, SizeIs(1));
  const JudgeAgainstPeople& judge = sheet.judges[0];
  EXPECT_EQ(judge.judged, 9);
  // Agreement 7/9; by chance 6/9 * 6/9 + 3/9 * 3/9 = 45/81.
  EXPECT_NEAR(*judge.labelled.Kappa(), (7.0 / 9 - 45.0 / 81) / (1 - 45.0 / 81), 1e-12);
  EXPECT_DOUBLE_EQ(*judge.Sensitivity(), 5.0 / 6);
  EXPECT_DOUBLE_EQ(*judge.Specificity(), 2.0 / 3);
  // (6/9 + 2/3 - 1) / (5/6 + 2/3 - 1) = (1/3) / (1/2).
  EXPECT_NEAR(*judge.CorrectedAccuracy(), 2.0 / 3, 1e-12);
  EXPECT_THAT(sheet.verdicts, SizeIs(9));
  EXPECT_EQ(sheet.verdicts[0].verdict.grader, "human");
  EXPECT_THAT(RenderJudgesAgainstPeople(sheet), HasSubstr("9 labels"));
}

TEST(JudgeAgainstPeople, CorrectsTheObservedShareByTheFormulaOfRoganAndGladen) {
  JudgeAgainstPeople judge{.judged = 1000, .judged_correct = 600};
  judge.labelled.both = 90;  // sensitivity 0.9
  judge.labelled.only_other = 10;
  judge.labelled.neither = 80;  // specificity 0.8
  judge.labelled.only_stored = 20;
  // (0.6 + 0.8 - 1) / (0.9 + 0.8 - 1) = 0.4 / 0.7.
  EXPECT_NEAR(*judge.CorrectedAccuracy(), 4.0 / 7, 1e-12);

  judge.judged_correct = 100;  // fewer than its false alarms alone would be
  EXPECT_EQ(judge.CorrectedAccuracy(), 0);
  judge.labelled.neither = 10;
  judge.labelled.only_stored = 90;  // 0.9 + 0.1: no better than chance
  EXPECT_EQ(judge.CorrectedAccuracy(), std::nullopt);
  EXPECT_EQ(JudgeAgainstPeople().CorrectedAccuracy(), std::nullopt);
}

TEST_F(JudgeSampleTest, RowsWithoutALabelAreCountedAndNotRead) {
  WF_ASSERT_OK_AND_ASSIGN(const LabelledSheet sheet, ReadJudgeSheet(*view_, Labelled({"correct"})));

  EXPECT_EQ(sheet.unlabelled, 8);
  EXPECT_THAT(sheet.verdicts, SizeIs(1));
}

TEST_F(JudgeSampleTest, ABrokenSheetIsRefusedByLine) {
  const std::string good = Labelled({"correct"});
  const auto refused = [&](const std::string& csv, const char* why) {
    EXPECT_THAT(ReadJudgeSheet(*view_, csv),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)));
  };
  refused("", "the sheet is empty");
  refused("id,answer\n", "line 1: there is no column \"label\" among id, answer");
  refused("id,label\nffff,correct\n", "line 2: id \"ffff\" is of no judged answer");
  refused("id,label\n\"x", "line 2: a quoted cell has no end");
  refused(Labelled({"maybe"}), "label \"maybe\" is neither correct nor wrong");
  const std::vector<std::string> lines = absl::StrSplit(good, absl::MaxSplits('\n', 1));
  refused(good + lines[1], "comes twice");
}

TEST(JudgeSample, ASweepWithoutAJudgeHasNoSheet) {
  MemoryStore store;
  const std::vector<StoreBatch> batches{
      {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 10)}};
  WF_ASSERT_OK(store.Apply(batches));

  EXPECT_THAT(JudgeSheet(**store.View("night"), OneQuestion(), 4),
              StatusIs(absl::StatusCode::kFailedPrecondition, _));
}

}  // namespace
}  // namespace wattfleet::testing
