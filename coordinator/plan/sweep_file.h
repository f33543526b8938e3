#ifndef WF_COORDINATOR_PLAN_SWEEP_FILE_H_
#define WF_COORDINATOR_PLAN_SWEEP_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/domain/judge_task.h"
#include "common/domain/pair.h"

namespace wattfleet::coordinator {

// A sweep file (design: "Files the user writes") after parsing: every default filled in, paths
// absolute, nothing expanded over the fleet yet.

struct ServeEntry {
  Build build;
  // Where the answers come from, for recordings and cloud APIs; otherwise the agent says.
  std::optional<Location> location;
  bool operator==(const ServeEntry&) const = default;
};

struct ModelEntry {
  std::string name;
  std::optional<double> parameters_total;
  std::optional<double> parameters_active;
  std::string released;
  std::vector<ServeEntry> serve;
  bool all_builds = false;  // `builds: all`: one pair of each entry, not only the first that runs
  std::optional<Price> price;
  Generation generation;  // the sweep's, overridden by the model's
  bool operator==(const ModelEntry&) const = default;
};

struct Exclusion {
  std::string model_pattern = "*";
  std::string accelerator_pattern = "*";
  bool operator==(const Exclusion&) const = default;
};

struct WorkloadRef {
  std::string name;    // a name given at import, or
  std::string path;    // a file to import first (then `name` is the name it gets)
  std::string preset;  // with `path`; empty = told from the file's columns
  std::vector<std::pair<std::string, std::string>> map;  // with preset jsonl: field -> column
  bool operator==(const WorkloadRef&) const = default;
};

// Who judges answers that no deterministic grader decides, and how.
struct JudgeEntry {
  std::string name;  // of the model, as verdicts carry it
  ServeEntry serve;
  std::optional<Price> price;
  Generation generation;
  Condition condition;
  std::optional<std::int64_t> requests_per_minute;
  JudgeRule rule = JudgeRule::kAgree;
  bool operator==(const JudgeEntry&) const = default;
};

struct SweepFile {
  std::string sweep;
  WorkloadRef workload;
  std::optional<std::int64_t> limit;
  std::uint64_t seed = 1;
  std::int64_t repetitions = 1;
  std::int64_t passes = 1;
  std::vector<ModelEntry> models;
  std::vector<std::string> accelerators;  // patterns, or exactly {"any"}
  std::vector<Condition> conditions;
  std::vector<Exclusion> exclude;
  std::string prompt_template = "auto";
  std::int64_t prompt_shots = 0;
  std::string system_prompt;  // empty = none
  std::string cache = "off";  // off | as-served
  Timeouts timeouts;
  RetryLimits retry;
  std::string require_energy_class;  // empty = none
  std::string default_grader = "auto";
  std::optional<JudgeEntry> judge;
  std::optional<JudgeEntry> fallback_judge;  // of whole pairs that `judge` cannot; by the same rule
  std::optional<double> judge_budget_usd;
  bool operator==(const SweepFile&) const = default;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_SWEEP_FILE_H_
