#ifndef WF_COORDINATOR_PLAN_COMPARE_SWEEPS_H_
#define WF_COORDINATOR_PLAN_COMPARE_SWEEPS_H_

#include <string>

#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// What a file asks of the sweep of the same name that is already there.
struct SweepDifference {
  enum class Kind {
    kSame,     // resume
    kExtends,  // only adds pairs, repetitions or passes
    kDiffers,  // another sweep: it needs another name
  };
  Kind kind = Kind::kSame;
  std::string first_key;  // with kDiffers, e.g. "models.llama-3.1-8b.generation"
};

// Compares `submitted` with what is `stored`, key by key in the order of the file's format. A
// workload is compared by name: its content is the store's matter.
SweepDifference CompareSweeps(const SweepFile& stored, const SweepFile& submitted);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_COMPARE_SWEEPS_H_
