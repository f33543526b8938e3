#include "coordinator/workload/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kFirstBuffer = std::size_t{256} << 10;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteStream> stream, std::size_t padding)
    : stream_(std::move(stream)), padding_(padding), buffer_(kFirstBuffer + padding, '\0') {}

// Reads more bytes behind end_, moving what is left to the front and growing the buffer as needed.
absl::Status LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + padding_ >= buffer_.size()) {
    const std::size_t room =
        std::min(2 * (buffer_.size() - padding_), kMaxLineBytes + kFirstBuffer);
    buffer_.resize(room + padding_);
  }
  WF_ASSIGN_OR_RETURN(const std::size_t got,
                      stream_->Read(buffer_.data() + end_, buffer_.size() - padding_ - end_));
  end_ += got;
  at_end_ = got == 0;
  return absl::OkStatus();
}

// Drops bytes until behind the next newline, or all that are left.
absl::Status LineReader::SkipToNewline() {
  while (true) {
    const void* newline = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
    if (newline != nullptr) {
      begin_ = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data()) + 1;
      return absl::OkStatus();
    }
    begin_ = end_;
    if (at_end_) {
      return absl::OkStatus();
    }
    WF_RETURN_IF_ERROR(Fill());
  }
}

absl::StatusOr<bool> LineReader::Next(Line& line) {
  std::size_t searched = 0;
  while (true) {
    const char* from = buffer_.data() + begin_;
    const void* newline = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    searched = end_ - begin_;
    const std::size_t size =
        newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - from)
                           : searched;
    if (size > kMaxLineBytes) {
      line = {.text = {}, .number = ++number_, .too_long = true};
      WF_RETURN_IF_ERROR(SkipToNewline());
      return true;
    }
    if (newline != nullptr || at_end_) {
      if (newline == nullptr && size == 0) {
        return false;
      }
      begin_ += size + (newline != nullptr ? 1 : 0);
      std::string_view text(from, size);
      if (!text.empty() && text.back() == '\r') {
        text.remove_suffix(1);
      }
      line = {.text = text, .number = ++number_};
      return true;
    }
    WF_RETURN_IF_ERROR(Fill());
  }
}

}  // namespace wattfleet::coordinator
