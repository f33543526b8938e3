#include "coordinator/workload/csv_reader.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/query_codec.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Takes the characters of one line into `fields`, the last of which is open when `in_quotes`.
// Returns whether a quote is still open at the end of the line.
bool TakeLine(std::string_view line, bool in_quotes, std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_quotes) {
      if (c != '"') {
        fields.back().push_back(c);
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        fields.back().push_back('"');
        ++i;
      } else {
        in_quotes = false;
      }
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '"' && fields.back().empty()) {
      in_quotes = true;
    } else {
      fields.back().push_back(c);
    }
  }
  return in_quotes;
}

}  // namespace

bool IsCsvName(const std::string& path) {
  return absl::EndsWithIgnoreCase(path, ".csv") || absl::EndsWithIgnoreCase(path, ".csv.gz") ||
         absl::EndsWithIgnoreCase(path, ".csv.zst");
}

absl::StatusOr<bool> CsvReader::ReadFields(std::int64_t& number, std::string& malformed) {
  fields_.clear();
  malformed.clear();
  number = 0;
  bool in_quotes = false;
  std::size_t bytes = 0;
  Line line;
  while (true) {
    WF_ASSIGN_OR_RETURN(const bool more, lines_.Next(line));
    if (!more) {
      malformed = in_quotes ? "a quote that never ends" : malformed;
      return number > 0;
    }
    std::string_view text = line.text;
    if (line.number == 1 && text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      text.remove_prefix(kByteOrderMark.size());
    }
    if (number == 0) {
      if (text.empty() && !line.too_long) {
        continue;
      }
      number = line.number;
      fields_.emplace_back();
    } else {
      fields_.back().push_back('\n');
    }
    bytes += text.size();
    if (line.too_long || bytes > kMaxLineBytes) {
      malformed = absl::StrFormat("a record of more than %d MiB", kMaxLineBytes >> 20);
      fields_.assign(1, "");
    }
    in_quotes = TakeLine(malformed.empty() ? text : std::string_view(), in_quotes, fields_);
    if (!in_quotes || !malformed.empty()) {
      return true;
    }
  }
}

absl::Status CsvReader::ReadHeader() {
  std::int64_t number = 0;
  std::string malformed;
  WF_ASSIGN_OR_RETURN(const bool found, ReadFields(number, malformed));
  if (!found || !malformed.empty()) {
    return absl::InvalidArgumentError(found ? malformed : "no header with the columns' names");
  }
  columns_ = fields_;
  std::sort(fields_.begin(), fields_.end());
  const auto twice = std::adjacent_find(fields_.begin(), fields_.end());
  if (twice != fields_.end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the header names the column \"%s\" twice", *twice));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Next(CsvRecord& record) {
  WF_ASSIGN_OR_RETURN(const bool found, ReadFields(record.number, record.malformed));
  if (!found) {
    return false;
  }
  if (record.malformed.empty() && fields_.size() != columns_.size()) {
    record.malformed = absl::StrFormat("%d fields, and the header has %d columns", fields_.size(),
                                       columns_.size());
  }
  record.json.assign(1, '{');
  for (std::size_t i = 0; record.malformed.empty() && i < fields_.size(); ++i) {
    if (i > 0) {
      record.json.push_back(',');
    }
    AppendJsonText(columns_[i], record.json);
    record.json.push_back(':');
    AppendJsonText(fields_[i], record.json);
  }
  record.json.push_back('}');
  record.json.reserve(record.json.size() + padding_);
  return true;
}

}  // namespace wattfleet::coordinator
