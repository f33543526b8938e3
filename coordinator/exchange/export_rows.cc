#include "coordinator/exchange/export_rows.h"

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include <nlohmann/json.hpp>

#include "common/domain/flags.h"
#include "common/domain/scope.h"
#include "common/status/status_macros.h"
#include "coordinator/exchange/exported_result.h"
#include "coordinator/report/names.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlock = std::size_t{1} << 20;

template <typename T>
void Put(Json& row, const char* key, const std::optional<T>& value) {
  if (value) {
    row[key] = *value;
  }
}

void PutText(Json& row, const char* key, std::string_view text) {
  if (!text.empty()) {
    row[key] = std::string(text);
  }
}

void PutSeconds(Json& row, const char* key, const std::optional<std::int64_t>& nanoseconds) {
  if (nanoseconds) {
    row[key] = static_cast<double>(*nanoseconds) / 1e9;
  }
}

std::string FlagNames(Flags flags) {
  std::vector<std::string> names;
  for (const FlagRow& row : AllFlags()) {
    if ((flags & row.bit) != 0) {
      names.emplace_back(row.name);
    }
  }
  return absl::StrJoin(names, " ");
}

void PutWho(const ExportedResult& result, Json& row) {
  const PairSpec& pair = result.pair.spec;
  row["pair"] = PairName(pair);
  row["model"] = pair.model;
  row["build"] = BuildName(pair.build);
  row["accelerator"] = pair.accelerator;
  row["location"] = std::string(LocationName(pair.location));
  row["condition"] = ConditionName(pair.condition);
  row["unit"] = result.detail.row.unit;
  row["repetition"] = result.repetition;
  row["q"] = result.query.q;
  row["query_id"] = result.query.id;
  row["dataset"] = result.query.dataset;
  row["subject"] = result.query.subject;
  if (result.environment != nullptr) {
    PutText(row, "agent", result.environment->agent_name);
    PutText(row, "instance", result.environment->instance);
  }
  row["environment"] = result.detail.row.environment_id;
}

void PutOutcome(const ResultDetail& detail, Json& row) {
  row["status"] = std::string(StatusWord(detail.row.status));
  if (detail.row.failure != Failure::kNone) {
    row["failure"] = std::string(FailureName(detail.row.failure));
  }
  row["finish"] = std::string(FinishWord(detail.row.finish));
  if (detail.row.verdict) {
    row["verdict"] = std::string(VerdictWord(*detail.row.verdict));
  }
  if (detail.verdict) {
    row["grader"] = detail.verdict->grader;
    row["grader_version"] = detail.verdict->grader_version;
    PutText(row, "no_answer_reason", detail.verdict->reason);
  }
}

void PutMeasures(const ResultDetail& detail, Json& row) {
  row["sent_unix_ms"] = detail.row.sent_unix_ms;
  row["duration_seconds"] = static_cast<double>(detail.row.duration_ns) / 1e9;
  PutSeconds(row, "ttft_seconds", detail.row.ttft_ns);
  PutSeconds(row, "ttfo_seconds", detail.ttfo_ns);
  PutSeconds(row, "queue_seconds", detail.queue_ns);
  Put(row, "input_tokens", detail.row.input_tokens);
  Put(row, "cached_input_tokens", detail.row.cached_tokens);
  Put(row, "output_tokens", detail.row.output_tokens);
  Put(row, "reasoning_tokens", detail.row.reasoning_tokens);
  row["token_source"] = std::string(TokenSourceWord(detail.token_source));
  Put(row, "in_flight_mean", detail.in_flight_mean);
  PutText(row, "flags", FlagNames(detail.row.flags));
  row["body_digest"] = absl::StrFormat("%016x", detail.body_digest);
}

constexpr const char* kColumns[] = {"pair",
                                    "model",
                                    "build",
                                    "accelerator",
                                    "location",
                                    "condition",
                                    "unit",
                                    "repetition",
                                    "q",
                                    "query_id",
                                    "dataset",
                                    "subject",
                                    "agent",
                                    "instance",
                                    "environment",
                                    "status",
                                    "failure",
                                    "finish",
                                    "verdict",
                                    "grader",
                                    "grader_version",
                                    "no_answer_reason",
                                    "sent_unix_ms",
                                    "duration_seconds",
                                    "ttft_seconds",
                                    "ttfo_seconds",
                                    "queue_seconds",
                                    "input_tokens",
                                    "cached_input_tokens",
                                    "output_tokens",
                                    "reasoning_tokens",
                                    "token_source",
                                    "in_flight_mean",
                                    "flags",
                                    "body_digest",
                                    "energy_class",
                                    "energy_status",
                                    "energy_joules"};
