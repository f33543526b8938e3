#include "coordinator/exchange/ipw_record.h"

#include <optional>

#include "absl/strings/match.h"
#include <nlohmann/json.hpp>

#include "common/domain/class_choice.h"
#include "coordinator/report/names.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::ordered_json;

// What every figure of a record is made of; absent = not known.
struct Quantities {
  double seconds = 0;
  std::optional<double> joules;
  std::optional<double> watts;
  std::optional<double> ttft_seconds;
  std::optional<double> input;
  std::optional<double> output;
  std::optional<double> total;
  std::optional<double> flops;
  std::optional<double> input_usd;
  std::optional<double> output_usd;
};

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> Product(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional(*a * *b) : std::nullopt;
}

std::optional<double> Ratio(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && *b > 0 ? std::optional(*a / *b) : std::nullopt;
}

Json Spread(const std::optional<double>& mean) {
  return {{"avg", OrNull(mean)}, {"max", nullptr}, {"median", nullptr}, {"min", nullptr}};
}

Quantities QuantitiesOf(const ExportedResult& result) {
  const ResultRow& row = result.detail.row;
  const PairSpec& pair = result.pair.spec;
  Quantities of;
  of.seconds = static_cast<double>(row.duration_ns) / 1e9;
  if (result.energy && result.energy_status != "modelled") {
    of.joules = static_cast<double>(*result.energy) / 1e6;
    of.watts = Ratio(of.joules, of.seconds);
  }
  const auto real = [](const std::optional<std::int64_t>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  };
  of.ttft_seconds = Product(real(row.ttft_ns), 1e-9);
  of.input = real(row.input_tokens);
  of.output = real(row.output_tokens);
  of.total = of.input && of.output ? std::optional(*of.input + *of.output) : std::nullopt;
  of.flops = Product(Product(of.total, pair.parameters_active), 2.0);
  if (pair.price) {
    of.input_usd = Product(of.input, pair.price->input_per_million / 1e6);
    of.output_usd = Product(of.output, pair.price->output_per_million / 1e6);
  }
  return of;
}

Json EnergyMetrics(const Quantities& of, const std::string& basis) {
  Json json = {{"per_query_joules", OrNull(of.joules)}, {"total_joules", OrNull(of.joules)}};
  for (const char* name :
       {"cpu_per_query_joules", "cpu_total_joules", "judge_gpu_joules", "judge_cpu_joules",
        "total_task_gpu_joules", "total_task_cpu_joules", "ane_per_query_joules",
        "ane_total_joules", "soc_per_query_joules", "soc_total_joules"}) {
    json[name] = nullptr;
  }
  json["energy_per_output_token_joules"] = OrNull(Ratio(of.joules, of.output));
  json["energy_per_total_token_joules"] = OrNull(Ratio(of.joules, of.total));
  json["basis"] = of.joules ? Json(basis) : Json(nullptr);
  return json;
}

Json PowerMetrics(const Quantities& of, const std::string& basis) {
  Json json = {{"gpu", {{"per_query_watts", Spread(of.watts)}, {"total_watts", Spread(of.watts)}}}};
  for (const char* part : {"cpu", "ane", "soc"}) {
    json[part] = {{"per_query_watts", Spread({})}, {"total_watts", Spread({})}};
  }
  json["basis"] = of.joules ? Json(basis) : Json(nullptr);
  return json;
}

Json LatencyMetrics(const Quantities& of) {
  return {{"per_token_ms", OrNull(Ratio(of.seconds * 1e3, of.output))},
          {"throughput_tokens_per_sec", OrNull(Ratio(of.output, of.seconds))},
          {"time_to_first_token_seconds", OrNull(of.ttft_seconds)},
          {"total_query_seconds", of.seconds},
          {"median_itl_ms", nullptr},
          {"p90_itl_ms", nullptr},
          {"p95_itl_ms", nullptr},
          {"p99_itl_ms", nullptr},
          {"itl_std_ms", nullptr}};
}

Json PhaseMetrics(const Quantities& of) {
  Json json = Json::object();
  for (const std::string phase : {"prefill", "decode"}) {
    for (const char* what : {"_energy_j", "_duration_ms", "_power_avg_w", "_energy_components_j"}) {
      json[phase + what] = nullptr;
    }
  }
  if (of.ttft_seconds) {
    json["prefill_duration_ms"] = *of.ttft_seconds * 1e3;
    json["decode_duration_ms"] = (of.seconds - *of.ttft_seconds) * 1e3;
  }
  json["prefill_energy_per_input_token_j"] = nullptr;
  json["decode_energy_per_output_token_j"] = nullptr;
  return json;
}

// Names of the harness for what we do not record.
void PutUnknown(Json& json) {
  json["memory_metrics"] = {{"cpu_mb", Spread({})}, {"gpu_mb", Spread({})}};
  json["temperature_metrics"] = Spread({});
  json["hardware_utilization"] = {
      {"gpu",
       {{"compute_utilization_pct", nullptr},
        {"memory_bandwidth_utilization_pct", nullptr},
        {"tensor_core_utilization_pct", nullptr},
        {"memory_used_gb", nullptr},
        {"memory_total_gb", nullptr}}},
      {"derived", {{"mfu", nullptr}, {"mbu", nullptr}, {"arithmetic_intensity", nullptr}}}};
  json["system_info"] = {{"os_name", nullptr},        {"os_version", nullptr},
                         {"kernel_version", nullptr}, {"host_name", nullptr},
                         {"cpu_count", nullptr},      {"cpu_brand", nullptr}};
}

template <typename T>
void Put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) {
    json[key] = *value;
  }
}

