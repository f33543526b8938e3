#ifndef WF_COORDINATOR_PLAN_EXPAND_H_
#define WF_COORDINATOR_PLAN_EXPAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/fleet.h"
#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// Something asked for that no instance of the fleet can do now.
struct Unsatisfied {
  std::string model;
  std::string needs;    // e.g. "ollama llama3.1:8b on nvidia-h200"
  std::string nearest;  // what the fleet has that comes closest, or "no agent is connected"
};

// What a submit does where something is unsatisfied.
enum class Unserved {
  kWait,    // the sweep is taken and waits, with the reason in its status
  kRefuse,  // FAILED_PRECONDITION with the UNSATISFIABLE lines; nothing is stored
};

// "UNSATISFIABLE: llama-3.1-8b needs ollama llama3.1:8b on nvidia-h200, nearest ...".
std::string UnsatisfiableLine(const Unsatisfied& unsatisfied);
// The first of them and how many more there are; empty when all is satisfied.
std::string UnsatisfiableText(const std::vector<Unsatisfied>& unsatisfied);

// The sweep's sample of its workload, and how its prompts are made.
struct SampleFacts {
  std::string workload_id;   // "sha256:..."
  std::string template_id;   // TemplateId() of the file's prompt template
  std::int64_t queries = 0;  // in the sample
};

struct Expansion {
  std::vector<PairSpec> pairs;  // ids not set; in the file's order
  // Models without any pair, and pairs on accelerators named without a wildcard that no instance
  // can serve yet.
  std::vector<Unsatisfied> unsatisfied;
};

// The pairs of `file` that `fleet` can run: per model, accelerator and condition the first `serve`
// entry that an instance runs (or each, with `builds: all`). Accelerators written without a
// wildcard make their pair even when no instance is there yet, from the first entry. Pure; the same
// inputs give the same pairs in the same order, whatever the order of `fleet`.
Expansion ExpandSweep(const SweepFile& file, const SampleFacts& sample,
                      const std::vector<InstanceOffer>& fleet);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_EXPAND_H_
