#ifndef WF_COMMON_TRACE_LEASE_TRACE_H_
#define WF_COMMON_TRACE_LEASE_TRACE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "common/domain/flags.h"
#include "common/domain/unit.h"
#include "common/energy/baseline.h"
#include "common/energy/channel.h"
#include "common/energy/channel_book.h"
#include "common/energy/interval_reducer.h"
#include "common/energy/reducer_state.h"
#include "common/energy/request_fate.h"

namespace wattfleet {

// What the books of one lease were made of: every reading of its channels while it was open, and
// everything else that moved the books, in the order in which they saw it. Enough to make them
// again, to the bit (replay_trace.h). Of other leases on the same channels it holds when their
// requests ran, by numbers that mean nothing outside the agent's life.

// What a channel's books saw, beside readings.
struct TracedStart {
  RequestKey key;
  std::int64_t at_ns = 0;
  bool operator==(const TracedStart&) const = default;
};
struct TracedFirstToken {
  RequestKey key;
  std::int64_t at_ns = 0;
  bool operator==(const TracedFirstToken&) const = default;
};
struct TracedEnd {
  RequestKey key;
  std::int64_t at_ns = 0;
  RequestFate fate = RequestFate::kCounted;
  bool operator==(const TracedEnd&) const = default;
};
// Settled before its last interval was in.
struct TracedForce {
  RequestKey key;
  bool operator==(const TracedForce&) const = default;
};
struct TracedOpen {
  std::uint64_t ledger = 0;
  std::int64_t at_ns = 0;
  bool operator==(const TracedOpen&) const = default;
};
struct TracedClose {
  std::uint64_t ledger = 0;
  bool operator==(const TracedClose&) const = default;
};
struct TracedBaseline {
  std::optional<Baseline> baseline;
  Flags why_none = 0;
  bool operator==(const TracedBaseline&) const = default;
};
// The value of the source's next reading.
struct TracedValue {
  ChannelValue value;
};
using TraceEvent = std::variant<TracedValue, TracedStart, TracedFirstToken, TracedEnd, TracedForce,
                                TracedOpen, TracedClose, TracedBaseline>;

// When a source was read.
struct TracedReading {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  Flags flags = 0;
  bool operator==(const TracedReading&) const = default;
};
struct TracedSource {
  std::chrono::nanoseconds poll_period{0};
  std::vector<TracedReading> readings;
};

struct TracedChannel {
  ChannelSpec spec;         // without its facts
  std::size_t source = 0;   // index into LeaseTrace::sources
  bool is_partial = false;  // a device of the lease has no channel: what is measured is partial
  ReducerState reducer;     // when the lease opened
  BookState book;           // likewise, the lease's own ledger open
  std::vector<TraceEvent> events;
};

// Which unit a counted request was a try of.
struct TracedUnit {
  std::uint64_t request = 0;
  Unit unit = 0;
  bool operator==(const TracedUnit&) const = default;
};

struct LeaseTrace {
  std::uint64_t ledger = 0;         // the lease's own
  std::int64_t opened_ns = 0;       // of the host's monotonic clock, as all times here
  std::int64_t opened_unix_ms = 0;  // the same moment on the wall clock
  bool is_cut = false;              // it outgrew its limit: what came after is missing
  std::vector<TracedSource> sources;
  std::vector<TracedChannel> channels;  // as ChannelEnergy::channel counts them
  std::vector<TracedUnit> units;        // by request
};

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_LEASE_TRACE_H_
