#ifndef WF_COORDINATOR_AUDIT_REATTRIBUTE_H_
#define WF_COORDINATOR_AUDIT_REATTRIBUTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/trace/replay_trace.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// Stored and recomputed energy of one pair on one channel, over the results that have both.
struct ChannelComparison {
  std::string channel;
  std::int64_t results = 0;
  Microjoules stored = 0;
  Microjoules again = 0;
};

struct PairReattribution {
  std::string pair;
  std::int64_t leases = 0;        // whose trace could be replayed
  std::int64_t results = 0;       // of those leases, with stored energy
  std::int64_t energies = 0;      // of those results, one for each channel
  std::int64_t identical = 0;     // of `energies`: equal in every field
  std::int64_t not_replayed = 0;  // of `energies`: the trace was cut before they settled
  std::int64_t untraced = 0;      // results with measured energy whose lease has no whole trace
  std::int64_t ledgers = 0;
  std::int64_t identical_ledgers = 0;
  std::vector<ChannelComparison> channels;
  // Of the class that was asked for: over the results that have both, joules per result.
  std::string energy_class;  // as measured; empty: not all of its channels are there
  std::int64_t class_results = 0;
  Microjoules class_stored = 0;
  Microjoules class_again = 0;
};

struct Reattribution {
  std::string sweep;
  std::string method;
  std::vector<PairReattribution> pairs;
  std::vector<std::string> differences;  // the first few, one line each
  std::vector<std::string> problems;     // traces that could not be read or replayed
  std::vector<ReattributedEnergy> rows;  // all that was recomputed

  // Every energy and ledger that a whole trace speaks of is what is stored, to the bit.
  bool IsIdentical() const;
};

// Computes the energy of a sweep's results again, from the traces of its leases. INVALID_ARGUMENT
// for an unknown class; UNAVAILABLE when no lease has a trace.
absl::StatusOr<Reattribution> Reattribute(SweepView& view, ReplayMethod method,
                                          const std::string& energy_class);

// For people; the second as JSON.
std::string RenderReattribution(const Reattribution& result, bool is_same_method);
std::string RenderReattributionJson(const Reattribution& result);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_AUDIT_REATTRIBUTE_H_
