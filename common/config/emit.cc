#include "common/config/emit.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace wattfleet::config {

namespace {

constexpr std::size_t kLongestLine = 100;

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : absl::StrReplaceAll(text, {{"${", "$${"}})) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          quoted += absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + "\"";
}

bool IsScalar(const Value& value) {
  return value.kind == Value::Kind::kScalar || value.kind == Value::Kind::kNull;
}

// On one line, flow style.
std::string Flow(const Value& value) {
  std::string text;
  switch (value.kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kScalar:
      return value.is_quoted ? Quoted(value.text) : value.text;
    case Value::Kind::kList:
      for (const Value& item : value.items) {
        absl::StrAppend(&text, text.empty() ? "" : ", ", Flow(item));
      }
      return absl::StrCat("[", text, "]");
    case Value::Kind::kMap:
      for (const Entry& entry : value.entries) {
        absl::StrAppend(&text, text.empty() ? "" : ", ", entry.key.text, ": ", Flow(entry.value));
      }
      return absl::StrCat("{", text, "}");
  }
  return text;
}

// Whether `value` stands on one line: what holds scalars only, and is short.
bool IsFlow(const Value& value) {
  const bool is_flat = std::all_of(value.items.begin(), value.items.end(), IsScalar) &&
                       std::all_of(value.entries.begin(), value.entries.end(),
                                   [](const Entry& entry) { return IsScalar(entry.value); });
  return is_flat && Flow(value).size() <= kLongestLine;
}

void Emit(const Value& value, std::size_t indent, bool is_after_dash, std::string& out);

void EmitAfterKey(const Value& value, std::size_t indent, std::string& out) {
  if (IsScalar(value) || IsFlow(value)) {
    absl::StrAppend(&out, " ", Flow(value), "\n");
    return;
  }
  out += "\n";
  Emit(value, indent, false, out);
}

void Emit(const Value& value, std::size_t indent, bool is_after_dash, std::string& out) {
  const std::string margin(indent, ' ');
  bool is_first = is_after_dash;
  for (const Entry& entry : value.entries) {
    absl::StrAppend(&out, is_first ? "" : margin, entry.key.text, ":");
    EmitAfterKey(entry.value, indent + 2, out);
    is_first = false;
  }
  for (const Value& item : value.items) {
    absl::StrAppend(&out, is_first ? "" : margin, "- ");
    is_first = false;
    if (IsScalar(item) || IsFlow(item)) {
      absl::StrAppend(&out, Flow(item), "\n");
    } else {
      Emit(item, indent + 2, true, out);
    }
  }
}

}  // namespace

Value Null() {
  return {};
}

Value Text(std::string_view text) {
  Value value;
  value.kind = Value::Kind::kScalar;
  value.is_quoted = true;
  value.text = text;
  return value;
}

Value Plain(std::string_view text) {
  Value value = Text(text);
  value.is_quoted = false;
  return value;
}

Value List(std::vector<Value> items) {
  Value value;
  value.kind = Value::Kind::kList;
  value.items = std::move(items);
  return value;
}

Value Map() {
  Value value;
  value.kind = Value::Kind::kMap;
  return value;
}

Value& Put(Value& map, std::string_view key, Value value) {
  map.entries.push_back({.key = Plain(key), .value = std::move(value)});
  return map;
}

std::string EmitYaml(const Value& root) {
  if (IsScalar(root) || (root.items.empty() && root.entries.empty())) {
    return Flow(root) + "\n";
  }
  std::string out;
  Emit(root, 0, false, out);
  return out;
}

}  // namespace wattfleet::config
