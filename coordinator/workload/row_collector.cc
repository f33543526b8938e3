#include "coordinator/workload/row_collector.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/csv_reader.h"
#include "coordinator/workload/query_codec.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kMostRejectedShown = 20;
constexpr std::size_t kMostRows = std::size_t{1} << 31;

}  // namespace

absl::Status RowCollector::ReadFile(const std::string& path) {
  lines_before_file_.push_back(lines_);
  reader_.SetFile(path);
  const bool is_csv = options_.preset == "csv" || IsCsvName(path);
  WF_ASSIGN_OR_RETURN(const std::int64_t read, ForEachRow(path, is_csv, [&](const RowText& row) {
                        return ReadRow(path, row);
                      }));
  lines_ += read;
  return absl::OkStatus();
}

void RowCollector::SetShots(std::vector<Shot> shots) {
  shots_ = std::move(shots);
  for (const Shot& shot : shots_) {
    shot_questions_.insert(shot.query.question);
  }
}

absl::Status RowCollector::ReadWorkload(const Workload& workload,
                                        const std::vector<std::int64_t>& places) {
  lines_before_file_.push_back(lines_);
  for (const std::int64_t q : places) {
    WF_ASSIGN_OR_RETURN(const Query query, workload.Get(q));
    WF_RETURN_IF_ERROR(Add(query, lines_ + q + 1));
  }
  lines_ += workload.facts().queries;
  return absl::OkStatus();
}

absl::Status RowCollector::Finish() {
  WF_RETURN_IF_ERROR(spool_.Finish());
  for (const auto& [filter, removed] : reader_.filters().counts()) {
    report_.filtered.emplace_back(filter.name, removed);
  }
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

absl::Status RowCollector::ReadRow(const std::string& path, const RowText& row) {
  RowOutcome outcome{RowOutcome::Kind::kMalformed, row.malformed};
  if (row.malformed.empty()) {
    WF_ASSIGN_OR_RETURN(outcome, reader_.Read(row.json, lines_ + row.number, query_));
  }
  switch (outcome.kind) {
    case RowOutcome::Kind::kMalformed:
      if (!options_.skip_malformed) {
        return absl::InvalidArgumentError(outcome.reason);
      }
      Reject(path, row.number, outcome.reason);
      return absl::OkStatus();
    case RowOutcome::Kind::kUnusable:
      Reject(path, row.number, outcome.reason);
      return absl::OkStatus();
    case RowOutcome::Kind::kFiltered:
      return absl::OkStatus();
    case RowOutcome::Kind::kQuery:
      break;
  }
  if (labels_ != nullptr) {
    const std::string* label = labels_->LabelOf(query_.id);
    query_.subject = label != nullptr ? *label : query_.subject;
    report_.unlabelled += label != nullptr ? 0 : 1;
  }
  return Add(query_, lines_ + row.number);
}

absl::Status RowCollector::Add(const Query& query, std::int64_t number) {
  if (rows_.size() == kMostRows) {
    return absl::InvalidArgumentError(absl::StrFormat("more than %d rows", kMostRows));
  }
  if (shot_questions_.contains(query.question)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "query %s is one of the shots, and would be asked with its own answer", query.id));
  }
  rows_.push_back({.draw = DrawOf(query.id, options_.seed),
                   .stratum = StratumOf(query),
                   .row = static_cast<std::uint32_t>(rows_.size())});
  line_of_row_.push_back(number);
  return spool_.Append(query);
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
  if (report_.rejected == 0 && !report_.filtered.empty()) {
    return absl::InvalidArgumentError("the filters leave no row");
  }
  if (report_.rejected == 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s has no rows", options_.mix.empty() ? options_.files.front() : "the mix"));
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
  const std::string& source =
      options_.mix.empty() ? options_.files[file] : options_.mix[file].workload;
  return absl::StrFormat("%s:%d", source, number - lines_before_file_[file]);
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
