#include "coordinator/plan/expand.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "coordinator/plan/plan_hash.h"
#include "coordinator/plan/serve.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::string_view kAny = "any";

bool IsOn(const InstanceOffer& instance, std::string_view accelerator) {
  return accelerator == kAny || instance.accelerator == accelerator;
}

std::string BuildText(const Build& build) {
  return build.ref.empty() ? build.engine : absl::StrCat(build.engine, " ", build.ref);
}

// The accelerators that the file asks for, in its order: literal ids as they stand, patterns as the
// ids of the fleet that they cover, sorted.
std::vector<std::string> Accelerators(const SweepFile& file,
                                      const std::vector<InstanceOffer>& fleet) {
  std::set<std::string> ids;
  for (const InstanceOffer& instance : fleet) {
    ids.insert(instance.accelerator);
  }
  std::vector<std::string> found;
  const auto add = [&found](const std::string& id) {
    if (std::find(found.begin(), found.end(), id) == found.end()) {
      found.push_back(id);
    }
  };
  for (const std::string& pattern : file.accelerators) {
    if (!HasWildcard(pattern)) {
      add(pattern);
      continue;
    }
    for (const std::string& id : ids) {
      if (GlobMatch(pattern, id)) {
        add(id);
      }
    }
  }
  return found;
}

bool IsExcluded(const SweepFile& file, const std::string& model, const std::string& accelerator) {
  return std::any_of(file.exclude.begin(), file.exclude.end(), [&](const Exclusion& exclusion) {
    return GlobMatch(exclusion.model_pattern, model) &&
           GlobMatch(exclusion.accelerator_pattern, accelerator);
  });
}

// A recording or a cloud API knows where its answers come from; otherwise the instances that can
// serve it do. Cloud only when all of them are.
Location LocationOf(const ServeEntry& entry, const std::string& accelerator,
                    const std::vector<InstanceOffer>& fleet) {
  if (entry.location) {
    return *entry.location;
  }
  bool is_served = false;
  for (const InstanceOffer& instance : fleet) {
    if (IsOn(instance, accelerator) && CanServe(instance, entry.build)) {
      if (instance.location == Location::kLocal) {
        return Location::kLocal;
      }
      is_served = true;
    }
  }
  return is_served ? Location::kCloud : Location::kLocal;
}

// What `instance` has that comes closest to `build`, with a measure of how close (higher is
// closer).
std::pair<int, std::string> Closeness(const InstanceOffer& instance, const Build& build,
                                      bool is_on_accelerator) {
  int score = is_on_accelerator ? 2 : 0;
  std::string has = "no engine";
  std::vector<std::string> kinds;
  for (const EngineOffer& offer : instance.engines) {
    kinds.push_back(offer.kind);
  }
  if (!kinds.empty()) {
    has = absl::StrJoin(kinds, " and ");
    score += 1;
  }
  for (const EngineOffer& offer : instance.engines) {
    if (offer.kind != build.engine) {
      continue;
    }
    const auto nearest = NearestName(build.ref, offer.refs);
    score += nearest ? 4 : 3;
    has = offer.refs.empty()
              ? absl::StrCat(offer.kind, " without a model")
              : absl::StrCat(offer.kind, " ", nearest ? *nearest : offer.refs.front());
    break;
  }
  return {score, absl::StrCat(has, " on ", instance.accelerator)};
}

// Sorted by text among equals, so that the order of the fleet does not show.
std::string Nearest(const std::vector<ServeEntry>& entries,
                    const std::vector<std::string>& patterns,
                    const std::vector<InstanceOffer>& fleet) {
  std::pair<int, std::string> best{-1, "no agent is connected"};
  for (const InstanceOffer& instance : fleet) {
    const bool is_on_accelerator =
        std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return pattern == kAny || GlobMatch(pattern, instance.accelerator);
        });
    for (const ServeEntry& entry : entries) {
      auto candidate = Closeness(instance, entry.build, is_on_accelerator);
      if (candidate.first > best.first ||
          (candidate.first == best.first && candidate.second < best.second)) {
        best = std::move(candidate);
      }
    }
  }
  return best.second;
}

