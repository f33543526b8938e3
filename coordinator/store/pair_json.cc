#include "coordinator/store/pair_json.h"

#include <chrono>
#include <exception>
#include <optional>

#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace wattfleet::coordinator {

namespace {

using nlohmann::json;

template <typename T>
void Put(json& object, const char* key, const std::optional<T>& value) {
  if (value.has_value()) {
    object[key] = *value;
  }
}

template <typename T>
void Get(const json& object, const char* key, std::optional<T>& value) {
  if (const auto found = object.find(key); found != object.end()) {
    value = found->get<T>();
  }
}

json ToJson(const Build& build) {
  return {{"engine", build.engine},     {"ref", build.ref},
          {"revision", build.revision}, {"quantization", build.quantization},
          {"base_url", build.base_url}, {"api_key_file", build.api_key_file}};
}

Build BuildFrom(const json& object) {
  return {.engine = object.at("engine"),
          .ref = object.at("ref"),
          .revision = object.at("revision"),
          .quantization = object.at("quantization"),
          .base_url = object.at("base_url"),
          .api_key_file = object.at("api_key_file")};
}

json ToJson(const Generation& generation) {
  json object{{"max_output_tokens", generation.max_output_tokens},
              {"thinking", static_cast<int>(generation.thinking)},
              {"stop", generation.stop},
              {"cache_as_served", generation.cache_as_served}};
  Put(object, "temperature", generation.temperature);
  Put(object, "top_p", generation.top_p);
  Put(object, "top_k", generation.top_k);
  Put(object, "seed", generation.seed);
  Put(object, "context_tokens", generation.context_tokens);
  return object;
}

Generation GenerationFrom(const json& object) {
  Generation generation;
  generation.max_output_tokens = object.at("max_output_tokens");
  generation.thinking = static_cast<Thinking>(object.at("thinking").get<int>());
  generation.stop = object.at("stop").get<std::vector<std::string>>();
  generation.cache_as_served = object.value("cache_as_served", false);  // older rows have none
  Get(object, "temperature", generation.temperature);
  Get(object, "top_p", generation.top_p);
  Get(object, "top_k", generation.top_k);
  Get(object, "seed", generation.seed);
  Get(object, "context_tokens", generation.context_tokens);
  return generation;
}

json ToJson(const Timeouts& timeouts) {
  return {{"connect_ms", timeouts.connect.count()},
          {"first_token_ms", timeouts.first_token.count()},
          {"idle_ms", timeouts.idle.count()},
          {"query_ms", timeouts.query.count()}};
}

Timeouts TimeoutsFrom(const json& object) {
  const auto ms = [&](const char* key) {
    return std::chrono::milliseconds(object.at(key).get<std::int64_t>());
  };
  return {.connect = ms("connect_ms"),
          .first_token = ms("first_token_ms"),
          .idle = ms("idle_ms"),
          .query = ms("query_ms")};
}

json ToJson(const Price& price) {
  json object{{"input_per_million", price.input_per_million},
              {"output_per_million", price.output_per_million},
              {"as_of", price.as_of}};
  Put(object, "cached_input_per_million", price.cached_input_per_million);
  return object;
}

Price PriceFrom(const json& object) {
  Price price{.input_per_million = object.at("input_per_million"),
              .output_per_million = object.at("output_per_million"),
              .as_of = object.at("as_of")};
  Get(object, "cached_input_per_million", price.cached_input_per_million);
  return price;
}

json ToJson(const JudgeTask& judge) {
  return {{"subject", judge.subject.value},
          {"subject_name", judge.subject_name},
          {"grader", judge.grader},
          {"grader_version", judge.grader_version},
          {"protocol", static_cast<int>(judge.protocol)},
          {"rule", static_cast<int>(judge.rule)},
          {"answers", judge.answers}};
}

JudgeTask JudgeFrom(const json& object) {
  JudgeTask judge;
  judge.subject = PairId{object.at("subject").get<std::int64_t>()};
  judge.subject_name = object.at("subject_name");
  judge.grader = object.at("grader");
  judge.grader_version = object.at("grader_version");
  judge.protocol = static_cast<JudgeProtocol>(object.at("protocol").get<int>());
  judge.rule = static_cast<JudgeRule>(object.at("rule").get<int>());
  judge.answers = object.at("answers");
  return judge;
}

PairSpec PairFrom(const json& object) {
  PairSpec pair;
  pair.model = object.at("model");
  pair.released = object.at("released");
  pair.build = BuildFrom(object.at("build"));
  pair.accelerator = object.at("accelerator");
  pair.location = static_cast<Location>(object.at("location").get<int>());
  pair.condition.concurrency = object.at("concurrency");
  pair.generation = GenerationFrom(object.at("generation"));
  pair.timeouts = TimeoutsFrom(object.at("timeouts"));
  pair.retry = {.errors = object.at("retry_errors"), .crashes = object.at("retry_crashes")};
  pair.repetitions = object.at("repetitions");
  Get(object, "parameters_total", pair.parameters_total);
  Get(object, "parameters_active", pair.parameters_active);
  if (const auto price = object.find("price"); price != object.end()) {
    pair.price = PriceFrom(*price);
  }
  return pair;
}

}  // namespace

std::string PairSpecToJson(const PairSpec& pair, const std::optional<JudgeTask>& judge) {
  json object{{"model", pair.model},
              {"released", pair.released},
              {"build", ToJson(pair.build)},
              {"accelerator", pair.accelerator},
              {"location", static_cast<int>(pair.location)},
              {"concurrency", pair.condition.concurrency},
              {"generation", ToJson(pair.generation)},
              {"timeouts", ToJson(pair.timeouts)},
              {"retry_errors", pair.retry.errors},
              {"retry_crashes", pair.retry.crashes},
              {"repetitions", pair.repetitions}};
  Put(object, "parameters_total", pair.parameters_total);
  Put(object, "parameters_active", pair.parameters_active);
  if (pair.price.has_value()) {
    object["price"] = ToJson(*pair.price);
  }
  if (judge.has_value()) {
    object["judge"] = ToJson(*judge);
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<PairSpec> PairSpecFromJson(std::string_view text) {
  try {
    return PairFrom(json::parse(text));
  } catch (const std::exception& error) {
    return absl::DataLossError(absl::StrFormat("stored pair cannot be read: %s", error.what()));
  }
}

absl::StatusOr<std::optional<JudgeTask>> JudgeTaskFromJson(std::string_view text) {
  try {
    const json object = json::parse(text);
    const auto found = object.find("judge");
    return found == object.end() ? std::optional<JudgeTask>() : std::optional(JudgeFrom(*found));
  } catch (const std::exception& error) {
    return absl::DataLossError(absl::StrFormat("stored judge cannot be read: %s", error.what()));
  }
}

}  // namespace wattfleet::coordinator
