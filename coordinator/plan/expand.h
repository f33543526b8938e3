#ifndef WF_COORDINATOR_PLAN_EXPAND_H_
#define WF_COORDINATOR_PLAN_EXPAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/fleet.h"
#include "coordinator/plan/serve.h"
#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

struct Unsatisfied {
  std::string model;
  std::string needs;    // e.g. "ollama llama3.1:8b on nvidia-h200"
  std::string nearest;  // what the fleet has that comes closest, or "no agent is connected"
};

struct Expansion {
  std::vector<PairSpec> pairs;           // ids not set; in the file's order
  std::vector<Unsatisfied> unsatisfied;  // models without any pair
};

// The pairs of `file` that `fleet` can run: per model, accelerator and condition the first `serve`
// entry that an instance runs (or each, with `builds: all`). Accelerators written without a
// wildcard make their pair even when no instance is there yet, from the first entry. Pure; the same
// inputs give the same pairs in the same order.
Expansion ExpandSweep(const SweepFile& file, const std::string& workload_id, std::int64_t n_queries,
                      const std::vector<InstanceOffer>& fleet);

// SHA-256 over one versioned canonical text of what a pair measures: workload, prompt template,
// sampling, cache policy; no digest in it. 32 bytes.
std::string PlanHash(const SweepFile& file, const std::string& workload_id, const PairSpec& pair);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_EXPAND_H_
