#include "common/config/section.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/config/units.h"
#include "common/domain/nearest_name.h"

namespace wattfleet::config {

namespace {

constexpr std::size_t kLongestShown = 40;

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Expected(std::string_view expected, const Value& got) {
  return absl::StrFormat("expected %s, got %s", expected, Describe(got));
}

std::string RangeText(Range range) {
  if (range.most == Range{}.most) {
    return absl::StrFormat("a whole number of at least %d", range.least);
  }
  return absl::StrFormat("a whole number from %d to %d", range.least, range.most);
}

std::string RangeText(NumberRange range) {
  if (range.most == NumberRange{}.most) {
    return absl::StrFormat("a number of at least %s", FormatNumber(range.least));
  }
  return absl::StrFormat("a number from %s to %s", FormatNumber(range.least),
                         FormatNumber(range.most));
}

}  // namespace

void Problems::Add(const Value& at, std::string_view message) {
  problems_.push_back({at.line, at.column, std::string(message)});
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) {
    return absl::OkStatus();
  }
  const auto& first =
      *std::min_element(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
      });
  if (first.line == 0) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %s", origin_, first.message));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s:%d:%d: %s", origin_, first.line, first.column, first.message));
}

std::string Describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "nothing";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kMap:
      return "a mapping";
    case Value::Kind::kScalar:
      break;
  }
  const bool is_long = value.text.size() > kLongestShown;
  return absl::StrFormat("\"%s%s\"", value.text.substr(0, kLongestShown), is_long ? "..." : "");
}

Section& Section::Require(std::string_view key) {
  required_.emplace_back(key);
  return *this;
}

const Value* Section::Find(std::string_view key) {
  if (!Contains(known_, key)) {
    known_.emplace_back(key);
  }
  for (const Entry& entry : map_.entries) {
    if (entry.key.text == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

const Value* Section::FindSet(std::string_view key) {
  const Value* value = Find(key);
  return value == nullptr || value->kind == Value::Kind::kNull ? nullptr : value;
}

const Value* Section::FindScalar(std::string_view key, std::string_view expected) {
  const Value* value = FindSet(key);
  if (value != nullptr && value->kind != Value::Kind::kScalar) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(expected, *value)));
    return nullptr;
  }
  return value;
}

void Section::Read(std::string_view key, std::string& out) {
  if (const Value* value = FindScalar(key, "text")) {
    out = value->text;
  }
}

void Section::Read(std::string_view key, bool& out) {
  const Value* value = FindScalar(key, "true or false");
  if (value == nullptr) {
    return;
  }
  if (value->text == "true" || value->text == "false") {
    out = value->text == "true";
    return;
  }
  problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected("true or false", *value)));
}

void Section::Read(std::string_view key, std::optional<std::int64_t>& out, Range range) {
  const std::string expected = range.least == Range{}.least ? "a whole number" : RangeText(range);
  const Value* value = FindScalar(key, expected);
  if (value == nullptr) {
    return;
  }
  const auto number = value->is_quoted ? std::nullopt : ParseInteger(value->text);
  if (!number || *number < range.least || *number > range.most) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(expected, *value)));
    return;
  }
  out = number;
}

void Section::Read(std::string_view key, std::int64_t& out, Range range) {
  std::optional<std::int64_t> number = out;
  Read(key, number, range);
  out = *number;
}

void Section::Read(std::string_view key, std::int32_t& out, Range range) {
  range.least = std::max<std::int64_t>(range.least, std::numeric_limits<std::int32_t>::min());
  range.most = std::min<std::int64_t>(range.most, std::numeric_limits<std::int32_t>::max());
  std::optional<std::int64_t> number = out;
  Read(key, number, range);
  out = static_cast<std::int32_t>(*number);
}

void Section::Read(std::string_view key, std::uint64_t& out) {
  constexpr std::string_view kExpected = "a whole number of at least 0";
  const Value* value = FindScalar(key, kExpected);
  if (value == nullptr) {
    return;
  }
  std::uint64_t number = 0;
  const char* end_of_text = value->text.data() + value->text.size();
  const auto [end, error] = std::from_chars(value->text.data(), end_of_text, number);
  if (error != std::errc() || end != end_of_text || value->is_quoted) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(kExpected, *value)));
    return;
  }
  out = number;
}

