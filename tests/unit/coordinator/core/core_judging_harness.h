#ifndef WF_TESTS_UNIT_COORDINATOR_CORE_CORE_JUDGING_HARNESS_H_
#define WF_TESTS_UNIT_COORDINATOR_CORE_CORE_JUDGING_HARNESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/core_harness.h"

namespace wattfleet::coordinator {

using testing::CoreHarness;

inline constexpr std::int64_t kAnswerPair = 1;
inline constexpr std::int64_t kJudgePair = 2;

// One agent that answers and judges. What it makes of an answer or a judgement, a test may say.
class CoreJudgingTest : public ::testing::Test {
 protected:
  void Submit(std::int64_t queries, JudgeProtocol protocol, JudgeRule rule = JudgeRule::kAgree,
              JudgeLimitsSet limits = {}) {
    SweepSubmitted submitted;
    submitted.sweep.name = "night";
    submitted.sweep.n_queries = queries;
    for (std::int64_t i = 0; i < queries; ++i) {
      submitted.sample.push_back(i);
    }
    const Build build{.engine = "synthetic", .ref = "x"};
    submitted.pairs = {{.model = "small",
                        .build = build,
                        .accelerator = "any",
                        .n_units = queries,
                        .plan_hash = std::string(32, 'p')}};
    JudgePlan plan{.spec = {.model = "wise", .build = build, .accelerator = "any"},
                   .task = {.grader = "judge@1/wise", .protocol = protocol, .rule = rule}};
    // A judgement of the agent below costs 1000 x 1 + 100 x 10 = 2000 millionths of a dollar.
    plan.spec.price = Price{.input_per_million = 1, .output_per_million = 10};
    plan.spec.generation.max_output_tokens = 100;
    submitted.judge = plan;
    if (limits.fallback) {
      limits.fallback = plan;
      limits.fallback->spec.model = "wiser";
      limits.fallback->task.grader = "judge@1/wiser";
    }
    for (std::int64_t i = 1; i < answer_pairs_; ++i) {
      submitted.pairs.push_back(submitted.pairs.front());
      submitted.pairs.back().model = "small-" + std::to_string(i);
    }
    harness_.Do(submitted);
    limits.sweep = SweepId{1};
    limits_ = limits;
    harness_.Do(limits);
    session_ = harness_.Connect("a");
  }
  void Restart() {
    harness_.Restart();
    harness_.Do(limits_);
    session_ = harness_.Connect("a", 1, {}, seq_);
  }
  // Asks for work and does it. False: there is none.
  bool Work() {
    harness_.AskForWork(session_);
    const auto grants = harness_.Sent<LeaseGrant>(session_);
    for (const LeaseGrant& grant : grants) {
      Answer(grant);
    }
    return !grants.empty();
  }
  // Answers until two leases of the judge are out, and leaves these open.
  std::vector<LeaseGrant> TwoJudging() {
    std::vector<LeaseGrant> judging;
    for (int i = 0; i < 10'000 && judging.size() < 2; ++i) {
      harness_.AskForWork(session_);
      for (const LeaseGrant& grant : harness_.Sent<LeaseGrant>(session_)) {
        if (grant.pair.id.value == kJudgePair) {
          judging.push_back(grant);
        } else {
          Answer(grant);
        }
      }
    }
    return judging;
  }
  void WorkToTheEnd() {
    for (int i = 0; i < 10'000 && Work(); ++i) {
    }
  }
  void Answer(const LeaseGrant& grant, std::optional<LeaseClose> close = LeaseClose{}) {
    auto graded = std::make_shared<GradedBatch>();
    graded->batch = CoreHarness::Results(grant, "a", seq_++, 0, 0);
    graded->batch.close = std::move(close);
    graded->wire_bytes = 1000;
    const std::optional<JudgeTask>& task = harness_.pair(grant.pair.id.value).judge;
    if (graded->batch.close->outcome == LeaseOutcome::kCompleted) {
      for (const UnitRange& range : grant.units) {
        for (Unit unit = range.lo; unit < range.hi; ++unit) {
          Result result{.unit = unit, .input_tokens = 1'000, .output_tokens = 100};
          graded->verdicts.push_back(task ? Judge(*task, unit) : graded_answer_(unit));
          graded->batch.results.push_back(result);
        }
      }
    }
    harness_.Do(ResultsReceived{session_, std::move(graded)});
  }
  std::optional<Verdict> Judge(const JudgeTask& task, Unit unit) {
    const JudgementAddress judgement = JudgeUnits(task).AddressOf(unit);
    ++times_[unit];
    return Verdict{.value = judged_(judgement), .grader = task.grader, .extracted = "X"};
  }
  const PairEntry& answers() const { return harness_.pair(kAnswerPair); }
  const PairEntry& judge() const { return harness_.pair(kJudgePair); }
  // How many answers have that verdict in force; absent = pending.
  std::int64_t Count(std::optional<VerdictValue> value) {
    std::int64_t count = 0;
    EXPECT_TRUE((*harness_.store().View("night"))
                    ->ForEachResult(PairId{kAnswerPair},
                                    [&](const ResultRow& row) {
                                      count += row.verdict == value ? 1 : 0;
                                      return absl::OkStatus();
                                    })
                    .ok());
    return count;
  }

  // Does work until none is left; the judge "wise" is out of quota whenever `is_out` says so.
  void WorkWithout(const std::function<bool()>& is_out) {
    for (int i = 0; i < 10'000; ++i) {
      harness_.AskForWork(session_);
      const auto grants = harness_.Sent<LeaseGrant>(session_);
      for (const LeaseGrant& grant : grants) {
        const PairEntry& pair = harness_.pair(grant.pair.id.value);
        const bool is_refused = pair.judge && pair.judge->grader == "judge@1/wise" && is_out();
        Answer(grant, is_refused ? LeaseClose{.outcome = LeaseOutcome::kEngineBlocked,
                                              .message = "quota exhausted: pay first"}
                                 : LeaseClose{});
      }
      if (grants.empty()) {
        return;
      }
    }
  }
  // Who spoke on the answers of a pair, and how often.
  std::map<std::string, int> Graders(std::int64_t pair) {
    std::map<std::string, int> graders;
    auto view = harness_.store().View("night");
    for (Unit unit = 0; unit < harness_.pair(pair).spec.n_units; ++unit) {
      auto detail = (*view)->Detail(PairId{pair}, unit);
      EXPECT_TRUE(detail.ok());
      ++graders[detail->verdict ? detail->verdict->grader : "pending"];
    }
    return graders;
  }

  CoreHarness harness_;
  SessionId session_;
  std::int64_t answer_pairs_ = 1;
  JudgeLimitsSet limits_;
  std::uint64_t seq_ = 1;
  std::map<Unit, int> times_;  // each judgement was made
  std::function<std::optional<Verdict>(Unit)> graded_answer_ = [](Unit) { return std::nullopt; };
  std::function<VerdictValue(const JudgementAddress&)> judged_ = [](const JudgementAddress&) {
    return VerdictValue::kCorrect;
  };
};

}  // namespace wattfleet::coordinator

#endif  // WF_TESTS_UNIT_COORDINATOR_CORE_CORE_JUDGING_HARNESS_H_
