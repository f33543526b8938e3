#ifndef WF_AGENT_BACKEND_OPENAI_SSE_PARSER_H_
#define WF_AGENT_BACKEND_OPENAI_SSE_PARSER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace wattfleet::agent {

inline constexpr std::size_t kSseEventBytesMax = 16U << 20;

// Takes a stream of server-sent events apart, however the bytes are cut. Lines end in LF or CRLF;
// comments (`: ping`) and fields of no use here are passed over; a field `error:`, which one engine
// has used, counts as an event of that name.
class SseParser {
 public:
  // Takes an event's name ("" when it has none) and data.
  using OnEvent = absl::FunctionRef<void(std::string_view name, std::string_view data)>;

  // False when an event is larger than kSseEventBytesMax; the parser is of no use then.
  bool Feed(std::string_view bytes, OnEvent on_event);
  // The stream has ended: gives out an event whose closing blank line is missing.
  void Finish(OnEvent on_event);

 private:
  void TakeLine(std::string_view line, OnEvent on_event);
  void Dispatch(OnEvent on_event);

  std::string partial_line_;
  std::string name_;
  std::string data_;
  bool has_data_ = false;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_SSE_PARSER_H_
