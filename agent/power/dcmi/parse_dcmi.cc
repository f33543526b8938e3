#include "agent/power/dcmi/parse_dcmi.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace wattfleet::agent {

namespace {

// What follows "NAME:" on a line of its own, or nothing.
std::optional<std::string> ValueOf(const std::string& text, const std::string& name) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != absl::string_view::npos &&
        absl::StripAsciiWhitespace(line.substr(0, colon)) == name) {
      return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<double> ParseDcmiPower(std::string_view text) {
  constexpr char kReading[] = "Instantaneous power reading";
  const std::string copy(text);
  const std::optional<std::string> reading = ValueOf(copy, kReading);
  if (!reading) {
    return absl::NotFoundError(absl::StrCat("no line \"", kReading, "\""));
  }
  const std::string state = ValueOf(copy, "Power reading state is").value_or("not told");
  if (state != "activated") {
    return absl::UnavailableError(absl::StrCat("the power reading's state is ", state));
  }
  const std::vector<std::string> words = absl::StrSplit(*reading, ' ');
  int watts = 0;
  if (words.size() != 2 || words[1] != "Watts" || !absl::SimpleAtoi(words[0], &watts) ||
      watts <= 0) {
    return absl::UnavailableError(absl::StrCat("the power reading is \"", *reading, "\""));
  }
  return watts;
}

}  // namespace wattfleet::agent
