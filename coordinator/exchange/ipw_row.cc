#include "coordinator/exchange/ipw_row.h"

#include <cmath>
#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "common/wire/body.h"
#include "coordinator/exchange/exported_result.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::json;

constexpr double kMostSeconds = 1e8;
constexpr double kMostJoules = 6e7;
constexpr double kMostTokens = 1e12;

// A member of nested objects; null where one of them is not there.
const Json& At(const Json& json, std::initializer_list<const char*> path) {
  static const Json none;
  const Json* at = &json;
  for (const char* key : path) {
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (!at->is_object() || found == at->end()) {
      return none;
    }
    at = &*found;
  }
  return *at;
}

std::string TextAt(const Json& json, std::initializer_list<const char*> path) {
  const Json& text = At(json, path);
  return text.is_string() ? text.get<std::string>() : std::string();
}

std::optional<double> NumberAt(const Json& json, std::initializer_list<const char*> path) {
  const Json& number = At(json, path);
  const bool is_known = number.is_number() && std::isfinite(number.get<double>());
  return is_known ? std::optional(number.get<double>()) : std::nullopt;
}

std::optional<std::int64_t> IntegerAt(const Json& json, std::initializer_list<const char*> path) {
  const Json& number = At(json, path);
  return number.is_number_integer() ? std::optional(number.get<std::int64_t>()) : std::nullopt;
}

// A quantity in small units; absent below `least`, where the harness writes 0 or -1 for unknown.
std::optional<std::int64_t> Scaled(const std::optional<double>& value, double scale, double least,
                                   double most) {
  if (!value || *value < least || *value > most) {
    return std::nullopt;
  }
  return std::llround(*value * scale);
}

// "NVIDIA H200 x1" -> "nvidia-h200-x1".
std::string AcceleratorOf(const std::string& label) {
  std::string id;
  for (const char c : label) {
    const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    const bool is_plain = absl::ascii_isalnum(static_cast<unsigned char>(lower));
    if (is_plain) {
      id.push_back(lower);
    } else if (!id.empty() && id.back() != '-') {
      id.push_back('-');
    }
  }
  while (!id.empty() && id.back() == '-') {
    id.pop_back();
  }
  return id.empty() ? "unknown" : id;
}

void SetEnergy(const Json& metrics, const Json& ours, Result& result) {
  std::optional<std::int64_t> microjoules = IntegerAt(ours, {"energy", "microjoules"});
  if (TextAt(ours, {"energy", "status"}) == "modelled") {
    return;
  }
  if (!microjoules && !ours.is_object()) {
    microjoules =
        Scaled(NumberAt(metrics, {"energy_metrics", "per_query_joules"}), 1e6, 1e-6, kMostJoules);
  }
  if (microjoules && *microjoules >= 0 &&
      *microjoules <= static_cast<std::int64_t>(kMostJoules * 1e6)) {
    result.energy = {{.channel = 0, .status = EnergyStatus::kImported, .gross = microjoules}};
  }
}

// What both kinds of rows say in the harness's names.
void SetMeasures(const Json& metrics, Result& result) {
  const auto seconds = NumberAt(metrics, {"latency_metrics", "total_query_seconds"});
  const auto duration = Scaled(seconds, 1e9, 1e-9, kMostSeconds);
  result.duration_ns = duration.value_or(0);
  result.flags = duration ? 0 : kFlagUntimed;
  result.ttft_ns = Scaled(NumberAt(metrics, {"latency_metrics", "time_to_first_token_seconds"}),
                          1e9, 1e-9, kMostSeconds);
  result.input_tokens = Scaled(NumberAt(metrics, {"token_metrics", "input"}), 1, 0, kMostTokens);
  result.output_tokens = Scaled(NumberAt(metrics, {"token_metrics", "output"}), 1, 0, kMostTokens);
  result.token_source = result.output_tokens ? TokenSource::kRecorded : TokenSource::kNone;
}

absl::Status SetOurs(const Json& ours, IpwAnswer& answer) {
  Result& result = answer.result;
  const auto status = StatusOfWord(TextAt(ours, {"status"}));
  const auto finish = FinishOfWord(TextAt(ours, {"finish"}));
  const auto source = TokenSourceOfWord(TextAt(ours, {"token_source"}));
  const auto duration = IntegerAt(ours, {"duration_ns"});
  const std::int64_t failure = IntegerAt(ours, {"failure"}).value_or(-1);
  answer.query_id = TextAt(ours, {"query_id"});
  answer.repetition = IntegerAt(ours, {"repetition"}).value_or(-1);
  if (!status || !finish || !source || !duration || *duration < 0 || failure < 0 ||
      failure > static_cast<std::int64_t>(Failure::kEngineDown) || answer.query_id.empty() ||
      answer.repetition < 0 || answer.repetition > 1'000'000) {
    return absl::InvalidArgumentError("its \"wattfleet\" is not what an export writes");
  }
  result.status = *status;
  result.failure = static_cast<Failure>(failure);
  result.finish = *finish;
  result.token_source = *source;
  result.duration_ns = *duration;
  result.flags = static_cast<Flags>(IntegerAt(ours, {"flags"}).value_or(0));
  result.sent_unix_ms = IntegerAt(ours, {"sent_unix_ms"}).value_or(0);
  result.ttft_ns = IntegerAt(ours, {"ttft_ns"});
  result.ttfo_ns = IntegerAt(ours, {"ttfo_ns"});
  result.queue_ns = IntegerAt(ours, {"queue_ns"});
  result.cached_tokens = IntegerAt(ours, {"cached_tokens"});
  result.reasoning_tokens = IntegerAt(ours, {"reasoning_tokens"});
  result.in_flight_mean = NumberAt(ours, {"in_flight_mean"});
  if (const auto value = VerdictOfWord(TextAt(ours, {"verdict"}))) {
    const std::string grader = TextAt(ours, {"grader"});
    answer.verdict = Verdict{.value = *value,
                             .grader = grader.empty() ? "imported" : grader,
                             .grader_version = static_cast<std::int32_t>(
                                 IntegerAt(ours, {"grader_version"}).value_or(1)),
                             .reason = TextAt(ours, {"reason"})};
  }
  return absl::OkStatus();
}

