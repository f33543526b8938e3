#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "common/check/check.h"
#include "coordinator/core/coordinator_core.h"
#include "coordinator/plan/judge_plan.h"
#include "coordinator/plan/serve.h"

namespace wattfleet::coordinator {

namespace {

// The ranges of [0, n) in none of the open shards of `plan`.
std::vector<UnitRange> DoneRanges(const ShardPlan& plan, std::int64_t n) {
  std::vector<UnitRange> open;
  for (const auto& [id, shard] : plan.open()) {
    open.push_back(shard.record.range);
  }
  std::sort(open.begin(), open.end(),
            [](const UnitRange& a, const UnitRange& b) { return a.lo < b.lo; });
  std::vector<UnitRange> done;
  Unit from = 0;
  for (const UnitRange& range : open) {
    if (range.lo > from) {
      done.push_back({.lo = from, .hi = range.lo});
    }
    from = range.hi;
  }
  if (from < n) {
    done.push_back({.lo = from, .hi = n});
  }
  return done;
}

}  // namespace

// Whether nothing of the pair is judged yet and a fallback that an agent offers may do all of it.
// The seal is the mark of the first result, stored or on its way.
bool CoordinatorCore::MayHandOver(const PairEntry& judge) const {
  const std::optional<JudgePlan>& fallback = sweeps_.at(judge.spec.sweep).judging.fallback;
  const bool is_untouched =
      !judge.seal && judge.quarantined == 0 &&
      std::none_of(quarantining_.begin(), quarantining_.end(),
                   [&](const auto& entry) { return entry.second == judge.spec.id; });
  return fallback && fallback->task.grader != judge.judge->grader && is_untouched &&
         IsOffered(fallback->spec);
}

// Whether a connected instance can serve the pair.
bool CoordinatorCore::IsOffered(const PairSpec& pair) const {
  for (const auto& [id, agent] : roster_.agents()) {
    for (const auto& [name, instance] : agent.instances) {
      if (agent.session.has_value() && CanServePair(instance.offer, pair)) {
        return true;
      }
    }
  }
  return false;
}

// The fallback judges all of what `judge`, which has judged nothing, was to judge.
void CoordinatorCore::HandOver(PairEntry& judge, const std::string& why, Instant now, Effects& fx) {
  SweepEntry& sweep = sweeps_.at(judge.spec.sweep);
  const PairEntry& answers = pairs_.at(judge.judge->subject);
  const JudgePlan plan = JudgePairOf(*sweep.judging.fallback, answers.spec);
  const std::string to = plan.spec.model.substr(0, plan.spec.model.find(" of "));
  CancelPair(judge, absl::StrCat("handed over to ", to, ": judge ", why), now, fx);
  Note(sweep.record.id, "HANDED_OVER",
       absl::StrCat(judge.judge->subject_name, " to ", to, ": judge ", why), now, fx);
  BatchOf(sweep.record.id, fx)
      .ops.push_back(RenameGrader{
          .pair = answers.spec.id, .from = judge.judge->grader, .to = plan.task.grader});
  PairEntry& next = pairs_.at(AddPair(plan.spec, plan.task, sweep, fx));
  for (const UnitRange& range : DoneRanges(answers.plan, answers.spec.n_units)) {
    for (const UnitRange& judgements : JudgeUnits(plan.task).OfAnswers(range)) {
      Isolate(next, judgements, fx).waits = false;
    }
  }
}

// The pair of the fallback that judges what `judge` was to judge; nullptr: there is none.
const PairEntry* CoordinatorCore::TakenOverBy(const PairEntry& judge) const {
  if (!judge.judge || judge.state != PairState::kCancelled) {
    return nullptr;
  }
  for (const PairId id : sweeps_.at(judge.spec.sweep).pairs) {
    const PairEntry& other = pairs_.at(id);
    if (other.judge && other.judge->subject == judge.judge->subject && judge.spec.id < id) {
      return &other;
    }
  }
  return nullptr;
}

// What needs no judge (nothing was answered) is said in the name of the sweep's judge; of answers
// that the fallback judges, in the fallback's, so that no pair's verdicts are of two.
void CoordinatorCore::RenameVerdicts(const PairEntry& answers,
                                     const std::shared_ptr<const GradedBatch>& graded,
                                     Effects& fx) {
  if (answers.judge) {
    return;
  }
  for (const PairId id : sweeps_.at(answers.spec.sweep).pairs) {
    const PairEntry& judge = pairs_.at(id);
    if (!judge.judge || judge.judge->subject != answers.spec.id) {
      continue;
    }
    if (const PairEntry* next = TakenOverBy(judge); next != nullptr) {
      BatchOf(answers.spec.sweep, fx)
          .ops.push_back(RenameGrader{.pair = answers.spec.id,
                                      .from = judge.judge->grader,
                                      .to = next->judge->grader,
                                      .among = graded});
    }
  }
}

}  // namespace wattfleet::coordinator
