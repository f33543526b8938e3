#include "coordinator/plan/compare_sweeps.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace wattfleet::coordinator {

namespace {

template <typename T>
bool Holds(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

template <typename T>
bool HoldsAll(const std::vector<T>& all, const std::vector<T>& some) {
  return std::all_of(some.begin(), some.end(), [&](const T& one) { return Holds(all, one); });
}

// Remembers the first key that differs, and whether anything was added.
class Comparison {
 public:
  void Equal(const std::string& key, bool is_equal) {
    if (!is_equal && first_key_.empty()) {
      first_key_ = key;
    }
  }
  template <typename T>
  void AtLeast(const std::string& key, const T& stored, const T& submitted) {
    Equal(key, submitted >= stored);
    is_extended_ |= submitted > stored;
  }
  // Every stored member must still be there; others may be new.
  template <typename T>
  void Superset(const std::string& key, const std::vector<T>& stored,
                const std::vector<T>& submitted) {
    Equal(key, HoldsAll(submitted, stored));
    is_extended_ |= !HoldsAll(stored, submitted);
  }
  void Added() { is_extended_ = true; }

  SweepDifference Result() && {
    using Kind = SweepDifference::Kind;
    if (!first_key_.empty()) {
      return {.kind = Kind::kDiffers, .first_key = std::move(first_key_)};
    }
    return {.kind = is_extended_ ? Kind::kExtends : Kind::kSame, .first_key = ""};
  }

 private:
  std::string first_key_;
  bool is_extended_ = false;
};

void CompareModel(const ModelEntry& stored, const ModelEntry& submitted, Comparison& comparison) {
  const std::string key = absl::StrCat("models.", stored.name, ".");
  comparison.Equal(key + "parameters", stored.parameters_total == submitted.parameters_total &&
                                           stored.parameters_active == submitted.parameters_active);
  comparison.Equal(key + "released", stored.released == submitted.released);
  if (stored.all_builds && submitted.all_builds) {
    comparison.Superset(key + "serve", stored.serve, submitted.serve);
  } else {
    comparison.Equal(key + "serve", stored.serve == submitted.serve);
  }
  comparison.Equal(key + "builds", stored.all_builds == submitted.all_builds);
  comparison.Equal(key + "price", stored.price == submitted.price);
  comparison.Equal(key + "generation", stored.generation == submitted.generation);
}

void CompareModels(const SweepFile& stored, const SweepFile& submitted, Comparison& comparison) {
  const auto find = [](const SweepFile& file, const std::string& name) {
    return std::find_if(file.models.begin(), file.models.end(),
                        [&](const ModelEntry& model) { return model.name == name; });
  };
  for (const ModelEntry& model : stored.models) {
    const auto found = find(submitted, model.name);
    if (found == submitted.models.end()) {
      comparison.Equal(absl::StrCat("models.", model.name), false);
    } else {
      CompareModel(model, *found, comparison);
    }
  }
  for (const ModelEntry& model : submitted.models) {
    if (find(stored, model.name) == stored.models.end()) {
      comparison.Added();
    }
  }
}

}  // namespace

SweepDifference CompareSweeps(const SweepFile& stored, const SweepFile& submitted) {
  Comparison comparison;
  comparison.Equal("sweep", stored.sweep == submitted.sweep);
  comparison.Equal("workload", stored.workload.name == submitted.workload.name);
  comparison.Equal("limit", stored.limit == submitted.limit);
  comparison.Equal("seed", stored.seed == submitted.seed);
  comparison.AtLeast("repetitions", stored.repetitions, submitted.repetitions);
  comparison.AtLeast("passes", stored.passes, submitted.passes);
  CompareModels(stored, submitted, comparison);
  comparison.Superset("accelerators", stored.accelerators, submitted.accelerators);
  comparison.Superset("conditions", stored.conditions, submitted.conditions);
  // Fewer exclusions are more pairs.
  comparison.Superset("exclude", submitted.exclude, stored.exclude);
  comparison.Equal("prompt", stored.prompt_template == submitted.prompt_template &&
                                 stored.prompt_shots == submitted.prompt_shots &&
                                 stored.system_prompt == submitted.system_prompt);
  comparison.Equal("cache", stored.cache == submitted.cache);
  comparison.Equal("timeouts", stored.timeouts == submitted.timeouts);
  comparison.Equal("retry", stored.retry == submitted.retry);
  comparison.Equal("energy.require", stored.require_energy_class == submitted.require_energy_class);
  comparison.Equal("grading.default", stored.default_grader == submitted.default_grader);
  comparison.Equal("grading.judge", stored.judge == submitted.judge);  // its budget may change
  if (stored.fallback_judge) {
    comparison.Equal("grading.judge.fallback", stored.fallback_judge == submitted.fallback_judge);
  } else if (submitted.fallback_judge) {
    comparison.Added();
  }
  return std::move(comparison).Result();
}

}  // namespace wattfleet::coordinator
