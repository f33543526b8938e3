#include "coordinator/audit/regrade.h"

#include <memory>
#include <string>
#include <utility>
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

using coordinator::AddedVerdict;
using coordinator::FindGrader;
using coordinator::MemoryStore;
using coordinator::PutVerdicts;
using coordinator::Regrade;
using coordinator::RegradedPair;
using coordinator::StoreBatch;
using coordinator::SweepView;
using coordinator::VerdictRow;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

// The answer is always A of four; the query of unit 2 is for a judge.
FakeWorkload FourOptions() {
  return FakeWorkload([](Query& query) {
    query.grader = query.q == 1'003 ? "judge" : "mcq";
    query.options.assign(4, "");
    query.references = {"A"};
  });
}

Result Answer(Unit unit, const std::string& text) {
  Result result = SampleResult(unit);
  result.body_zstd = PackBody({.content = text, .reasoning = "", .chunks = {}});
  return result;
}

// Six results: right, two options named, right, over time, failed for good, without stored text.
class RegradeTest : public ::testing::Test {
 protected:
  RegradeTest() {
    Apply({.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 6)});
    Apply({.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 6})});
    SampleFrame frame;
    frame.results = {Answer(0, "The answer is (A)."),
                     Answer(1, "The answer is (A) and (B)."),
                     Answer(2, "The answer is (A)."),
                     Answer(3, "The answer is (A)."),
                     Answer(4, ""),
                     Answer(5, "")};
    frame.results[3].status = ResultStatus::kTimeout;
    frame.results[4].status = ResultStatus::kFailed;
    frame.results[5].body_zstd.clear();
    Apply({.id = 3, .sweep = kSweep, .ops = {frame.Op()}});
  }
  void Apply(StoreBatch batch) {
    const std::vector<StoreBatch> batches{std::move(batch)};
    WF_EXPECT_OK(store_.Apply(batches));
  }
  RegradedPair With(const coordinator::Grader* grader) {
    std::vector<AddedVerdict> added;
    {
      auto view = store_.View("night");
      EXPECT_THAT(view, IsOk());
      auto pairs = Regrade(**view, workload_, grader, [&](std::vector<AddedVerdict> rows) {
        added.insert(added.end(), rows.begin(), rows.end());
        return absl::OkStatus();
      });
      EXPECT_THAT(pairs, IsOk());
      EXPECT_THAT(*pairs, SizeIs(1));
      regraded_ = pairs->front();
    }
    Apply({.id = 4, .sweep = kSweep, .ops = {PutVerdicts{std::move(added)}}});
    return regraded_;
  }
  std::vector<std::pair<Unit, VerdictValue>> VerdictsOf(const std::string& grader,
                                                        std::int32_t version) {
    std::vector<std::pair<Unit, VerdictValue>> verdicts;
    auto view = store_.View("night");
    WF_EXPECT_OK((*view)->ForEachVerdict(kPair, grader, version, [&](const VerdictRow& row) {
      verdicts.emplace_back(row.unit, row.value);
      return absl::OkStatus();
    }));
    return verdicts;
  }

  const FakeWorkload workload_ = FourOptions();
  MemoryStore store_;
  RegradedPair regraded_;
};

TEST_F(RegradeTest, AddsTheVerdictsOfOneGraderWhereverThereIsAText) {
  const coordinator::Grader* grader = *FindGrader("mcq_first");

  const RegradedPair pair = With(grader);

  EXPECT_EQ(pair.correct, 3);
  EXPECT_EQ(pair.wrong, 0);
  EXPECT_EQ(pair.no_answer, 1);
  EXPECT_EQ(pair.without_text, 1);
  EXPECT_THAT(VerdictsOf("mcq_first", grader->version()),
              ElementsAre(Pair(0, VerdictValue::kCorrect), Pair(1, VerdictValue::kCorrect),
                          Pair(2, VerdictValue::kCorrect), Pair(3, VerdictValue::kNoAnswer)));
}

TEST_F(RegradeTest, WithoutAGraderEachQueryGetsItsOwn) {
  const RegradedPair pair = With(nullptr);

  EXPECT_EQ(pair.without_grader, 1);
  EXPECT_THAT(VerdictsOf("mcq", (*FindGrader("mcq"))->version()),
              ElementsAre(Pair(0, VerdictValue::kCorrect), Pair(1, VerdictValue::kNoAnswer),
                          Pair(3, VerdictValue::kNoAnswer)));
}

TEST_F(RegradeTest, DoneAgainItChangesNothing) {
  const coordinator::Grader* grader = *FindGrader("mcq_first");
  With(grader);
  const auto before = VerdictsOf("mcq_first", grader->version());

  With(grader);

  EXPECT_EQ(VerdictsOf("mcq_first", grader->version()), before);
}

TEST_F(RegradeTest, TellsItToPeopleAndPrograms) {
  const coordinator::Grader* grader = *FindGrader("mcq_first");
  const RegradedPair pair = With(grader);

  EXPECT_THAT(RenderRegraded({pair}, grader),
              HasSubstr("4 verdicts; correct 3, wrong 0, no answer 1"));
  EXPECT_THAT(RenderRegraded({pair}, grader), HasSubstr("no verdict on 1 results"));
  const auto json = nlohmann::json::parse(RenderRegradedJson({pair}, grader));
  EXPECT_EQ(json["grader"], "mcq_first");
  EXPECT_EQ(json["pairs"][0]["correct"], 3);
}

TEST_F(RegradeTest, AnErrorOfTheSinkEndsIt) {
  auto view = store_.View("night");

  const auto pairs = Regrade(**view, workload_, nullptr, [](std::vector<AddedVerdict>) {
    return absl::UnavailableError("disk full");
  });

  EXPECT_THAT(pairs, StatusIs(absl::StatusCode::kUnavailable, _));
}

}  // namespace
}  // namespace wattfleet::testing
