#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/check/check.h"
#include "coordinator/core/coordinator_core.h"

namespace wattfleet::coordinator {

namespace {

// What a prompt is taken to be long while no judgement tells.
constexpr std::int64_t kPromptTokensGuess = 4'096;
// Requests of so long may be granted at once after a pause.
constexpr double kBucketSeconds = 10;

void SetRate(std::optional<std::int64_t> requests_per_minute, Instant now, JudgeRate& rate) {
  if (rate.requests_per_minute != requests_per_minute) {
    rate = {.requests_per_minute = requests_per_minute, .bucket = 0, .filled = now.monotonic};
  }
}

// What the passed time adds to the bucket; absent where the rate is free.
std::optional<double> FillBucket(Instant now, JudgeRate& rate) {
  if (!rate.requests_per_minute) {
    return std::nullopt;
  }
  const double per_second = static_cast<double>(*rate.requests_per_minute) / 60;
  const double passed = std::chrono::duration<double>(now.monotonic - rate.filled).count();
  rate.bucket =
      std::min(rate.bucket + passed * per_second, std::max(1.0, per_second * kBucketSeconds));
  rate.filled = now.monotonic;
  return rate.bucket;
}

// The open shards of a plan as sorted ranges, to ask whether a unit is in one.
class OpenRanges {
 public:
  explicit OpenRanges(const ShardPlan& plan) {
    for (const auto& [id, shard] : plan.open()) {
      ranges_.push_back(shard.record.range);
    }
    std::sort(ranges_.begin(), ranges_.end());
  }
  bool Contain(Unit unit) const {
    const auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), unit,
                         [](Unit value, const UnitRange& range) { return value < range.lo; });
    return after != ranges_.begin() && std::prev(after)->contains(unit);
  }

 private:
  std::vector<UnitRange> ranges_;
};

}  // namespace

// After a start: judgements wait whose answers, or whose attempt before, are not all in. Shards
// were cut along the answers' in the transaction that ended those, so the first unit tells of the
// whole.
void CoordinatorCore::FindWaiting(const SweepEntry& sweep) {
  for (const PairId id : sweep.pairs) {
    PairEntry& judge = pairs_.at(id);
    if (!judge.judge) {
      continue;
    }
    const JudgeUnits units(*judge.judge);
    const OpenRanges answers(pairs_.at(judge.judge->subject).plan);
    const OpenRanges own(judge.plan);
    std::vector<ShardId> waiting;
    for (const auto& [shard_id, shard] : judge.plan.open()) {
      const Unit first = shard.record.range.lo;
      const JudgementAddress judgement = units.AddressOf(first);
      const bool is_early = judgement.attempt > 0 ? own.Contain(first - units.per_attempt())
                                                  : answers.Contain(judgement.answer);
      if (shard.record.state == ShardState::kPending && is_early) {
        waiting.push_back(shard_id);
      }
    }
    for (const ShardId shard : waiting) {
      judge.plan.Find(shard)->waits = true;
    }
  }
}

// A shard of `pair` reached its end. Of answers: they may be judged now. Of judgements: those whose
// reply held no verdict may be tried again, unless all of them did (`is_clear`).
void CoordinatorCore::ShardEnded(const PairEntry& pair, UnitRange range, bool is_clear,
                                 Effects& fx) {
  if (pair.judge) {
    PairEntry& judge = pairs_.at(pair.spec.id);
    const JudgeUnits units(*judge.judge);
    const std::int64_t next = units.AddressOf(range.lo).attempt + 1;
    if (is_clear) {
      FinishAttempts(judge, range, next, fx);
    } else if (next < kJudgeAttempts) {
      const std::int64_t step = units.per_attempt();
      Isolate(judge, {.lo = range.lo + step, .hi = range.hi + step}, fx).waits = false;
    }
    return;
  }
  for (const PairId id : sweeps_.at(pair.spec.sweep).pairs) {
    PairEntry& judge = pairs_.at(id);
    if (!judge.judge || judge.judge->subject != pair.spec.id || HasEnded(judge.state)) {
      continue;
    }
    for (const UnitRange& judgements : JudgeUnits(*judge.judge).OfAnswers(range)) {
      Isolate(judge, judgements, fx).waits = false;
    }
  }
}

// Nothing is left to try again: the later attempts of the judgements in `range` are done.
void CoordinatorCore::FinishAttempts(PairEntry& judge, UnitRange range, std::int64_t from,
                                     Effects& fx) {
  const std::int64_t step = JudgeUnits(*judge.judge).per_attempt();
  for (std::int64_t attempt = from; attempt < kJudgeAttempts; ++attempt) {
    range = {.lo = range.lo + step, .hi = range.hi + step};
    OpenShard& shard = Isolate(judge, range, fx);
    const ShardId id = shard.record.id;
    shard.record.state = ShardState::kDone;
    BatchOf(judge.spec.sweep, fx)
        .ops.push_back(UpdateShard{.shard = shard.record,
                                   .expect_epoch = shard.record.epoch,
                                   .expect_state = ShardState::kPending});
    judge.plan.Finish(id);
  }
}

// The waiting units of `range` as a shard of their own.
OpenShard& CoordinatorCore::Isolate(PairEntry& judge, UnitRange range, Effects& fx) {
  OpenShard* whole = judge.plan.FindWaiting(range.lo);
  WF_CHECK(whole != nullptr);
  WF_CHECK(range.hi <= whole->record.range.hi);
  if (whole->record.range.lo < range.lo) {
    CutShard(judge, *whole, range.lo - whole->record.range.lo, fx);
  }
  return CutShard(judge, *whole, range.size(), fx);
}

