#include "coordinator/config/field_checks.h"

#include <cstddef>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kLongestName = 100;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

}  // namespace

void CheckName(const config::Value& at, std::string_view what, const std::string& name,
               config::Problems& problems) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
  const bool is_good = !name.empty() && name.size() <= kLongestName &&
                       name.find_first_not_of(kAllowed) == std::string::npos &&
                       absl::ascii_isalnum(static_cast<unsigned char>(name.front()));
  if (!is_good) {
    problems.Add(at, absl::StrFormat("%s: \"%s\" is not a name; use letters, digits and . _ + -, "
                                     "at most %d, the first a letter or a digit",
                                     what, name.substr(0, kLongestName), kLongestName));
  }
}

void CheckDate(config::Section& s, std::string_view key, const std::string& date) {
  if (date.empty()) {
    return;
  }
  constexpr std::string_view kShape = "0000-00-00";
  bool is_good = date.size() == kShape.size();
  for (std::size_t i = 0; is_good && i < kShape.size(); ++i) {
    is_good = kShape[i] == '0' ? IsDigit(date[i]) : date[i] == kShape[i];
  }
  if (!is_good) {
    s.AddProblem(*s.Find(key),
                 absl::StrFormat("%s: expected a date such as 2024-07-23, got \"%s\"", key, date));
  }
}

std::string AbsolutePath(const std::string& directory, const std::string& path) {
  const std::filesystem::path given(path);
  return (given.is_absolute() ? given : std::filesystem::path(directory) / given)
      .lexically_normal()
      .string();
}

}  // namespace wattfleet::coordinator
