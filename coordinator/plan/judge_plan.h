#ifndef WF_COORDINATOR_PLAN_JUDGE_PLAN_H_
#define WF_COORDINATOR_PLAN_JUDGE_PLAN_H_

#include "common/domain/judge_task.h"
#include "common/domain/pair.h"

namespace wattfleet::coordinator {

// A judge pair: the spec that agents see, and what it judges.
struct JudgePlan {
  PairSpec spec;
  JudgeTask task;
};

// The pair that judges the answers of `answers` as `plan` says: its units, name and plan hash,
// which covers both. Ids are given out by the core. Pure.
JudgePlan JudgePairOf(const JudgePlan& plan, const PairSpec& answers);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_JUDGE_PLAN_H_
