#ifndef WF_COMMON_TRACE_TRACE_WRITER_H_
#define WF_COMMON_TRACE_TRACE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/trace/byte_stream.h"
#include "common/trace/lease_trace.h"

namespace wattfleet {

// How many bytes of a trace are kept before they are compressed: days of one sensor, or an hour of
// twenty at 20 readings a second.
inline constexpr std::size_t kTraceBytesMax = 8U << 20;

// The unpacked bytes of a trace as one zstd frame.
std::string PackTrace(const std::string& bytes);

// Writes a lease's trace down while it happens, in memory of bounded size, and packs it at the end.
// docs/adr says why the format is as it is.
//
//   packed    = zstd(trace), of declared size
//   trace     = "WFT1", ledger, opened_ns, opened_unix_ms, is_cut,
//               sources{ poll_period, readings, bytes }, channels{ spec, source, is_partial,
//               reducer state, book state, events, bytes }, units{ request, unit }
//   reading   = before as a difference from the reading before and its period,
//               (after - before) x 2 + (are there flags), flags
//   event     = kind + 16 x (its first number), the rest; times as differences from the last time
//               in the stream, values as differences from the last value
//
// All numbers as byte_stream.h writes them. Not thread-safe.
class TraceWriter {
 public:
  // `start` has no readings, events or units. `limit`: when it is reached the trace is cut.
  explicit TraceWriter(const LeaseTrace& start, std::size_t limit = kTraceBytesMax);

  // A source was read; next come the values of its channels.
  void AddReading(std::size_t source, const TracedReading& reading);
  void Add(std::size_t channel, const TraceEvent& event);
  void AddUnit(const TracedUnit& unit);

  bool is_cut() const { return is_cut_; }
  // The packed trace; the writer is then done.
  std::string Pack();

 private:
  struct SourceStream {
    ByteWriter bytes;
    std::uint64_t readings = 0;
    std::int64_t last_before_ns = 0;
  };
  struct ChannelStream {
    ByteWriter bytes;
    std::uint64_t events = 0;
    std::int64_t last_ns = 0;
    std::uint64_t last_raw = 0;
    std::int64_t last_elapsed_ns = 0;
  };
  struct Put;  // writes one event

  // False once the trace is cut.
  bool MayGrow();

  LeaseTrace start_;
  const std::size_t limit_;
  bool is_cut_ = false;
  std::size_t size_ = 0;  // of the streams, as of the last look
  std::vector<SourceStream> sources_;
  std::vector<ChannelStream> channels_;
  std::vector<TracedUnit> units_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_TRACE_WRITER_H_
