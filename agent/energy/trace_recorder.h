#ifndef WF_AGENT_ENERGY_TRACE_RECORDER_H_
#define WF_AGENT_ENERGY_TRACE_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/trace/lease_trace.h"
#include "common/trace/trace_writer.h"

namespace wattfleet::agent {

// One channel of a lease as the host numbers it.
struct RecordedChannel {
  std::size_t channel = 0;
  std::size_t feed = 0;  // the source that it is read with
  std::chrono::nanoseconds poll_period{0};
  TracedChannel start;  // its state at the lease's opening; `source` is set here
};

// Writes down what the books of one lease see, from its opening on. Everything goes by the host's
// numbers; what is not the lease's is passed over. Not thread-safe: the host's lock guards it.
class TraceRecorder {
 public:
  // `start` has neither sources nor channels: they come from `channels`.
  TraceRecorder(LeaseTrace start, std::vector<RecordedChannel> channels);

  // A feed was read; next come the values of its channels.
  void AddReading(std::size_t feed, const TracedReading& reading);
  void Add(std::size_t channel, const TraceEvent& event);
  void AddUnit(const TracedUnit& unit) { writer_.AddUnit(unit); }

  std::string Pack() { return writer_.Pack(); }

 private:
  // Where the host's number stands in the trace, if it does.
  static std::optional<std::size_t> PlaceOf(const std::vector<std::size_t>& numbers,
                                            std::size_t number);
  static LeaseTrace WithChannels(LeaseTrace start, std::vector<RecordedChannel>& channels,
                                 std::vector<std::size_t>& feeds);

  std::vector<std::size_t> channels_;  // host's numbers, in the trace's order
  std::vector<std::size_t> feeds_;
  TraceWriter writer_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_TRACE_RECORDER_H_
