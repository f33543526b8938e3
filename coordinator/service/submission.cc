#include "coordinator/service/submission.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/plan/compare_sweeps.h"
#include "coordinator/plan/expand.h"
#include "coordinator/plan/plan_hash.h"
#include "coordinator/plan/serve.h"

namespace wattfleet::coordinator {

namespace {

SampleFacts FactsOf(const ServedSweep& served) {
  return {.workload_id = served.workload->facts().id,
          .template_id = TemplateId(FormOf(served.file), served.workload->shots()),
          .queries = static_cast<std::int64_t>(served.q_of_position.size())};
}

bool IsOffered(const std::vector<InstanceOffer>& fleet, const JudgeEntry& judge) {
  return std::any_of(fleet.begin(), fleet.end(), [&](const InstanceOffer& instance) {
    return CanServe(instance, judge.serve.build);
  });
}

// Who judges pairs that are new: the fallback where it is offered and the judge is not, and what
// cannot be served is refused. Otherwise they wait for the judge.
bool TakesFallback(const std::vector<InstanceOffer>& fleet, const ServedSweep& served,
                   Unserved unserved) {
  return served.fallback && unserved == Unserved::kRefuse &&
         !IsOffered(fleet, *served.file.judge) && IsOffered(fleet, *served.file.fallback_judge);
}

bool HasJudgePairs(const CoordinatorCore& core, const SweepEntry& sweep) {
  return std::any_of(sweep.pairs.begin(), sweep.pairs.end(),
                     [&](PairId id) { return core.pairs().at(id).judge.has_value(); });
}

// Whether a judge pair of `sweep` still needs the judge of that grader.
bool HasWorkFor(const CoordinatorCore& core, const SweepEntry& sweep, const std::string& grader) {
  return std::any_of(sweep.pairs.begin(), sweep.pairs.end(), [&](PairId id) {
    const PairEntry& pair = core.pairs().at(id);
    const bool has_ended = pair.state == PairState::kCancelled ||
                           pair.state == PairState::kComplete ||
                           pair.state == PairState::kCompleteWithGaps;
    return pair.judge && pair.judge->grader == grader && !has_ended;
  });
}

void AddUnlessOffered(const std::vector<InstanceOffer>& fleet, const JudgeEntry& judge,
                      Expansion& expansion) {
  if (!IsOffered(fleet, judge)) {
    const Build& build = judge.serve.build;
    expansion.unsatisfied.push_back(
        {.model = "judge " + judge.name,
         .needs = absl::StrCat(build.engine, " ", build.ref, " on any accelerator"),
         .nearest = fleet.empty() ? "no agent is connected" : "agents that do not offer it"});
  }
}

// `sweep` is absent when it is new.
Expansion Expand(const CoordinatorLoop& loop, const ServedSweep& served, const SweepEntry* sweep,
                 Unserved unserved) {
  const CoordinatorCore& core = loop.core();
  const std::vector<InstanceOffer> fleet = core.FleetOffers();
  Expansion expansion = ExpandSweep(served.file, FactsOf(served), fleet);
  if (!served.judge) {
    return expansion;
  }
  if (sweep == nullptr || !HasJudgePairs(core, *sweep)) {
    if (!TakesFallback(fleet, served, unserved)) {
      AddUnlessOffered(fleet, *served.file.judge, expansion);
    }
    return expansion;
  }
  if (HasWorkFor(core, *sweep, served.judge->grader)) {
    AddUnlessOffered(fleet, *served.file.judge, expansion);
  }
  if (served.fallback && HasWorkFor(core, *sweep, served.fallback->grader)) {
    AddUnlessOffered(fleet, *served.file.fallback_judge, expansion);
  }
  return expansion;
}

JudgePlan PlanOf(const ServedSweep& served, const JudgeEntry& judge, const JudgeTask& task) {
  JudgePlan plan{.spec = {}, .task = task};
  plan.spec.model = judge.name;
  plan.spec.price = judge.price;
  plan.spec.build = judge.serve.build;
  plan.spec.accelerator = "any";
  plan.spec.location = judge.serve.location.value_or(Location::kLocal);
  plan.spec.condition = judge.condition;
  plan.spec.generation = judge.generation;
  plan.spec.timeouts = served.file.timeouts;
  plan.spec.retry = served.file.retry;
  plan.spec.plan_hash = PlanHash(served.file, FactsOf(served), plan.spec);
  return plan;
}

std::optional<JudgePlan> FallbackPlanOf(const ServedSweep& served) {
  return served.fallback
             ? std::optional(PlanOf(served, *served.file.fallback_judge, *served.fallback))
             : std::nullopt;
}

// How each new pair of the sweep is judged; the core adds what is its own.
std::optional<JudgePlan> JudgePlanOf(const CoordinatorLoop& loop, const ServedSweep& served,
                                     Unserved unserved) {
  if (TakesFallback(loop.core().FleetOffers(), served, unserved)) {
    return FallbackPlanOf(served);
  }
  return served.judge ? std::optional(PlanOf(served, *served.file.judge, *served.judge))
                      : std::nullopt;
}

std::vector<std::string> Notes(const Expansion& expansion) {
  std::vector<std::string> notes;
  for (const Unsatisfied& unsatisfied : expansion.unsatisfied) {
    notes.push_back(UnsatisfiableLine(unsatisfied));
  }
  return notes;
}

// The pairs of `expansion` that the sweep does not have yet. With one build per accelerator, a pair
// keeps the build it began with, whatever the fleet offers later.
std::vector<PairSpec> NewPairs(const CoordinatorCore& core, const SweepEntry& sweep,
                               const SweepFile& file, const Expansion& expansion) {
  std::set<std::string> names;
  std::set<std::tuple<std::string, std::string, Condition>> places;
  for (const PairId id : sweep.pairs) {
    const PairSpec& spec = core.pairs().at(id).spec;
    if (core.pairs().at(id).judge) {
      continue;
    }
    names.insert(PairName(spec));
    places.emplace(spec.model, spec.accelerator, spec.condition);
  }
  std::map<std::string, bool> all_builds;
  for (const ModelEntry& model : file.models) {
    all_builds[model.name] = model.all_builds;
  }
  std::vector<PairSpec> fresh;
  for (const PairSpec& spec : expansion.pairs) {
    const bool placed = places.contains({spec.model, spec.accelerator, spec.condition});
    if (!names.contains(PairName(spec)) && (all_builds[spec.model] || !placed)) {
      fresh.push_back(spec);
    }
  }
  return fresh;
}

absl::Status CheckServed(const Expansion& expansion, Unserved unserved) {
  if (unserved == Unserved::kRefuse && !expansion.unsatisfied.empty()) {
    return absl::FailedPreconditionError(UnsatisfiableText(expansion.unsatisfied));
  }
  return absl::OkStatus();
}

absl::StatusOr<Submitted> SubmitNew(CoordinatorLoop& loop, const std::string& resolved,
                                    std::shared_ptr<const ServedSweep> served, Unserved unserved) {
  const Expansion expansion = Expand(loop, *served, nullptr, unserved);
  WF_RETURN_IF_ERROR(CheckServed(expansion, unserved));
  SweepRecord record{.name = served->file.sweep,
                     .resolved = resolved,
                     .workload_id = served->workload->facts().id,
                     .workload_name = served->workload->facts().name,
                     .n_queries = static_cast<std::int64_t>(served->q_of_position.size())};
  // The served must be there before the first grant asks for prompts.
  loop.PutServed(loop.core().NextSweepId(), served);
  loop.Apply(SweepSubmitted{.sweep = std::move(record),
                            .sample = served->q_of_position,
                            .pairs = expansion.pairs,
                            .judge = JudgePlanOf(loop, *served, unserved)});
  const SweepEntry* sweep = loop.core().FindSweep(served->file.sweep);
  loop.Apply(JudgeLimitsOf(sweep->record.id, *served));
  const std::vector<std::string> notes = Notes(expansion);
  if (!notes.empty()) {
    loop.Apply(SweepReason{sweep->record.id, UnsatisfiableText(expansion.unsatisfied)});
  }
  return Submitted{.sweep = sweep->record.id, .notes = notes};
}

}  // namespace

JudgeLimitsSet JudgeLimitsOf(SweepId sweep, const ServedSweep& served) {
  JudgeLimitsSet limits{.sweep = sweep, .budget_usd = served.file.judge_budget_usd};
  if (served.judge) {
    limits.requests_per_minute = served.file.judge->requests_per_minute;
  }
  if (served.fallback) {
    limits.fallback = FallbackPlanOf(served);
    limits.fallback_requests_per_minute = served.file.fallback_judge->requests_per_minute;
  }
  return limits;
}

absl::StatusOr<Submitted> SubmitSweep(CoordinatorLoop& loop, const std::string& resolved,
                                      std::shared_ptr<const ServedSweep> served,
                                      Unserved unserved) {
  const SweepFile& file = served->file;
  const SweepEntry* sweep = loop.core().FindSweep(file.sweep);
  if (sweep == nullptr) {
    return SubmitNew(loop, resolved, std::move(served), unserved);
  }
  const SweepId id = sweep->record.id;
  WF_ASSIGN_OR_RETURN(const SweepFile stored, ParseResolvedSweep(sweep->record.resolved));
  if (sweep->record.workload_id != served->workload->facts().id) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "sweep %s is there with another workload: its content differs", file.sweep));
  }
  const SweepDifference difference = CompareSweeps(stored, file);
  if (difference.kind == SweepDifference::Kind::kDiffers) {
    return absl::FailedPreconditionError(
        absl::StrFormat("sweep %s is there with another %s: give the new one another name",
                        file.sweep, difference.first_key));
  }
  if (difference.kind == SweepDifference::Kind::kExtends &&
      (stored.repetitions != file.repetitions || stored.passes != file.passes)) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "sweep %s is there with other repetitions or passes: give the new one another name",
        file.sweep));
  }
  const Expansion expansion = Expand(loop, *served, sweep, unserved);
  WF_RETURN_IF_ERROR(CheckServed(expansion, unserved));
  loop.PutServed(id, served);
  const std::vector<PairSpec> fresh = NewPairs(loop.core(), *sweep, file, expansion);
  const bool is_judging_changed = stored.judge_budget_usd != file.judge_budget_usd ||
                                  stored.fallback_judge != file.fallback_judge;
  if (!fresh.empty() || is_judging_changed) {
    loop.Apply(SweepExtended{.sweep = id,
                             .resolved = resolved,
                             .pairs = fresh,
                             .judge = JudgePlanOf(loop, *served, unserved)});
  }
  loop.Apply(JudgeLimitsOf(id, *served));
  const std::vector<std::string> notes = Notes(expansion);
  loop.Apply(SweepReason{id, UnsatisfiableText(expansion.unsatisfied)});
  return Submitted{.sweep = id,
                   .resumed = difference.kind == SweepDifference::Kind::kSame,
                   .extended = difference.kind == SweepDifference::Kind::kExtends,
                   .notes = notes};
}

void MatchSweepsToFleet(CoordinatorLoop& loop) {
  std::vector<SweepId> ids;
  for (const auto& [id, sweep] : loop.core().sweeps()) {
    ids.push_back(id);
  }
  for (const SweepId id : ids) {
    const ServedSweep* served = loop.ServedOf(id);
    const SweepEntry& sweep = loop.core().sweeps().at(id);
    const SweepState state = sweep.record.state;
    if (served == nullptr || state == SweepState::kComplete || state == SweepState::kCancelled ||
        state == SweepState::kCompleteWithGaps) {
      continue;
    }
    const Expansion expansion = Expand(loop, *served, &sweep, Unserved::kWait);
    const std::vector<PairSpec> fresh = NewPairs(loop.core(), sweep, served->file, expansion);
    if (!fresh.empty()) {
      loop.Apply(SweepExtended{.sweep = id,
                               .resolved = "",
                               .pairs = fresh,
                               .judge = JudgePlanOf(loop, *served, Unserved::kWait)});
    }
    loop.Apply(SweepReason{id, UnsatisfiableText(expansion.unsatisfied)});
  }
}

}  // namespace wattfleet::coordinator