Unsatisfied MakeUnsatisfied(const ModelEntry& model, const std::vector<ServeEntry>& entries,
                            const std::vector<std::string>& accelerators,
                            const std::vector<InstanceOffer>& fleet) {
  std::vector<std::string> builds;
  builds.reserve(entries.size());
  for (const ServeEntry& entry : entries) {
    builds.push_back(BuildText(entry.build));
  }
  const bool is_any = accelerators.size() == 1 && accelerators.front() == kAny;
  return {.model = model.name,
          .needs = absl::StrCat(absl::StrJoin(builds, " or "), " on ",
                                is_any ? "any accelerator" : absl::StrJoin(accelerators, " or ")),
          .nearest = Nearest(entries, accelerators, fleet)};
}

class Expander {
 public:
  Expander(const SweepFile& file, const SampleFacts& sample,
           const std::vector<InstanceOffer>& fleet)
      : file_(file), sample_(sample), fleet_(fleet) {}

  Expansion Run() {
    const std::vector<std::string> accelerators = Accelerators(file_, fleet_);
    for (const ModelEntry& model : file_.models) {
      const std::size_t before = result_.pairs.size();
      bool is_excluded_everywhere = !accelerators.empty();
      for (const std::string& accelerator : accelerators) {
        if (!IsExcluded(file_, model.name, accelerator)) {
          is_excluded_everywhere = false;
          ExpandOn(model, accelerator);
        }
      }
      if (result_.pairs.size() == before && !is_excluded_everywhere) {
        result_.unsatisfied.push_back(
            MakeUnsatisfied(model, model.serve, file_.accelerators, fleet_));
      }
    }
    return std::move(result_);
  }

 private:
  void ExpandOn(const ModelEntry& model, const std::string& accelerator) {
    bool is_served = false;
    for (const ServeEntry& entry : model.serve) {
      const bool can_run = std::any_of(fleet_.begin(), fleet_.end(), [&](const auto& instance) {
        return IsOn(instance, accelerator) && CanServe(instance, entry.build);
      });
      if (can_run) {
        AddPairs(model, entry, accelerator);
        is_served = true;
        if (!model.all_builds) {
          return;
        }
      }
    }
    const bool is_named =
        accelerator != kAny && std::find(file_.accelerators.begin(), file_.accelerators.end(),
                                         accelerator) != file_.accelerators.end();
    if (!is_served && is_named) {
      AddPairs(model, model.serve.front(), accelerator);
      result_.unsatisfied.push_back(
          MakeUnsatisfied(model, {model.serve.front()}, {accelerator}, fleet_));
    }
  }

  void AddPairs(const ModelEntry& model, const ServeEntry& entry, const std::string& accelerator) {
    for (const Condition condition : file_.conditions) {
      PairSpec pair;
      pair.model = model.name;
      pair.parameters_total = model.parameters_total;
      pair.parameters_active = model.parameters_active;
      pair.released = model.released;
      pair.price = model.price;
      pair.build = entry.build;
      pair.accelerator = accelerator;
      pair.location = LocationOf(entry, accelerator, fleet_);
      pair.condition = condition;
      pair.generation = model.generation;
      pair.generation.cache_as_served = file_.cache == "as-served";
      pair.timeouts = file_.timeouts;
      pair.retry = file_.retry;
      pair.repetitions = file_.repetitions;
      pair.n_units = sample_.queries * file_.repetitions;
      pair.plan_hash = PlanHash(file_, sample_, pair);
      result_.pairs.push_back(std::move(pair));
    }
  }

  const SweepFile& file_;
  const SampleFacts& sample_;
  const std::vector<InstanceOffer>& fleet_;
  Expansion result_;
};

}  // namespace

std::string UnsatisfiableLine(const Unsatisfied& unsatisfied) {
  return absl::StrCat("UNSATISFIABLE: ", unsatisfied.model, " needs ", unsatisfied.needs,
                      ", nearest ", unsatisfied.nearest);
}

std::string UnsatisfiableText(const std::vector<Unsatisfied>& unsatisfied) {
  if (unsatisfied.empty()) {
    return "";
  }
  const std::string first = UnsatisfiableLine(unsatisfied.front());
  return unsatisfied.size() == 1 ? first
                                 : absl::StrCat(first, " (and ", unsatisfied.size() - 1, " more)");
}

Expansion ExpandSweep(const SweepFile& file, const SampleFacts& sample,
                      const std::vector<InstanceOffer>& fleet) {
  return Expander(file, sample, fleet).Run();
}

}  // namespace wattfleet::coordinator
