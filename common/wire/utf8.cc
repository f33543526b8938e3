#include "common/wire/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wattfleet {

namespace {

bool Continues(std::string_view text, std::size_t at, unsigned lo = 0x80, unsigned hi = 0xBF) {
  if (at >= text.size()) {
    return false;
  }
  const unsigned byte = static_cast<unsigned char>(text[at]);
  return lo <= byte && byte <= hi;
}

// Length of the well-formed sequence that starts at `at`, or 0.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const unsigned lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return Continues(text, at + 1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned lo = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned hi = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return Continues(text, at + 1, lo, hi) && Continues(text, at + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned lo = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned hi = lead == 0xF4 ? 0x8F : 0xBF;
    return Continues(text, at + 1, lo, hi) && Continues(text, at + 2) && Continues(text, at + 3)
               ? 4
               : 0;
  }
  return 0;
}

// First byte at or after `at` that is not part of a run of eight ASCII bytes.
std::size_t SkipAscii(std::string_view text, std::size_t at) {
  while (at + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & 0x8080808080808080ULL) != 0) {
      break;
    }
    at += sizeof(word);
  }
  return at;
}

// Position of the first byte that is not well-formed, or the size.
std::size_t FirstBad(std::string_view text, std::size_t at) {
  while (true) {
    at = SkipAscii(text, at);
    if (at >= text.size()) {
      return text.size();
    }
    const std::size_t length = SequenceLength(text, at);
    if (length == 0) {
      return at;
    }
    at += length;
  }
}

}  // namespace

bool IsUtf8(std::string_view text) {
  return FirstBad(text, 0) == text.size();
}

std::string ToUtf8(std::string_view text) {
  std::string good;
  good.reserve(text.size());
  std::size_t at = 0;
  while (true) {
    const std::size_t bad = FirstBad(text, at);
    good.append(text.substr(at, bad - at));
    if (bad == text.size()) {
      return good;
    }
    good.append("\xEF\xBF\xBD");
    at = bad + 1;
  }
}

}  // namespace wattfleet
