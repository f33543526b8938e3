#include "coordinator/audit/compare_graders.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/wire/body.h"
#include "coordinator/store/memory_store.h"
#include "tests/support/fake_sweep_view.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"

namespace wattfleet::testing {
namespace {

using coordinator::CompareGraders;
using coordinator::FindGrader;
using coordinator::Grader;
using coordinator::GraderComparison;
using coordinator::MemoryStore;
using coordinator::StoreBatch;
using coordinator::SweepView;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Ten options, the answer always A.
FakeWorkload TenOptions() {
  return FakeWorkload([](Query& query) {
    query.id = "q" + std::to_string(query.q);
    query.options.assign(10, "");
    query.references = {"A"};
  });
}

class CompareGradersTest : public ::testing::Test {
 protected:
  // Stores these answers with the verdicts of "mcq", and compares them with `grader`.
  GraderComparison Compare(const std::vector<std::string>& answers, const char* grader,
                           std::size_t samples = 3) {
    const auto units = static_cast<std::int64_t>(answers.size());
    Apply({.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", units)});
    Apply({.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = units})});
    SampleFrame frame;
    for (std::int64_t unit = 0; unit < units; ++unit) {
      const std::string& answer = answers[static_cast<std::size_t>(unit)];
      Result result = SampleResult(unit);
      result.body_zstd = PackBody({.content = answer, .reasoning = "", .chunks = {}});
      frame.results.push_back(result);
      frame.verdicts.emplace_back((*FindGrader("mcq"))->Grade(*workload_.Get(unit), answer));
    }
    Apply({.id = 3, .sweep = kSweep, .ops = {frame.Op()}});
    auto view = store_.View("night");
    EXPECT_THAT(view, IsOk());
    grader_ = *FindGrader(grader);
    auto comparisons = CompareGraders(**view, workload_, *grader_, samples);
    EXPECT_THAT(comparisons, IsOk());
    EXPECT_THAT(*comparisons, SizeIs(1));
    return comparisons->front();
  }
  void Apply(StoreBatch batch) {
    const std::vector<StoreBatch> batches{std::move(batch)};
    WF_EXPECT_OK(store_.Apply(batches));
  }

  const FakeWorkload workload_ = TenOptions();
  MemoryStore store_;
  const Grader* grader_ = nullptr;
};

TEST_F(CompareGradersTest, CountsWhoCallsWhatCorrect) {
  const GraderComparison comparison =
      Compare({"The answer is (A).", "The answer is (B).", "The answer is (A) and (B).",
               "The answer is (A) or (C).", "I do not know."},
              "mcq_first");

  EXPECT_EQ(comparison.both, 1);
  EXPECT_EQ(comparison.only_stored, 0);
  EXPECT_EQ(comparison.only_other, 2);
  EXPECT_EQ(comparison.neither, 2);
  EXPECT_EQ(comparison.no_answer_stored, 3);
  EXPECT_EQ(comparison.no_answer_other, 1);
  // Agreement 3/5, by chance 1/5 * 3/5 + 4/5 * 2/5 = 11/25: (15 - 11) / (25 - 11).
  EXPECT_NEAR(*comparison.Kappa(), 4.0 / 14.0, 1e-12);
}

TEST_F(CompareGradersTest, KeepsNoMoreSamplesThanAskedFor) {
  const GraderComparison comparison =
      Compare({"The answer is (A) and (B).", "The answer is (A) or (C)."}, "mcq_first", 1);

  ASSERT_THAT(comparison.samples, SizeIs(1));
  EXPECT_EQ(comparison.samples[0].stored.value, VerdictValue::kNoAnswer);
  EXPECT_EQ(comparison.samples[0].stored.reason, "several options named");
  EXPECT_EQ(comparison.samples[0].other.extracted, "A");
}

TEST_F(CompareGradersTest, TellsItToPeopleAndPrograms) {
  const GraderComparison comparison = Compare({"The answer is (A) and (B)."}, "mcq_first");

  EXPECT_THAT(RenderGraderComparisons({comparison}, *grader_),
              AllOf(HasSubstr("mcq_first v1"), HasSubstr("agree on 0.00 %"),
                    HasSubstr("in force no answer \"A) and (B)\" (several options named); "
                              "mcq_first says correct \"A\"")));
  const auto json = nlohmann::json::parse(RenderGraderComparisonsJson({comparison}, *grader_));
  EXPECT_EQ(json["pairs"][0]["only_by_grader"], 1);
  EXPECT_EQ(json["pairs"][0]["samples"][0]["by_grader"]["value"], "correct");
}

TEST_F(CompareGradersTest, HasNoKappaWhereChanceAgreesOnAll) {
  EXPECT_EQ(GraderComparison().Kappa(), std::nullopt);
  EXPECT_EQ(Compare({"The answer is (A)."}, "mcq_first").Kappa(), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::testing
