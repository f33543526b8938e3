#ifndef WF_TESTS_UNIT_COMMON_TRACE_SIMULATED_BOOKS_H_
#define WF_TESTS_UNIT_COMMON_TRACE_SIMULATED_BOOKS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/energy/channel_book.h"
#include "common/energy/interval_reducer.h"
#include "common/random/random.h"
#include "common/trace/lease_trace.h"
#include "common/trace/trace_writer.h"

namespace wattfleet::testing {

// What a seeded agent's books came to, and the trace that it wrote of them.
struct SimulatedLease {
  std::map<Unit, std::vector<ChannelEnergy>> energies;  // of each counted unit, by channel
  std::vector<LedgerEntry> ledger;
  std::string packed;
  LeaseTrace start;  // as the trace began
};

// Two sources with channels of all kinds, read with jitter, faults, resets, sleeps and gaps; two
// leases whose requests overlap, fail and are forced; baselines that come and go. The lease that is
// looked at opens in the middle of it.
SimulatedLease SimulateLease(std::uint64_t seed, std::size_t limit = kTraceBytesMax);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COMMON_TRACE_SIMULATED_BOOKS_H_
