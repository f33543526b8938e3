#include "agent/power/source_options.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"

namespace wattfleet::agent {

absl::Status CheckOptionNames(const SourceRequest& request, const std::vector<std::string>& known) {
  for (const auto& [name, value] : request.options) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrFormat("power source %s has no option \"%s\"; %s",
                                                        request.name, name,
                                                        NearestText(name, known)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::chrono::nanoseconds> PollPeriodOption(const SourceOptions& options,
                                                          std::chrono::milliseconds standard) {
  const auto option = options.find("poll_ms");
  if (option == options.end()) {
    return standard;
  }
  int ms = 0;
  if (!absl::SimpleAtoi(option->second, &ms) || ms < 10 || ms > 10'000) {
    return absl::InvalidArgumentError(
        absl::StrFormat("poll_ms is \"%s\": a whole number from 10 to 10000", option->second));
  }
  return std::chrono::milliseconds(ms);
}

std::string TextOption(const SourceOptions& options, const std::string& name,
                       const std::string& standard) {
  const auto option = options.find(name);
  return option == options.end() ? standard : option->second;
}

absl::StatusOr<double> RequiredNumber(const SourceOptions& options, const std::string& name,
                                      const std::string& what) {
  const auto option = options.find(name);
  if (option == options.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is missing: %s", name, what));
  }
  double value = 0;
  if (!absl::SimpleAtod(option->second, &value) || !std::isfinite(value) || value <= 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is \"%s\": a number above 0 is needed", name, option->second));
  }
  return value;
}

}  // namespace wattfleet::agent
