#include "agent/backend/synthetic/synthetic_options.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

absl::StatusOr<double> NumberIn(const std::string& key, const std::string& text, double high) {
  double number = 0;
  const bool fits = absl::SimpleAtod(text, &number) && number >= 0 && number <= high;
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrFormat("synthetic: %s is \"%s\", not a number from 0 to %g", key, text, high));
  }
  return number;
}

absl::Status Set(const std::string& key, const std::string& text, SyntheticOptions& options) {
  if (key == "right" || key == "wrong") {
    (key == "right" ? options.right : options.wrong) = text;
    return absl::OkStatus();
  }
  if (key == "latency_ms") {
    WF_ASSIGN_OR_RETURN(const double ms, NumberIn(key, text, 1e9));
    options.latency = std::chrono::nanoseconds(std::llround(ms * 1e6));
    return absl::OkStatus();
  }
  if (key == "tokens") {
    WF_ASSIGN_OR_RETURN(const double tokens, NumberIn(key, text, 1e6));
    options.tokens = std::llround(tokens);
    return absl::OkStatus();
  }
  const std::vector<std::pair<std::string, double*>> shares = {
      {"spread", &options.spread}, {"correct", &options.correct}, {"fail", &options.fail}};
  for (const auto& [name, share] : shares) {
    if (key == name) {
      WF_ASSIGN_OR_RETURN(*share, NumberIn(key, text, 1));
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "synthetic: no option \"%s\"; there are latency_ms, tokens, spread, correct, fail, right "
      "and wrong",
      key));
}

}  // namespace

absl::StatusOr<SyntheticOptions> ParseSyntheticOptions(std::string_view ref) {
  SyntheticOptions options;
  if (ref.empty() || ref == "*") {
    return options;
  }
  const absl::string_view text(ref.data(), ref.size());
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<std::string, std::string> option =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    WF_RETURN_IF_ERROR(Set(option.first, option.second, options));
  }
  return options;
}

}  // namespace wattfleet::agent