void SetPair(const std::string& model, const Json& metrics, const Json& ours, const IpwRun& run,
             PairSpec& pair) {
  pair.model = model;
  pair.build.engine = ours.is_object() ? TextAt(ours, {"engine"}) : "ipw";
  pair.build.quantization = TextAt(ours, {"quantization"});
  pair.build.ref = model;
  const std::string ours_accelerator = TextAt(ours, {"accelerator"});
  const std::string label =
      run.hardware.empty() ? TextAt(metrics, {"gpu_info", "name"}) : run.hardware;
  pair.accelerator = ours_accelerator.empty() ? AcceleratorOf(label) : ours_accelerator;
  pair.location = TextAt(ours, {"location"}) == "cloud" ? Location::kCloud : Location::kLocal;
  const std::int64_t concurrency = IntegerAt(ours, {"concurrency"}).value_or(0);
  pair.condition.concurrency =
      concurrency >= 0 && concurrency < 1'000'000 ? static_cast<std::int32_t>(concurrency) : 0;
  pair.parameters_total = NumberAt(ours, {"parameters_total"});
  pair.parameters_active = NumberAt(ours, {"parameters_active"});
}

absl::StatusOr<IpwAnswer> AnswerOf(const std::string& model, const Json& metrics,
                                   const std::string& response, const IpwRun& run) {
  if (!metrics.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("model_metrics of \"%s\" is no object", model));
  }
  IpwAnswer answer;
  const Json& ours = At(metrics, {"wattfleet"});
  SetPair(model, metrics, ours, run, answer.pair);
  SetMeasures(metrics, answer.result);
  answer.result.finish = Finish::kStop;
  if (ours.is_object()) {
    const absl::Status status = SetOurs(ours, answer);
    if (!status.ok()) {
      return status;
    }
  } else {
    const Json& evaluated = At(metrics, {"evaluation", "is_correct"});
    const Json& correct = evaluated.is_boolean() ? evaluated : At(metrics, {"lm_correctness"});
    if (correct.is_boolean()) {
      answer.verdict =
          Verdict{.value = correct.get<bool>() ? VerdictValue::kCorrect : VerdictValue::kWrong,
                  .grader = "ipw"};
    }
  }
  SetEnergy(metrics, ours, answer.result);
  answer.result.body_digest = ContentDigest(response);
  answer.result.body_zstd = PackBody({.content = response});
  return answer;
}

std::string DatasetOf(const Json& record, const IpwRun& run) {
  const Json& metadata = At(record, {"dataset_metadata"});
  const Json parsed =
      metadata.is_string() ? Json::parse(metadata.get<std::string>(), nullptr, false) : metadata;
  for (const auto& path : std::initializer_list<std::initializer_list<const char*>>{
           {"config", "dataset_name"}, {"dataset_name"}}) {
    if (std::string name = TextAt(parsed, path); !name.empty()) {
      return name;
    }
  }
  return run.dataset.empty() ? "ipw" : run.dataset;
}

}  // namespace

IpwRun ReadIpwRun(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  return {.hardware = TextAt(json, {"hardware_label"}),
          .dataset = TextAt(json, {"dataset_name"}),
          .workload_id = TextAt(json, {"wattfleet", "workload_id"}),
          .queries = IntegerAt(json, {"wattfleet", "queries"}).value_or(0)};
}

absl::StatusOr<IpwRow> ReadIpwRow(std::string_view text, const IpwRun& run) {
  const Json record = Json::parse(text, nullptr, false);
  if (record.is_discarded() || !record.is_object()) {
    return absl::InvalidArgumentError(record.is_discarded() ? "not valid JSON"
                                                            : "not a JSON object");
  }
  const Json& metrics = At(record, {"model_metrics"});
  if (!At(record, {"problem"}).is_string() || !metrics.is_object() || metrics.empty()) {
    return absl::InvalidArgumentError(
        "no ProfilingRecord: it needs a text \"problem\" and an object \"model_metrics\" with at "
        "least one model");
  }
  IpwRow row{.problem = TextAt(record, {"problem"}),
             .answer = TextAt(record, {"answer"}),
             .subject = TextAt(record, {"subject"}),
             .dataset = DatasetOf(record, run)};
  for (const auto& [model, of_model] : metrics.items()) {
    std::string response = TextAt(record, {"model_answers", model.c_str()});
    if (response.empty()) {
      response = TextAt(of_model, {"lm_response"});
    }
    absl::StatusOr<IpwAnswer> answer = AnswerOf(model, of_model, response, run);
    if (!answer.ok()) {
      return answer.status();
    }
    row.answers.push_back(*std::move(answer));
  }
  return row;
}

}  // namespace wattfleet::coordinator
