#include "coordinator/workload/row_source.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <simdjson.h>

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/csv_reader.h"
#include "coordinator/workload/line_reader.h"

namespace wattfleet::coordinator {
namespace {

using Visit = std::function<absl::Status(const RowText&)>;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t";

// Whether the first line of a file begins one JSON document rather than being a row.
bool StartsDocument(std::string_view line) {
  return !line.empty() && (line[0] == '[' || line == "{");
}

absl::Status VisitAt(const std::string& path, const RowText& row, const Visit& visit) {
  absl::Status status = visit(row);
  return status.ok() ? status : Annotate(status, absl::StrFormat("%s:%d", path, row.number));
}

// The elements of a list, or of the first list that an object holds, each as a line of JSON.
absl::StatusOr<std::vector<std::string>> SplitDocument(const std::string& document) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::error_code error = parser.parse(document).get(root);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrFormat("not valid JSON (%s)", simdjson::error_message(error)));
  }
  simdjson::dom::array list;
  bool found = root.get(list) == simdjson::SUCCESS;
  simdjson::dom::object object;
  if (root.get(object) == simdjson::SUCCESS) {
    for (const simdjson::dom::key_value_pair member : object) {
      found = found || member.value.get(list) == simdjson::SUCCESS;
    }
  }
  if (!found) {
    return absl::InvalidArgumentError("the JSON document holds no list of rows");
  }
  std::vector<std::string> rows;
  for (const simdjson::dom::element row : list) {
    rows.push_back(simdjson::minify(row));
  }
  return rows;
}

absl::StatusOr<std::int64_t> VisitDocument(const std::string& path, const Line& first,
                                           LineReader& lines, const Visit& visit) {
  std::string document(first.text);
  Line line;
  while (true) {
    WF_ASSIGN_OR_RETURN(const bool more, lines.Next(line));
    if (!more) {
      break;
    }
    absl::StrAppend(&document, "\n", std::string(line.text));
    if (document.size() > kMaxLineBytes) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s is one JSON document of more than %d MiB: write it as a row a line",
                          path, kMaxLineBytes >> 20));
    }
  }
  absl::StatusOr<std::vector<std::string>> rows = SplitDocument(document);
  if (!rows.ok()) {
    return Annotate(rows.status(), path);
  }
  std::int64_t number = 0;
  for (std::string& row : *rows) {
    row.reserve(row.size() + RowPadding());
    WF_RETURN_IF_ERROR(VisitAt(path, {.json = row, .number = ++number, .malformed = {}}, visit));
  }
  return number;
}

absl::StatusOr<std::int64_t> VisitLines(const std::string& path, LineReader& lines,
                                        const Visit& visit) {
  bool is_first = true;
  Line line;
  while (true) {
    WF_ASSIGN_OR_RETURN(const bool more, lines.Next(line));
    if (!more) {
      return line.number;
    }
    if (line.number == 1 && line.text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      line.text.remove_prefix(kByteOrderMark.size());
    }
    const std::size_t begin = line.text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos && !line.too_long) {
      continue;
    }
    if (is_first && StartsDocument(line.text.substr(std::min(begin, line.text.size())))) {
      return VisitDocument(path, line, lines, visit);
    }
    is_first = false;
    std::string malformed =
        line.too_long ? absl::StrFormat("a line of more than %d MiB", kMaxLineBytes >> 20) : "";
    WF_RETURN_IF_ERROR(
        VisitAt(path, {.json = line.text, .number = line.number, .malformed = std::move(malformed)},
                visit));
  }
}

absl::StatusOr<std::int64_t> VisitCsv(const std::string& path, LineReader& lines,
                                      const Visit& visit) {
  CsvReader reader(lines, RowPadding());
  if (absl::Status status = reader.ReadHeader(); !status.ok()) {
    return Annotate(status, path + ":1");
  }
  std::int64_t last = 0;
  CsvRecord record;
  while (true) {
    WF_ASSIGN_OR_RETURN(const bool more, reader.Next(record));
    if (!more) {
      return last;
    }
    last = record.number;
    WF_RETURN_IF_ERROR(
        VisitAt(path, {.json = record.json, .number = record.number, .malformed = record.malformed},
                visit));
  }
}

}  // namespace

std::size_t RowPadding() {
  return simdjson::SIMDJSON_PADDING;
}

absl::StatusOr<std::int64_t> ForEachRow(const std::string& path, bool is_csv, const Visit& visit) {
  WF_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenByteStream(path));
  LineReader lines(std::move(stream), RowPadding());
  return is_csv ? VisitCsv(path, lines, visit) : VisitLines(path, lines, visit);
}

}  // namespace wattfleet::coordinator
