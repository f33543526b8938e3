#include "common/config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace wattfleet::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// Falling order; "ms" before "m" and "s" would match its first letter.
constexpr std::array<Unit, 5> kDurations{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

constexpr std::array<Unit, 10> kSizes{{
    {"", 1},
    {"B", 1},
    {"KiB", 1LL << 10},
    {"MiB", 1LL << 20},
    {"GiB", 1LL << 30},
    {"TiB", 1LL << 40},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
}};

// Takes the digits at the front of `text`.
std::optional<std::int64_t> TakeDigits(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.front() == '-') {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view TakeLetters(std::string_view& text) {
  const std::string_view letters = text.substr(0, text.find_first_of("0123456789"));
  text.remove_prefix(letters.size());
  return letters;
}

std::optional<std::int64_t> Multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  if (text.empty()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const auto count = TakeDigits(text);
    const std::string_view name = TakeLetters(text);
    while (next_unit < kDurations.size() && kDurations[next_unit].name != name) {
      ++next_unit;
    }
    if (!count || next_unit == kDurations.size()) {
      return std::nullopt;
    }
    const auto part = Multiply(*count, kDurations[next_unit].size);
    if (!part || __builtin_add_overflow(total, *part, &total)) {
      return std::nullopt;
    }
    ++next_unit;
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  for (const Unit& unit : kDurations) {
    if (duration.count() % unit.size == 0 && duration.count() >= unit.size) {
      return absl::StrCat(duration.count() / unit.size, std::string(unit.name));
    }
  }
  return "0s";
}

std::optional<std::int64_t> ParseSize(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto count = TakeDigits(text);
  if (!count) {
    return std::nullopt;
  }
  if (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  for (const Unit& unit : kSizes) {
    if (text == unit.name) {
      return Multiply(*count, unit.size);
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) {
    return value;
  }
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  const auto number = ParseNumber(text);
  if (!number || std::abs(*number) > kLargestExact || std::trunc(*number) != *number) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string FormatNumber(double value) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : "0";
}

}  // namespace wattfleet::config
