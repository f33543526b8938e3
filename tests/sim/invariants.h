#ifndef WF_TESTS_SIM_INVARIANTS_H_
#define WF_TESTS_SIM_INVARIANTS_H_

#include <string>
#include <vector>

#include "coordinator/store/memory_store.h"

namespace wattfleet::testing {

// What is broken in a store, one line each, named after docs/protocol.md "Invariants": the same
// questions as coordinator/store/schema/fsck.sql, asked of maps.
std::vector<std::string> StoreViolations(const coordinator::MemoryTables& tables);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SIM_INVARIANTS_H_
