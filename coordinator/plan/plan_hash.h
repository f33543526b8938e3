#ifndef WF_COORDINATOR_PLAN_PLAN_HASH_H_
#define WF_COORDINATOR_PLAN_PLAN_HASH_H_

#include <string>

#include "coordinator/plan/expand.h"
#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// What a pair measures, one fact a line: the workload, the prompt template, sampling, the cache
// policy and the pair itself. Versioned by its first line; no digest of a model in it, and nothing
// that may grow later (repetitions, limit).
std::string PlanText(const SweepFile& file, const SampleFacts& sample, const PairSpec& pair);

// SHA-256 of PlanText: 32 bytes.
std::string PlanHash(const SweepFile& file, const SampleFacts& sample, const PairSpec& pair);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_PLAN_HASH_H_
