#ifndef WF_COMMON_CONFIG_SECTION_H_
#define WF_COMMON_CONFIG_SECTION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "common/config/value.h"

namespace wattfleet::config {

// What is wrong with one file. Readers go on after a problem; the caller asks once, at the end, and
// the user is told the one that stands first in the file.
class Problems {
 public:
  explicit Problems(std::string origin) : origin_(std::move(origin)) {}

  void Add(const Value& at, std::string_view message);
  bool empty() const { return problems_.empty(); }
  // OK, or INVALID_ARGUMENT with the first problem, as "origin:line:column: message".
  absl::Status ToStatus() const;

 private:
  struct Problem {
    int line;
    int column;
    std::string message;
  };
  std::string origin_;
  std::vector<Problem> problems_;
};

// Whole numbers that a key accepts.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
// Numbers that a key accepts, bounds included.
struct NumberRange {
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
};

template <typename Enum>
struct Choice {
  std::string_view name;
  Enum value;
};

// A mapping while its keys are read. Every key asked for is known; ReadMap reports the others, with
// the nearest known one. A key that is absent, or null, leaves the output as it was: the
// caller's initial value is the default. A value of the wrong type is a problem and leaves it too.
class Section {
 public:
  Section(const Value& map, Problems& problems) : map_(map), problems_(problems) {}

  // Makes an absent key a problem; the returned section is this one: s.Require("name").Read(...).
  Section& Require(std::string_view key);

  void Read(std::string_view key, std::string& out);
  void Read(std::string_view key, bool& out);
  void Read(std::string_view key, std::int64_t& out, Range range = {});
  void Read(std::string_view key, std::int32_t& out, Range range = {});
  void Read(std::string_view key, std::uint64_t& out);
  void Read(std::string_view key, double& out, NumberRange range = {});
  void Read(std::string_view key, std::optional<std::int64_t>& out, Range range = {});
  void Read(std::string_view key, std::optional<double>& out, NumberRange range = {});
  void Read(std::string_view key, std::chrono::milliseconds& out);
  // A list of words; one word alone is a list of one.
  void Read(std::string_view key, std::vector<std::string>& out);
  void ReadSize(std::string_view key, std::int64_t& bytes);

  template <typename Enum>
  void ReadChoice(std::string_view key, const std::vector<Choice<Enum>>& choices, Enum& out) {
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (const auto& choice : choices) {
      names.emplace_back(choice.name);
    }
    if (const auto index = ReadIndex(key, names)) {
      out = choices[*index].value;
    }
  }
  // Which of `names` the key says.
  void ReadChoice(std::string_view key, const std::vector<std::string>& names, std::string& out);

  // Reads a nested mapping with `read`, its unknown keys reported.
  void ReadMap(std::string_view key, const std::function<void(Section&)>& read);
  // Calls `read` for each item of a list.
  void ReadList(std::string_view key, const std::function<void(const Value&)>& read);

  // The value of a key, or nullptr when it is absent (a null value is returned as such). For keys
  // of more than one shape.
  const Value* Find(std::string_view key);
  bool Has(std::string_view key) { return Find(key) != nullptr; }

  // Says that `key` may be written, but that this version cannot honour it.
  void Refuse(std::string_view key, std::string_view why);

  void AddProblem(const Value& at, std::string_view message) { problems_.Add(at, message); }
  // Of the whole mapping, for problems about what is missing.
  const Value& value() const { return map_; }
  Problems& problems() { return problems_; }

  // Reports required keys that are missing and keys that nobody asked for.
  void Finish();

 private:
  const Value* FindSet(std::string_view key);
  // The scalar of `key`, or nullptr (after reporting when it is a list or a mapping).
  const Value* FindScalar(std::string_view key, std::string_view expected);
  std::optional<std::size_t> ReadIndex(std::string_view key, const std::vector<std::string>& names);

  const Value& map_;
  Problems& problems_;
  std::vector<std::string> known_;
  std::vector<std::string> required_;
};

// Reads `value`, which must be a mapping, with `read`, then reports unknown and missing keys.
// `what` names it in messages: "expected a mapping (an engine), got a list".
void ReadMap(const Value& value, Problems& problems, std::string_view what,
             const std::function<void(Section&)>& read);

// "a list", "a mapping", "nothing", or the scalar itself, quoted and shortened.
std::string Describe(const Value& value);

}  // namespace wattfleet::config

#endif  // WF_COMMON_CONFIG_SECTION_H_
