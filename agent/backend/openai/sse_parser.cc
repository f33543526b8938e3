#include "agent/backend/openai/sse_parser.h"

namespace wattfleet::agent {

bool SseParser::Feed(std::string_view bytes, OnEvent on_event) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      partial_line_.append(bytes);
      break;
    }
    if (partial_line_.empty()) {
      TakeLine(bytes.substr(0, end), on_event);
    } else {
      partial_line_.append(bytes.substr(0, end));
      TakeLine(partial_line_, on_event);
      partial_line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  return partial_line_.size() + data_.size() <= kSseEventBytesMax;
}

void SseParser::Finish(OnEvent on_event) {
  if (!partial_line_.empty()) {
    TakeLine(partial_line_, on_event);
    partial_line_.clear();
  }
  Dispatch(on_event);
}

void SseParser::TakeLine(std::string_view line, OnEvent on_event) {
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  if (line.empty()) {
    Dispatch(on_event);
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') {
    value.remove_prefix(1);
  }
  if (field == "event") {
    name_ = value;
  } else if (field == "data" || field == "error") {
    if (has_data_) {
      data_ += '\n';
    }
    data_.append(value);
    has_data_ = true;
    if (field == "error") {
      name_ = "error";
    }
  }
}

void SseParser::Dispatch(OnEvent on_event) {
  if (has_data_) {
    on_event(name_, data_);
  }
  name_.clear();
  data_.clear();
  has_data_ = false;
}

}  // namespace wattfleet::agent
