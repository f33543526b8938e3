#ifndef WF_COMMON_TRACE_TRACE_FORMAT_H_
#define WF_COMMON_TRACE_TRACE_FORMAT_H_

#include <cstdint>
#include <string_view>

namespace wattfleet {

// What the writer and the reader of traces share. The magic's last letter is the version: a reader
// refuses one that it does not know.
inline constexpr std::string_view kTraceMagic = "WFT1";

// Kinds of events in a channel's stream: the low four bits of an event's first number.
enum class TraceTag : std::uint8_t {
  kValue = 0,      // with the difference of its raw value
  kFullValue = 1,  // with its fault, flags and span
  kStart = 2,
  kEnd = 3,
  kForce = 4,
  kOpen = 5,
  kClose = 6,
  kBaseline = 7,
  kFirstToken = 8,
};
inline constexpr unsigned kTraceTagBits = 4;

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_TRACE_FORMAT_H_
