#include "agent/power/kept_file.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <unistd.h>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<KeptFile> KeptFile::Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::ErrnoToStatus(errno, absl::StrFormat("cannot open %s", path));
  }
  return KeptFile(descriptor);
}

KeptFile::KeptFile(KeptFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

KeptFile& KeptFile::operator=(KeptFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

KeptFile::~KeptFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

ReadFault KeptFile::Read(std::span<char> buffer, std::string_view& text) const {
  text = {};
  const ssize_t length = pread(descriptor_, buffer.data(), buffer.size(), 0);
  if (length < 0) {
    const bool gone = errno == ENODEV || errno == ENOENT || errno == ENXIO;
    return gone ? ReadFault::kLost : ReadFault::kUnavailable;
  }
  text = std::string_view(buffer.data(), static_cast<std::size_t>(length));
  return text.empty() ? ReadFault::kUnavailable : ReadFault::kNone;
}

ReadFault KeptFile::ReadNumber(std::uint64_t& number) const {
  std::array<char, 32> buffer{};
  std::string_view text;
  if (const ReadFault fault = Read(buffer, text); fault != ReadFault::kNone) {
    return fault;
  }
  const std::optional<std::uint64_t> value = WholeNumber(text);
  number = value.value_or(number);
  return value ? ReadFault::kNone : ReadFault::kUnavailable;
}

std::optional<std::uint64_t> WholeNumber(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool is_whole = error == std::errc() && (rest == end || *rest == '\n');
  return is_whole ? std::optional(value) : std::nullopt;
}

absl::StatusOr<std::string> ReadFirstLine(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const KeptFile file, KeptFile::Open(path));
  std::array<char, 256> buffer{};
  std::string_view text;
  if (file.Read(buffer, text) != ReadFault::kNone) {
    return absl::UnavailableError(absl::StrFormat("cannot read %s", path));
  }
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace wattfleet::agent