void Section::Read(std::string_view key, std::optional<double>& out, NumberRange range) {
  const std::string expected = range.least == NumberRange{}.least ? "a number" : RangeText(range);
  const Value* value = FindScalar(key, expected);
  if (value == nullptr) {
    return;
  }
  const auto number = value->is_quoted ? std::nullopt : ParseNumber(value->text);
  if (!number || *number < range.least || *number > range.most) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(expected, *value)));
    return;
  }
  out = number;
}

void Section::Read(std::string_view key, double& out, NumberRange range) {
  std::optional<double> number = out;
  Read(key, number, range);
  out = *number;
}

void Section::Read(std::string_view key, std::chrono::milliseconds& out) {
  constexpr std::string_view kExpected = "a duration such as 500ms, 90s, 10m or 2h";
  const Value* value = FindScalar(key, kExpected);
  if (value == nullptr) {
    return;
  }
  const auto duration = ParseDuration(value->text);
  if (!duration) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(kExpected, *value)));
    return;
  }
  out = *duration;
}

void Section::ReadSize(std::string_view key, std::int64_t& bytes) {
  constexpr std::string_view kExpected = "a size such as 64MiB or 8GiB";
  const Value* value = FindScalar(key, kExpected);
  if (value == nullptr) {
    return;
  }
  const auto size = ParseSize(value->text);
  if (!size) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected(kExpected, *value)));
    return;
  }
  bytes = *size;
}

void Section::Read(std::string_view key, std::vector<std::string>& out) {
  const Value* value = FindSet(key);
  if (value == nullptr) {
    return;
  }
  if (value->kind == Value::Kind::kScalar) {
    out = {value->text};
    return;
  }
  if (value->kind == Value::Kind::kMap) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected("a list of words", *value)));
    return;
  }
  out.clear();
  for (const Value& item : value->items) {
    if (item.kind != Value::Kind::kScalar) {
      problems_.Add(item, absl::StrFormat("%s: %s", key, Expected("a word", item)));
      return;
    }
    out.push_back(item.text);
  }
}

std::optional<std::size_t> Section::ReadIndex(std::string_view key,
                                              const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    absl::StrAppend(&list, list.empty() ? "one of " : ", ", name);
  }
  const Value* value = FindScalar(key, list);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), value->text);
  if (found == names.end()) {
    const auto nearest = NearestName(value->text, names);
    problems_.Add(
        *value,
        absl::StrFormat("%s: %s is not known; %s%s", key, Describe(*value),
                        nearest ? absl::StrFormat("nearest is \"%s\", ", *nearest) : "", list));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

void Section::ReadChoice(std::string_view key, const std::vector<std::string>& names,
                         std::string& out) {
  if (const auto index = ReadIndex(key, names)) {
    out = names[*index];
  }
}

void Section::ReadMap(std::string_view key, const std::function<void(Section&)>& read) {
  if (const Value* value = FindSet(key)) {
    config::ReadMap(*value, problems_, key, read);
  }
}

void Section::ReadList(std::string_view key, const std::function<void(const Value&)>& read) {
  const Value* value = FindSet(key);
  if (value == nullptr) {
    return;
  }
  if (value->kind != Value::Kind::kList) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, Expected("a list", *value)));
    return;
  }
  for (const Value& item : value->items) {
    read(item);
  }
}

void Section::Refuse(std::string_view key, std::string_view why) {
  if (const Value* value = FindSet(key)) {
    problems_.Add(*value, absl::StrFormat("%s: %s", key, why));
  }
}

void Section::Finish() {
  bool has_unknown = false;
  for (const Entry& entry : map_.entries) {
    if (!Contains(known_, entry.key.text)) {
      has_unknown = true;
      problems_.Add(entry.key, absl::StrFormat("unknown key \"%s\"; %s", entry.key.text,
                                               NearestText(entry.key.text, known_)));
    }
  }
  if (has_unknown) {
    return;  // what seems to be missing is likely what is misspelt
  }
  for (const std::string& key : required_) {
    if (FindSet(key) == nullptr) {
      problems_.Add(map_, absl::StrFormat("key \"%s\" is missing", key));
    }
  }
}

void ReadMap(const Value& value, Problems& problems, std::string_view what,
             const std::function<void(Section&)>& read) {
  if (value.kind != Value::Kind::kMap) {
    problems.Add(value, absl::StrFormat("%s: %s", what, Expected("a mapping", value)));
    return;
  }
  Section section(value, problems);
  read(section);
  section.Finish();
}

}  // namespace wattfleet::config