constexpr const char* kTextColumns[] = {"question", "references", "response", "reasoning",
                                        "extracted"};

class RowWriter {
 public:
  RowWriter(const RowExport& options, ResultWalk& walk, TemporaryFile file)
      : options_(options), walk_(walk), file_(std::move(file)) {
    columns_.assign(std::begin(kColumns), std::end(kColumns));
    std::set<Scope> scopes;
    for (const auto& [id, channel] : walk.channels()) {
      scopes.insert(channel.facts.scope);
    }
    for (const Scope scope : scopes) {
      columns_.push_back(ScopeColumn(scope));
    }
    if (options.with_text) {
      columns_.insert(columns_.end(), std::begin(kTextColumns), std::end(kTextColumns));
    }
  }

  absl::Status Write() {
    if (options_.format == RowFormat::kCsv) {
      buffer_ = absl::StrCat(absl::StrJoin(columns_, ","), "\n");
    }
    for (const PairSnapshot& pair : walk_.pairs()) {
      WF_RETURN_IF_ERROR(walk_.ForEachResult(
          pair, [this](const ExportedResult& result) { return Append(result); }));
    }
    WF_RETURN_IF_ERROR(file_.Append(buffer_));
    return file_.Publish(options_.path);
  }

 private:
  static std::string ScopeColumn(Scope scope) {
    return absl::StrCat(absl::StrReplaceAll(std::string(RowOf(scope).name), {{"-", "_"}}),
                        "_joules");
  }

  Json RowOfResult(const ExportedResult& result) const {
    Json row = Json::object();
    PutWho(result, row);
    PutOutcome(result.detail, row);
    PutMeasures(result.detail, row);
    if (result.energy) {
      row["energy_class"] = options_.energy_class;
      row["energy_status"] = std::string(result.energy_status);
      row["energy_joules"] = static_cast<double>(*result.energy) / 1e6;
    }
    std::map<std::string, Microjoules> of_scope;
    for (const auto& [id, energy] : result.detail.energies) {
      const auto channel = walk_.channels().find(id);
      if (energy.gross && channel != walk_.channels().end()) {
        of_scope[ScopeColumn(channel->second.facts.scope)] += *energy.gross;
      }
    }
    for (const auto& [column, sum] : of_scope) {
      row[column] = static_cast<double>(sum) / 1e6;
    }
    if (options_.with_text) {
      PutTexts(result, row);
    }
    return row;
  }

  static void PutTexts(const ExportedResult& result, Json& row) {
    PutText(row, "question", result.query.question);
    row["references"] = Json(result.query.references).dump();
    if (result.body) {
      row["response"] = result.body->content;
      PutText(row, "reasoning", result.body->reasoning);
    }
    if (result.detail.verdict) {
      PutText(row, "extracted", result.detail.verdict->extracted);
    }
  }

  absl::Status Append(const ExportedResult& result) {
    const Json row = RowOfResult(result);
    if (options_.format == RowFormat::kNdjson) {
      absl::StrAppend(&buffer_, row.dump(-1, ' ', false, Json::error_handler_t::replace), "\n");
    } else {
      AppendCsv(row);
    }
    if (buffer_.size() < kBlock) {
      return absl::OkStatus();
    }
    WF_RETURN_IF_ERROR(file_.Append(buffer_));
    buffer_.clear();
    return absl::OkStatus();
  }

  void AppendCsv(const Json& row) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto value = row.find(columns_[i]);
      if (i > 0) {
        buffer_.push_back(',');
      }
      if (value == row.end()) {
        continue;
      }
      if (!value->is_string()) {
        absl::StrAppend(&buffer_, value->dump());
        continue;
      }
      const auto& text = value->get_ref<const std::string&>();
      if (text.find_first_of(",\"\r\n") == std::string::npos && !text.empty()) {
        absl::StrAppend(&buffer_, text);
      } else {
        absl::StrAppend(&buffer_, "\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
      }
    }
    buffer_.push_back('\n');
  }

  const RowExport& options_;
  ResultWalk& walk_;
  TemporaryFile file_;
  std::vector<std::string> columns_;
  std::string buffer_;
};

}  // namespace

absl::Status ExportRows(SweepView& view, const Workload& workload, const RowExport& options) {
  WF_ASSIGN_OR_RETURN(const auto walk,
                      ResultWalk::Start(view, workload, options.energy_class, options.with_text));
  const std::string folder = std::filesystem::path(options.path).parent_path().string();
  WF_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(folder.empty() ? "." : folder));
  return RowWriter(options, *walk, std::move(file)).Write();
}

}  // namespace wattfleet::coordinator
