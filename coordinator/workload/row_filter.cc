#include "coordinator/workload/row_filter.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <xxhash.h>

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::int64_t kStudyCharacters = 32'000;

const std::vector<std::string>& Names() {
  static const auto& names = *new std::vector<std::string>{
      "no-reference", "non-english", "toxic", "too-long", "too-short", "duplicates", "study"};
  return names;
}

const std::map<std::string, FilterKind>& Kinds() {
  static const auto& kinds =
      *new std::map<std::string, FilterKind>{{"no-reference", FilterKind::kNoReference},
                                             {"non-english", FilterKind::kNonEnglish},
                                             {"toxic", FilterKind::kToxic},
                                             {"too-long", FilterKind::kTooLong},
                                             {"too-short", FilterKind::kTooShort},
                                             {"duplicates", FilterKind::kDuplicates}};
  return kinds;
}

std::vector<RowFilter> Study() {
  return {{.kind = FilterKind::kNoReference, .name = "no-reference"},
          {.kind = FilterKind::kNonEnglish, .name = "non-english"},
          {.kind = FilterKind::kTooLong, .characters = kStudyCharacters, .name = "too-long"},
          {.kind = FilterKind::kDuplicates, .name = "duplicates"}};
}

absl::StatusOr<RowFilter> ParseFilter(const std::string& spec) {
  const std::size_t equals = spec.find('=');
  const std::string name = spec.substr(0, equals);
  const auto kind = Kinds().find(name);
  if (kind == Kinds().end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--filter: unknown filter \"%s\"; %s", name, NearestText(name, Names())));
  }
  RowFilter filter{.kind = kind->second, .name = spec};
  const bool has_limit = equals != std::string::npos;
  if (filter.kind != FilterKind::kTooLong && filter.kind != FilterKind::kTooShort) {
    return has_limit ? absl::StatusOr<RowFilter>(absl::InvalidArgumentError(
                           absl::StrFormat("--filter %s: %s takes no value", spec, name)))
                     : filter;
  }
  filter.characters = kStudyCharacters;
  const bool reads = has_limit ? absl::SimpleAtoi(spec.substr(equals + 1), &filter.characters)
                               : filter.kind == FilterKind::kTooLong;
  if (!reads || filter.characters <= 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--filter %s: expected a number of characters, as in %s=8000", spec, name));
  }
  return filter;
}

// Code points of a UTF-8 text.
std::int64_t Characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::int64_t Characters(const Query& query) {
  std::int64_t characters = Characters(query.question);
  for (const std::string& option : query.options) {
    characters += Characters(option);
  }
  return characters;
}

bool IsEnglish(const std::string& language) {
  const std::string lower = absl::AsciiStrToLower(language);
  return lower == "english" || lower == "en" || lower == "eng" || absl::StartsWith(lower, "en-") ||
         absl::StartsWith(lower, "en_");
}

// Of the question and options, runs of blanks counting as one.
std::pair<std::uint64_t, std::uint64_t> Fingerprint(const Query& query) {
  std::string text;
  const auto append = [&text](const std::string& part) {
    for (const absl::string_view word :
         absl::StrSplit(part, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
      text.append(word.data(), word.size());
      text.push_back(' ');
    }
    text.push_back('\0');
  };
  append(query.question);
  for (const std::string& option : query.options) {
    append(option);
  }
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

}  // namespace

absl::StatusOr<std::vector<RowFilter>> ParseFilters(const std::string& spec) {
  std::vector<RowFilter> filters;
  const std::vector<std::string> parts = absl::StrSplit(spec, ',');
  for (const std::string& part : parts) {
    if (part == "study") {
      const std::vector<RowFilter> study = Study();
      filters.insert(filters.end(), study.begin(), study.end());
      continue;
    }
    WF_ASSIGN_OR_RETURN(RowFilter filter, ParseFilter(part));
    filters.push_back(std::move(filter));
  }
  return filters;
}

RowFilters::RowFilters(std::vector<RowFilter> filters) {
  std::stable_sort(filters.begin(), filters.end(),
                   [](const RowFilter& a, const RowFilter& b) { return a.kind < b.kind; });
  for (RowFilter& filter : filters) {
    if (counts_.empty() || counts_.back().first != filter) {
      counts_.emplace_back(std::move(filter), 0);
    }
  }
}

bool RowFilters::Has(FilterKind kind) const {
  return std::any_of(counts_.begin(), counts_.end(),
                     [kind](const auto& count) { return count.first.kind == kind; });
}

bool RowFilters::Removes(const RowFilter& filter, const Query& query, const RowTags& tags) {
  switch (filter.kind) {
    case FilterKind::kNoReference:
      return query.references.empty();
    case FilterKind::kNonEnglish:
      return tags.language && !IsEnglish(*tags.language);
    case FilterKind::kToxic:
      return tags.is_toxic;
    case FilterKind::kTooLong:
      return Characters(query) > filter.characters;
    case FilterKind::kTooShort:
      return Characters(query) < filter.characters;
    case FilterKind::kDuplicates:
      return !seen_.insert(Fingerprint(query)).second;
  }
  return false;
}

bool RowFilters::Removes(const Query& query, const RowTags& tags) {
  for (auto& [filter, removed] : counts_) {
    if (Removes(filter, query, tags)) {
      ++removed;
      return true;
    }
  }
  return false;
}

}  // namespace wattfleet::coordinator
