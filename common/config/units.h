#ifndef WF_COMMON_CONFIG_UNITS_H_
#define WF_COMMON_CONFIG_UNITS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattfleet::config {

// "500ms", "90s", "10m", "2h", "1d", or several in falling order: "1h30m". Nothing when it is not
// a duration, is negative, or overflows.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);
// The shortest text that ParseDuration turns into the same value.
std::string FormatDuration(std::chrono::milliseconds duration);

// Bytes: "64MiB", "8GiB", "512 KiB", "1GB" (decimal), "4096". Nothing when it is not a size.
std::optional<std::int64_t> ParseSize(std::string_view text);

// A whole number: "2000", "-1", or "1e6" where that is exact.
std::optional<std::int64_t> ParseInteger(std::string_view text);
// A finite number: "0.6", "8.03e9".
std::optional<double> ParseNumber(std::string_view text);
// The shortest text that ParseNumber turns into the same value.
std::string FormatNumber(double value);

}  // namespace wattfleet::config

#endif  // WF_COMMON_CONFIG_UNITS_H_
