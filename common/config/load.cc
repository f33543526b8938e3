#include "common/config/load.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "yaml-cpp/yaml.h"

namespace wattfleet::config {

namespace {

constexpr int kMostLevels = 64;
constexpr int kMostNodes = 200'000;
constexpr std::uintmax_t kLargestFile = std::uintmax_t{16} << 20;

absl::Status ErrorAt(const std::string& origin, int line, int column, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrFormat("%s:%d:%d: %s", origin, line, column, message));
}

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629), 0 when malformed.
std::size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool is_overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool is_surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool is_too_high = first == 0xF4 && byte(1) >= 0x90;
  return is_overlong || is_surrogate || is_too_high ? 0 : length;
}

absl::Status CheckUtf8(std::string_view text, const std::string& origin) {
  int line = 1;
  int column = 1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = Utf8SequenceLength(text.substr(i));
    if (length == 0) {
      return ErrorAt(origin, line, column,
                     absl::StrFormat("byte 0x%02x is not UTF-8; save the file as UTF-8",
                                     static_cast<unsigned char>(text[i])));
    }
    if (text[i] == '\0') {
      return ErrorAt(origin, line, column, "a NUL byte; this is not a text file");
    }
    line += text[i] == '\n' ? 1 : 0;
    column = text[i] == '\n' ? 1 : column + 1;
    i += length;
  }
  return absl::OkStatus();
}

// Turns yaml-cpp's nodes into values; nothing of yaml-cpp leaves this file.
class Conversion {
 public:
  Conversion(std::string origin, const Variables& variables)
      : origin_(std::move(origin)), variables_(variables) {}

  absl::StatusOr<Value> Convert(const YAML::Node& node, int level) {
    Value value;
    SetPlace(node, value);
    if (level > kMostLevels) {
      return Error(value, absl::StrFormat("nested deeper than %d levels", kMostLevels));
    }
    if (++nodes_ > kMostNodes) {
      return Error(value, absl::StrFormat("more than %d values", kMostNodes));
    }
    if (node.IsScalar()) {
      value.kind = Value::Kind::kScalar;
      value.is_quoted = node.Tag() == "!";
      WF_ASSIGN_OR_RETURN(value.text, Expand(node.Scalar(), value));
    } else if (node.IsSequence()) {
      value.kind = Value::Kind::kList;
      for (const YAML::Node& item : node) {
        WF_ASSIGN_OR_RETURN(value.items.emplace_back(), Convert(item, level + 1));
      }
    } else if (node.IsMap()) {
      WF_RETURN_IF_ERROR(ConvertMap(node, level, value));
    }
    return value;
  }

 private:
  absl::Status ConvertMap(const YAML::Node& node, int level, Value& map) {
    map.kind = Value::Kind::kMap;
    std::set<std::string> seen;
    for (const auto& pair : node) {
      Entry entry;
      SetPlace(pair.first, entry.key);
      if (!pair.first.IsScalar()) {
        return Error(entry.key, "a key must be a word");
      }
      entry.key.kind = Value::Kind::kScalar;
      entry.key.text = pair.first.Scalar();
      if (!seen.insert(entry.key.text).second) {
        return Error(entry.key, absl::StrFormat("key \"%s\" is given twice", entry.key.text));
      }
      WF_ASSIGN_OR_RETURN(entry.value, Convert(pair.second, level + 1));
      if (entry.value.line == 0) {
        entry.value.line = entry.key.line;
        entry.value.column = entry.key.column;
      }
      map.entries.push_back(std::move(entry));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Expand(const std::string& raw, const Value& at) {
    std::string expanded;
    std::size_t from = 0;
    while (true) {
      const std::size_t open = raw.find("${", from);
      if (open == std::string::npos) {
        return expanded + raw.substr(from);
      }
      if (open > from && raw[open - 1] == '$') {
        expanded += raw.substr(from, open - 1 - from) + "${";
        from = open + 2;
        continue;
      }
      const std::size_t close = raw.find('}', open);
      if (close == std::string::npos) {
        return Error(at, "\"${\" without \"}\"; write \"$${\" for the characters themselves");
      }
      expanded += raw.substr(from, open - from);
      WF_ASSIGN_OR_RETURN(const std::string replacement,
                          Replacement(raw.substr(open + 2, close - open - 2), at));
      expanded += replacement;
      from = close + 1;
    }
  }

  // `inside` is what stands between the braces: NAME or NAME:-default.
  absl::StatusOr<std::string> Replacement(const std::string& inside, const Value& at) {
    const std::size_t dash = inside.find(":-");
    const std::string name = inside.substr(0, dash);
    if (name.empty() ||
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789_") != std::string::npos) {
      return Error(at, absl::StrFormat("\"${%s}\" is not the name of a variable", inside));
    }
    const std::optional<std::string> value = variables_(name);
    if (dash != std::string::npos && (!value || value->empty())) {
      return inside.substr(dash + 2);
    }
    if (!value) {
      return Error(at, absl::StrFormat("variable %s is not set; set it or write ${%s:-default}",
                                       name, name));
    }
    return *value;
  }

  static void SetPlace(const YAML::Node& node, Value& value) {
    const YAML::Mark mark = node.Mark();
    if (!mark.is_null()) {
      value.line = mark.line + 1;
      value.column = mark.column + 1;
    }
  }

  absl::Status Error(const Value& at, const std::string& message) const {
    return ErrorAt(origin_, at.line, at.column, message);
  }

  std::string origin_;
  const Variables& variables_;
  int nodes_ = 0;
};

absl::Status NoSuchFile(const std::string& path) {
  const std::filesystem::path wanted(path);
  const std::filesystem::path directory =
      wanted.has_parent_path() ? wanted.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  const auto nearest = NearestName(wanted.filename().string(), names);
  return absl::NotFoundError(absl::StrFormat(
      "%s: no such file%s", path,
      nearest
          ? absl::StrFormat("; nearest is \"%s\"",
                            wanted.has_parent_path() ? (directory / *nearest).string() : *nearest)
          : ""));
}

}  // namespace

Variables ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    // Read while starting, before any thread that could change it.
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

absl::StatusOr<Document> LoadText(const std::string& text, const std::string& origin,
                                  const Variables& variables) {
  WF_RETURN_IF_ERROR(CheckUtf8(text, origin));
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) {
      return ErrorAt(origin, 1, 1, "the file is empty");
    }
    if (documents.size() > 1) {
      const YAML::Mark mark = documents[1].Mark();
      return ErrorAt(origin, mark.line + 1, mark.column + 1, "a second document; a file holds one");
    }
    Document document{.origin = origin, .root = {}};
    WF_ASSIGN_OR_RETURN(document.root, Conversion(origin, variables).Convert(documents.front(), 0));
    return document;
  } catch (const YAML::Exception& e) {
    return ErrorAt(origin, e.mark.line + 1, e.mark.column + 1, e.msg);
  }
}

absl::StatusOr<Document> LoadFile(const std::string& path, const Variables& variables) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return NoSuchFile(path);
  }
  if (std::filesystem::is_directory(status)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: is a directory, not a file", path));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char block[65536];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLargestFile) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: larger than 16 MiB; this is not a configuration file", path));
    }
  }
  if (!file.eof()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: cannot be read", path));
  }
  return LoadText(text, path, variables);
}

}  // namespace wattfleet::config
