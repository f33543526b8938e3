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

Expansion Expand(const CoordinatorLoop& loop, const ServedSweep& served) {
  const std::vector<InstanceOffer> fleet = loop.core().FleetOffers();
  Expansion expansion = ExpandSweep(served.file, FactsOf(served), fleet);
  if (served.judge) {
    const Build& build = served.file.judge->serve.build;
    const bool is_offered =
        std::any_of(fleet.begin(), fleet.end(),
                    [&](const InstanceOffer& instance) { return CanServe(instance, build); });
    if (!is_offered) {
      expansion.unsatisfied.push_back(
          {.model = "judge " + served.file.judge->name,
           .needs = absl::StrCat(build.engine, " ", build.ref, " on any accelerator"),
           .nearest = fleet.empty() ? "no agent is connected" : "agents that do not offer it"});
    }
  }
  return expansion;
}

// How each pair of the sweep is judged; the core adds what is its own.
std::optional<JudgePlan> JudgePlanOf(const ServedSweep& served) {
  if (!served.judge) {
    return std::nullopt;
  }
  const JudgeEntry& judge = *served.file.judge;
  JudgePlan plan{.spec = {}, .task = *served.judge};
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

JudgeLimitsSet LimitsOf(SweepId sweep, const ServedSweep& served) {
  return {
      .sweep = sweep,
      .budget_usd = served.file.judge_budget_usd,
      .requests_per_minute = served.judge ? served.file.judge->requests_per_minute : std::nullopt};
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
  const Expansion expansion = Expand(loop, *served);
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
                            .judge = JudgePlanOf(*served)});
  const SweepEntry* sweep = loop.core().FindSweep(served->file.sweep);
  loop.Apply(LimitsOf(sweep->record.id, *served));
  const std::vector<std::string> notes = Notes(expansion);
  if (!notes.empty()) {
    loop.Apply(SweepReason{sweep->record.id, UnsatisfiableText(expansion.unsatisfied)});
  }
  return Submitted{.sweep = sweep->record.id, .notes = notes};
}

}  // namespace

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
  const Expansion expansion = Expand(loop, *served);
  WF_RETURN_IF_ERROR(CheckServed(expansion, unserved));
  loop.PutServed(id, served);
  const std::vector<PairSpec> fresh = NewPairs(loop.core(), *sweep, file, expansion);
  const bool is_budget_changed = stored.judge_budget_usd != file.judge_budget_usd;
  if (!fresh.empty() || is_budget_changed) {
    loop.Apply(SweepExtended{
        .sweep = id, .resolved = resolved, .pairs = fresh, .judge = JudgePlanOf(*served)});
  }
  loop.Apply(LimitsOf(id, *served));
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
    const Expansion expansion = Expand(loop, *served);
    const std::vector<PairSpec> fresh = NewPairs(loop.core(), sweep, served->file, expansion);
    if (!fresh.empty()) {
      loop.Apply(SweepExtended{
          .sweep = id, .resolved = "", .pairs = fresh, .judge = JudgePlanOf(*served)});
    }
    loop.Apply(SweepReason{id, UnsatisfiableText(expansion.unsatisfied)});
  }
}

}  // namespace wattfleet::coordinator
