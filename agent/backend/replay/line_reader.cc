#include "agent/backend/replay/line_reader.h"

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include <xxhash.h>

#include "agent/backend/file_digest.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kReadBytes = 128U << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

void LineReader::FreeState::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

LineReader::LineReader(std::string path, std::FILE* file)
    : path_(std::move(path)), file_(file), hash_(XXH3_createState()) {
  XXH3_64bits_reset(hash_.get());
}

LineReader::~LineReader() = default;

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  WF_RETURN_IF_ERROR(Annotate(FileVersionOf(path).status(), "recording"));
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("recording: opening %s", path));
  }
  return std::unique_ptr<LineReader>(new LineReader(path, file));
}

absl::StatusOr<std::optional<std::string_view>> LineReader::Next() {
  while (true) {
    const std::size_t end = text_.find('\n', scanned_);
    if (end != std::string::npos) {
      const std::string_view line(text_.data() + begin_, end - begin_);
      begin_ = scanned_ = end + 1;
      ++line_number_;
      return line;
    }
    scanned_ = text_.size();
    if (scanned_ - begin_ > kRecordingLineBytesMax) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s:%d: line is longer than %d bytes", path_, line_number_ + 1, kRecordingLineBytesMax));
    }
    if (ended_) {
      if (begin_ == text_.size()) {
        return std::nullopt;
      }
      ++line_number_;
      return std::string_view(text_).substr(std::exchange(begin_, text_.size()));
    }
    WF_RETURN_IF_ERROR(Fill());
  }
}

std::uint64_t LineReader::digest() const {
  return XXH3_64bits_digest(hash_.get());
}

absl::Status LineReader::Fill() {
  text_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;

  std::array<char, kReadBytes> bytes;
  const std::size_t n = std::fread(bytes.data(), 1, bytes.size(), file_.get());
  if (std::ferror(file_.get()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("reading recording %s", path_));
  }
  XXH3_64bits_update(hash_.get(), bytes.data(), n);
  const std::string_view read(bytes.data(), n);
  const bool first = decoder_ == nullptr;
  if (first) {
    decoder_ = NewStreamDecoder(read);
  }
  if (n > 0) {
    WF_RETURN_IF_ERROR(Error(decoder_->Decode(read, text_)));
  }
  if (first && text_.starts_with(kByteOrderMark)) {
    begin_ = scanned_ = kByteOrderMark.size();
  }
  ended_ = n < bytes.size();
  return ended_ && (n > 0 || !first) ? Error(decoder_->Finish()) : absl::OkStatus();
}

absl::Status LineReader::Error(const absl::Status& cause) const {
  if (cause.ok()) {
    return cause;
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s:%d: %s", path_, line_number_ + 1, cause.message()));
}

}  // namespace wattfleet::agent