void CoordinatorCore::On(const JudgeLimitsSet& event, Instant now, Effects&) {
  JudgeLimits& limits = sweeps_.at(event.sweep).judging;
  limits.budget_usd = event.budget_usd;
  limits.fallback = event.fallback;
  SetRate(event.requests_per_minute, now, limits.rate);
  SetRate(event.fallback_requests_per_minute, now, limits.fallback_rate);
}

// What one judgement of this judge costs: as its own so far did on average; before any, as much as
// one may.
double CoordinatorCore::UsdPerJudgement(const SweepEntry& sweep, const PairEntry& judge) const {
  const PairSpec& spec = judge.spec;
  double usd = 0;
  std::int64_t counted = 0;
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = pairs_.at(id);
    if (pair.judge && pair.spec.price && pair.judge->grader == judge.judge->grader) {
      usd += CostUsd(*pair.spec.price, pair.tokens.counts());
      counted += pair.tokens.results - pair.tokens.uncounted;
    }
  }
  if (counted > 0) {
    return usd / static_cast<double>(counted);
  }
  return CostUsd(*spec.price,
                 {.input = kPromptTokensGuess, .output = spec.generation.max_output_tokens});
}

// What is neither spent nor promised to open leases; absent without a budget or a price. Results
// without token counts are taken to have cost what the others did.
std::optional<double> CoordinatorCore::BudgetLeft(const SweepEntry& sweep) const {
  std::optional<double> left = sweep.judging.budget_usd;
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = pairs_.at(id);
    if (!left || !pair.judge || !pair.spec.price) {
      continue;
    }
    const double each = UsdPerJudgement(sweep, pair);
    *left -= CostUsd(*pair.spec.price, pair.tokens.counts());
    *left -= each * static_cast<double>(pair.tokens.uncounted);
    for (const LeaseId lease_id : leases_.OfPair(id)) {
      const OpenLease& lease = *leases_.Find(lease_id);
      *left -= each * static_cast<double>(lease.range.size() - lease.accepted);
    }
  }
  return left;
}

// How many judgements may be granted now.
std::int64_t CoordinatorCore::JudgeAllowance(const PairEntry& judge, Instant now) {
  SweepEntry& sweep = sweeps_.at(judge.spec.sweep);
  JudgeLimits& limits = sweep.judging;
  double allowed = static_cast<double>(options_.sizing.max_units);
  if (const auto room = FillBucket(now, limits.RateOf(*judge.judge))) {
    allowed = std::min(allowed, *room);
  }
  if (const auto left = BudgetLeft(sweep); left && judge.spec.price) {
    const double each = UsdPerJudgement(sweep, judge);
    allowed = each > 0 ? std::min(allowed, *left / each) : allowed;
  }
  return static_cast<std::int64_t>(std::floor(std::max(allowed, 0.0)));
}

// Judging ends when not one more judgement fits into the budget and none is under way.
void CoordinatorCore::ReviewBudget(SweepEntry& sweep, Instant now, Effects& fx) {
  const std::optional<double> left = BudgetLeft(sweep);
  if (!left) {
    return;
  }
  bool is_due = false;
  for (const PairId id : sweep.pairs) {
    const PairEntry& pair = pairs_.at(id);
    if (!pair.judge || !pair.spec.price) {
      continue;
    }
    if (leases_.CountOf(id) > 0) {
      return;
    }
    is_due = is_due || (pair.state == PairState::kOpen && pair.plan.PendingUnits() > 0 &&
                        *left < UsdPerJudgement(sweep, pair));
  }
  if (is_due) {
    BlockJudging(sweep, "",
                 absl::StrFormat("budget of %.2f USD spent but for %.4f", *sweep.judging.budget_usd,
                                 std::max(*left, 0.0)),
                 now, fx);
  }
}

// The judge with that grader's name (empty: every judge) judges no more for this sweep until
// somebody says so; verdicts stay pending, no try is spent. What it has not begun to judge, the
// fallback does; a spent budget is everybody's.
void CoordinatorCore::BlockJudging(SweepEntry& sweep, const std::string& grader,
                                   const std::string& why, Instant now, Effects& fx) {
  const std::string reason =
      absl::StrFormat("judge %s; fix, then wattfleet resume %s --judge", why, sweep.record.name);
  bool is_news = false;
  const std::vector<PairId> pairs = sweep.pairs;  // handing over adds to them
  for (const PairId id : pairs) {
    PairEntry& pair = pairs_.at(id);
    if (!pair.judge || pair.state != PairState::kOpen ||
        (!grader.empty() && pair.judge->grader != grader)) {
      continue;
    }
    if (!grader.empty() && MayHandOver(pair)) {
      HandOver(pair, why, now, fx);
      continue;
    }
    is_news = true;
    SetPair(pair, PairState::kBlocked, reason, fx);
  }
  if (is_news) {
    Note(sweep.record.id, "BLOCKED", reason, now, fx);
  }
}

void CoordinatorCore::EndBlockedJudging(LeaseId lease, const PairEntry& judge,
                                        const std::string& why, Instant now, Effects& fx) {
  SweepEntry& sweep = sweeps_.at(judge.spec.sweep);
  EndLease(lease, LeaseState::kReleased, Charge::kNone, why, now, fx);
  if (lease > sweep.judging.resumed_after) {
    BlockJudging(sweep, judge.judge->grader, why, now, fx);
  }
}

void CoordinatorCore::ResumeJudging(SweepEntry& sweep, Effects& fx) {
  sweep.judging.resumed_after = LeaseId{next_lease_ - 1};
  for (const PairId id : sweep.pairs) {
    PairEntry& pair = pairs_.at(id);
    if (pair.judge && pair.state == PairState::kBlocked) {
      SetPair(pair, PairState::kOpen, "", fx);
    }
  }
}

}  // namespace wattfleet::coordinator
