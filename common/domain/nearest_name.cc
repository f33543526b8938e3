#include "common/domain/nearest_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace wattfleet {

namespace {

constexpr std::size_t kLongestCompared = 200;
constexpr std::size_t kShownCandidates = 8;

// "api_key" means "api_key_file": a name that begins another counts as two edits away.
std::size_t Distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kShortestStart = 4;
  constexpr std::size_t kStartDistance = 2;
  const auto [shorter, longer] =
      std::minmax(a, b, [](std::string_view x, std::string_view y) { return x.size() < y.size(); });
  const bool is_start =
      shorter.size() >= kShortestStart && longer.substr(0, shorter.size()) == shorter;
  const std::size_t distance = EditDistance(a, b);
  return is_start ? std::min(distance, kStartDistance) : distance;
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return absl::ascii_tolower(static_cast<unsigned char>(x)) ==
           absl::ascii_tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = same(a[i - 1], b[j - 1]) ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + substitution});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last.swap(row);
  }
  return last[b.size()];
}

std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& candidates) {
  if (name.empty() || name.size() > kLongestCompared) {
    return std::nullopt;
  }
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared) {
      continue;
    }
    const std::size_t distance = Distance(name, candidate);
    if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string NearestText(std::string_view name, const std::vector<std::string>& candidates) {
  if (const auto nearest = NearestName(name, candidates)) {
    return absl::StrFormat("nearest is \"%s\"", *nearest);
  }
  if (candidates.empty()) {
    return "";
  }
  std::string text = "one of ";
  const std::size_t shown = std::min(candidates.size(), kShownCandidates);
  for (std::size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", candidates[i]);
  }
  if (candidates.size() > shown) {
    absl::StrAppend(&text, " and ", candidates.size() - shown, " more");
  }
  return text;
}

}  // namespace wattfleet
