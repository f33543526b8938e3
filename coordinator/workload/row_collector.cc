#include "coordinator/workload/row_collector.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/query_codec.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kMostRejectedShown = 20;
constexpr std::size_t kMostRows = std::size_t{1} << 31;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t";

// Whether the first line of a file begins one JSON document rather than being a row.
bool StartsDocument(std::string_view line) {
  return !line.empty() && (line[0] == '[' || line == "{");
}

}  // namespace

absl::Status RowCollector::ReadFile(const std::string& path) {
  WF_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenByteStream(path));
  LineReader lines(std::move(stream), RowPadding());
  lines_before_file_.push_back(lines_);
  reader_.SetFile(path);
  WF_ASSIGN_OR_RETURN(const std::int64_t read, ReadLines(path, lines));
  lines_ += read;
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> RowCollector::ReadLines(const std::string& path, LineReader& lines) {
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
      return ReadDocument(path, line, lines);
    }
    is_first = false;
    if (absl::Status status = ReadLine(path, line); !status.ok()) {
      return Annotate(status, absl::StrFormat("%s:%d", path, line.number));
    }
  }
}

absl::StatusOr<std::int64_t> RowCollector::ReadDocument(const std::string& path, const Line& first,
                                                        LineReader& lines) {
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
  absl::StatusOr<std::vector<std::string>> rows = reader_.SplitDocument(document);
  if (!rows.ok()) {
    return Annotate(rows.status(), path);
  }
  std::int64_t number = 0;
  for (std::string& row : *rows) {
    row.reserve(row.size() + RowPadding());
    ++number;
    if (absl::Status status = ReadLine(path, {.text = row, .number = number}); !status.ok()) {
      return Annotate(status, absl::StrFormat("%s:%d", path, number));
    }
  }
  return number;
}

absl::Status RowCollector::Finish() {
  WF_RETURN_IF_ERROR(spool_.Finish());
  if (rows_.empty()) {
    return NoRowError();
  }
  WF_RETURN_IF_ERROR(CheckDuplicates());
  SortStrata();
  std::vector<std::string> keys;
  for (const DatasetCount& stratum : strata_) {
    keys.push_back(stratum.dataset + '\0' + stratum.subject);
  }
  StratifiedOrder(keys, options_.seed, rows_);
  return absl::OkStatus();
}

absl::Status RowCollector::ReadLine(const std::string& path, const Line& line) {
  if (line.too_long) {
    Reject(path, line.number, absl::StrFormat("a line of more than %d MiB", kMaxLineBytes >> 20));
    return absl::OkStatus();
  }
  const std::int64_t number = lines_ + line.number;
  WF_ASSIGN_OR_RETURN(const std::string reason, reader_.Read(line.text, number, query_));
  if (!reason.empty()) {
    Reject(path, line.number, reason);
    return absl::OkStatus();
  }
  if (rows_.size() == kMostRows) {
    return absl::InvalidArgumentError(absl::StrFormat("more than %d rows", kMostRows));
  }
  rows_.push_back({.draw = DrawOf(query_.id, options_.seed),
                   .stratum = StratumOf(query_),
                   .row = static_cast<std::uint32_t>(rows_.size())});
  line_of_row_.push_back(number);
  return spool_.Append(query_);
}

void RowCollector::Reject(const std::string& path, std::int64_t line, std::string reason) {
  ++report_.rejected;
  if (report_.first_rejected.size() < kMostRejectedShown) {
    report_.first_rejected.push_back({.file = path, .line = line, .reason = std::move(reason)});
  }
}

std::uint32_t RowCollector::StratumOf(const Query& query) {
  const auto [entry, is_new] =
      stratum_of_.emplace(std::pair(query.dataset, query.subject), strata_.size());
  if (is_new) {
    strata_.push_back({.dataset = query.dataset, .subject = query.subject});
  }
  ++strata_[entry->second].queries;
  return static_cast<std::uint32_t>(entry->second);
}

absl::Status RowCollector::NoRowError() const {
  if (report_.rejected == 0) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has no rows", options_.files.front()));
  }
  const RejectedRow& row = report_.first_rejected.front();
  return absl::InvalidArgumentError(absl::StrFormat("none of the %d rows can be used; %s:%d: %s",
                                                    report_.rejected, row.file, row.line,
                                                    row.reason));
}

// "FILE:LINE" of a line counted over all files.
std::string RowCollector::Place(std::int64_t number) const {
  const auto next = std::lower_bound(lines_before_file_.begin(), lines_before_file_.end(), number);
  const auto file = static_cast<std::size_t>(next - lines_before_file_.begin()) - 1;
  return absl::StrFormat("%s:%d", options_.files[file], number - lines_before_file_[file]);
}

absl::StatusOr<std::string> RowCollector::IdOf(const OrderedRow& row) {
  WF_ASSIGN_OR_RETURN(const std::string_view bytes, spool_.Read(row.row));
  QueryView view;
  DecodeQuery(bytes, view);
  return std::string(view.id);
}

// Equal ids have equal draws; rows of equal draws are compared by their ids. Names the pair whose
// second row comes first.
absl::Status RowCollector::CheckDuplicates() {
  std::sort(rows_.begin(), rows_.end(), [](const OrderedRow& a, const OrderedRow& b) {
    return std::pair(a.draw, a.row) < std::pair(b.draw, b.row);
  });
  std::int64_t duplicates = 0;
  std::size_t named = 0;  // index of the second row of the pair
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    if (rows_[i].draw != rows_[i - 1].draw) {
      continue;
    }
    WF_ASSIGN_OR_RETURN(const std::string id, IdOf(rows_[i - 1]));
    WF_ASSIGN_OR_RETURN(const std::string next_id, IdOf(rows_[i]));
    if (id == next_id) {
      ++duplicates;
      named = named == 0 || rows_[i].row < rows_[named].row ? i : named;
    }
  }
  if (duplicates == 0) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(const std::string id, IdOf(rows_[named]));
  return absl::InvalidArgumentError(absl::StrFormat(
      "duplicate id \"%s\": %s and %s%s", id, Place(line_of_row_[rows_[named - 1].row]),
      Place(line_of_row_[rows_[named].row]),
      duplicates == 1 ? "" : absl::StrFormat(", and %d more", duplicates - 1)));
}

// By name, so that the numbering does not depend on the order of rows.
void RowCollector::SortStrata() {
  std::vector<std::uint32_t> new_index(strata_.size());
  std::vector<DatasetCount> sorted;
  for (const auto& [key, index] : stratum_of_) {
    new_index[index] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(strata_[index]);
  }
  for (OrderedRow& row : rows_) {
    row.stratum = new_index[row.stratum];
  }
  strata_ = std::move(sorted);
}

}  // namespace wattfleet::coordinator