// What the harness has no name for, so that the rows read back as what they were.
Json Extension(const ExportedResult& result, const std::string& energy_class) {
  const ResultDetail& detail = result.detail;
  const ResultRow& row = detail.row;
  const PairSpec& pair = result.pair.spec;
  Json json = {{"version", 1},
               {"query_id", result.query.id},
               {"dataset", result.query.dataset},
               {"grader_of_query", result.query.grader},
               {"options", result.query.options.size()},
               {"repetition", result.repetition},
               {"engine", pair.build.engine},
               {"quantization", pair.build.quantization},
               {"accelerator", pair.accelerator},
               {"location", std::string(LocationName(pair.location))},
               {"concurrency", pair.condition.concurrency},
               {"status", std::string(StatusWord(row.status))},
               {"failure", static_cast<int>(row.failure)},
               {"finish", std::string(FinishWord(row.finish))},
               {"flags", row.flags},
               {"sent_unix_ms", row.sent_unix_ms},
               {"duration_ns", row.duration_ns},
               {"token_source", std::string(TokenSourceWord(detail.token_source))}};
  Put(json, "parameters_total", pair.parameters_total);
  Put(json, "parameters_active", pair.parameters_active);
  Put(json, "ttft_ns", row.ttft_ns);
  Put(json, "ttfo_ns", detail.ttfo_ns);
  Put(json, "queue_ns", detail.queue_ns);
  Put(json, "cached_tokens", row.cached_tokens);
  Put(json, "reasoning_tokens", row.reasoning_tokens);
  Put(json, "in_flight_mean", detail.in_flight_mean);
  if (row.verdict) {
    json["verdict"] = std::string(VerdictWord(*row.verdict));
  }
  if (detail.verdict) {
    json["grader"] = detail.verdict->grader;
    json["grader_version"] = detail.verdict->grader_version;
    json["reason"] = detail.verdict->reason;
  }
  if (result.energy) {
    json["energy"] = {{"class", energy_class},
                      {"status", std::string(result.energy_status)},
                      {"microjoules", *result.energy}};
  }
  return json;
}

Json Evaluation(const ResultDetail& detail, const Json& is_correct) {
  Json metadata = Json::object();
  if (detail.verdict) {
    metadata = {{"grader", detail.verdict->grader},
                {"grader_version", detail.verdict->grader_version},
                {"extracted", detail.verdict->extracted},
                {"reason", detail.verdict->reason},
                {"evaluation_attempts", 1}};
  }
  return {{"is_correct", is_correct},
          {"metadata", metadata.dump(-1, ' ', false, Json::error_handler_t::replace)},
          {"config", Json::object()}};
}

}  // namespace

std::string IpwBasis(const ExportedResult& result, const std::string& energy_class) {
  if (energy_class != "paper" && energy_class != "accelerator") {
    return energy_class;
  }
  return DeviceKindOf(result.pair.spec.accelerator) == DeviceKind::kDiscrete ? "gpu" : "soc";
}

std::string IpwRecord(const ExportedResult& result, const std::string& energy_class) {
  const Quantities of = QuantitiesOf(result);
  const PairSpec& pair = result.pair.spec;
  const std::string basis = IpwBasis(result, energy_class);
  const std::optional<VerdictValue>& verdict = result.detail.row.verdict;
  const Json is_correct = verdict ? Json(*verdict == VerdictValue::kCorrect) : Json(nullptr);
  const std::string response = result.body ? result.body->content : std::string();
  Json metrics = {
      {"compute_metrics",
       {{"flops_per_request", OrNull(of.flops)},
        {"macs_per_request", nullptr},
        {"total_flops", OrNull(of.flops)},
        {"flops_per_token", OrNull(Ratio(of.flops, of.total))}}},
      {"energy_metrics", EnergyMetrics(of, basis)},
      {"latency_metrics", LatencyMetrics(of)},
      {"power_metrics", PowerMetrics(of, basis)},
      {"token_metrics",
       {{"input", OrNull(of.input)}, {"output", OrNull(of.output)}, {"total", OrNull(of.total)}}},
      {"phase_metrics", PhaseMetrics(of)},
      {"efficiency",
       {{"throughput_per_watt", OrNull(Ratio(Ratio(of.output, of.seconds), of.watts))},
        {"flops_per_joule", OrNull(Ratio(of.flops, of.joules))},
        {"flops_per_watt", OrNull(Ratio(Ratio(of.flops, of.seconds), of.watts))}}},
      {"cost",
       {{"input_cost_usd", OrNull(of.input_usd)},
        {"output_cost_usd", OrNull(of.output_usd)},
        {"tool_cost_usd", nullptr},
        {"total_cost_usd",
         of.input_usd && of.output_usd ? Json(*of.input_usd + *of.output_usd) : Json(nullptr)}}},
      {"gpu_info",
       {{"name", pair.accelerator},
        {"vendor", nullptr},
        {"device_id", nullptr},
        {"device_type", nullptr},
        {"backend", nullptr}}}};
  PutUnknown(metrics);
  metrics["lm_correctness"] = is_correct;
  metrics["lm_response"] = response;
  metrics["evaluation"] = Evaluation(result.detail, is_correct);
  metrics["wattfleet"] = Extension(result, energy_class);
  const std::string answer =
      result.query.references.empty() ? std::string() : result.query.references.front();
  const Json record = {{"problem", result.query.question},
                       {"answer", answer},
                       {"subject", result.query.subject},
                       {"dataset_metadata", {{"config", {{"dataset_name", result.query.dataset}}}}},
                       {"model_answers", {{pair.model, response}}},
                       {"model_metrics", {{pair.model, std::move(metrics)}}}};
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wattfleet::coordinator
