#ifndef WF_COMMON_WIRE_UTF8_H_
#define WF_COMMON_WIRE_UTF8_H_

#include <string>
#include <string_view>

namespace wattfleet {

// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7): protobuf refuses other strings.
bool IsUtf8(std::string_view text);

// `text` with U+FFFD in place of each byte that is not part of a well-formed sequence.
std::string ToUtf8(std::string_view text);

}  // namespace wattfleet

#endif  // WF_COMMON_WIRE_UTF8_H_
