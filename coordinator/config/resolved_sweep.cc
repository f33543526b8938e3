#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "common/config/emit.h"
#include "common/config/units.h"
#include "coordinator/config/sweep_names.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

using config::List;
using config::Map;
using config::Null;
using config::Plain;
using config::Put;
using config::Text;
using config::Value;

Value Number(std::int64_t number) {
  return Plain(absl::StrCat(number));
}
Value Number(double number) {
  return Plain(config::FormatNumber(number));
}
template <typename T>
Value Optional(const std::optional<T>& number) {
  return number ? Number(*number) : Null();
}
Value TextOrNull(const std::string& text) {
  return text.empty() ? Null() : Text(text);
}
Value Duration(std::chrono::milliseconds duration) {
  return Plain(config::FormatDuration(duration));
}
Value Texts(const std::vector<std::string>& texts) {
  std::vector<Value> items;
  items.reserve(texts.size());
  for (const std::string& text : texts) {
    items.push_back(Text(text));
  }
  return List(std::move(items));
}

Value Workload(const WorkloadRef& workload) {
  if (workload.path.empty()) {
    return Text(workload.name);
  }
  Value value = Map();
  Put(value, "path", Text(workload.path));
  Put(value, "name", Text(workload.name));
  Put(value, "preset", TextOrNull(workload.preset));
  Value fields = Map();
  for (const auto& [field, column] : workload.map) {
    Put(fields, field, Text(column));
  }
  Put(value, "map", std::move(fields));
  return value;
}

Value Parameters(const ModelEntry& model) {
  Value value = Map();
  Put(value, "total", Optional(model.parameters_total));
  Put(value, "active", Optional(model.parameters_active));
  return value;
}

Value Serve(const ServeEntry& entry) {
  Value value = Map();
  Put(value, "engine", Plain(entry.build.engine));
  Put(value, "ref", TextOrNull(entry.build.ref));
  Put(value, "revision", TextOrNull(entry.build.revision));
  Put(value, "quantization", TextOrNull(entry.build.quantization));
  Put(value, "base_url", TextOrNull(entry.build.base_url));
  Put(value, "api_key_file", TextOrNull(entry.build.api_key_file));
  Put(value, "location",
      entry.location ? Plain(NameOf(LocationChoices(), *entry.location)) : Null());
  return value;
}

Value PriceValue(const std::optional<Price>& price) {
  if (!price) {
    return Null();
  }
  Value value = Map();
  Put(value, "input_per_million", Number(price->input_per_million));
  Put(value, "output_per_million", Number(price->output_per_million));
  Put(value, "cached_input_per_million", Optional(price->cached_input_per_million));
  Put(value, "as_of", TextOrNull(price->as_of));
  return value;
}

Value GenerationValue(const Generation& generation) {
  Value value = Map();
  Put(value, "temperature", Optional(generation.temperature));
  Put(value, "top_p", Optional(generation.top_p));
  Put(value, "top_k", Optional(generation.top_k));
  Put(value, "seed", Optional(generation.seed));
  Put(value, "max_output_tokens", Number(generation.max_output_tokens));
  Put(value, "context_tokens", Optional(generation.context_tokens));
  Put(value, "thinking", Plain(NameOf(ThinkingChoices(), generation.thinking)));
  Put(value, "stop", Texts(generation.stop));
  return value;
}

Value Model(const ModelEntry& model) {
  Value value = Map();
  Put(value, "name", Text(model.name));
  Put(value, "parameters", Parameters(model));
  Put(value, "released", TextOrNull(model.released));
  std::vector<Value> serve;
  for (const ServeEntry& entry : model.serve) {
    serve.push_back(Serve(entry));
  }
  Put(value, "serve", List(std::move(serve)));
  Put(value, "builds", Plain(model.all_builds ? "all" : "first"));
  Put(value, "price", PriceValue(model.price));
  Put(value, "generation", GenerationValue(model.generation));
  return value;
}

Value Conditions(const std::vector<Condition>& conditions) {
  std::vector<Value> items;
  for (const Condition condition : conditions) {
    if (condition.is_isolated()) {
      items.push_back(Plain("isolated"));
    } else {
      Value served = Map();
      Put(served, "served", Number(std::int64_t{condition.concurrency}));
      items.push_back(std::move(served));
    }
  }
  return List(std::move(items));
}

Value Exclusions(const std::vector<Exclusion>& exclusions) {
  std::vector<Value> items;
  for (const Exclusion& exclusion : exclusions) {
    Value value = Map();
    Put(value, "model", Text(exclusion.model_pattern));
    Put(value, "accelerator", Text(exclusion.accelerator_pattern));
    items.push_back(std::move(value));
  }
  return List(std::move(items));
}

Value Judge(const JudgeEntry& judge) {
  Value value = Serve(judge.serve);
  Put(value, "name", Text(judge.name));
  Put(value, "price", PriceValue(judge.price));
  Put(value, "generation", GenerationValue(judge.generation));
  Put(value, "concurrency", Number(std::int64_t{judge.condition.concurrency}));
  Put(value, "requests_per_minute", Optional(judge.requests_per_minute));
  return value;
}

Value Judges(const JudgeEntry& judge, const std::optional<JudgeEntry>& fallback) {
  Value value = Judge(judge);
  Put(value, "rule", Plain(judge.rule == JudgeRule::kAgree ? "agree" : "or"));
  if (fallback) {
    Put(value, "fallback", Judge(*fallback));
  }
  return value;
}

void PutSettings(const SweepFile& file, Value& root) {
  Value prompt = Map();
  Put(prompt, "template", Text(file.prompt_template));
  Put(prompt, "shots", Number(file.prompt_shots));
  Put(prompt, "system", TextOrNull(file.system_prompt));
  Put(root, "prompt", std::move(prompt));
  Put(root, "cache", Plain(file.cache));
  Value timeouts = Map();
  Put(timeouts, "connect", Duration(file.timeouts.connect));
  Put(timeouts, "first_token", Duration(file.timeouts.first_token));
  Put(timeouts, "idle", Duration(file.timeouts.idle));
  Put(timeouts, "query", Duration(file.timeouts.query));
  Put(root, "timeouts", std::move(timeouts));
  Value retry = Map();
  Put(retry, "errors", Number(std::int64_t{file.retry.errors}));
  Put(retry, "crashes", Number(std::int64_t{file.retry.crashes}));
  Put(root, "retry", std::move(retry));
  Value energy = Map();
  Put(energy, "require", TextOrNull(file.require_energy_class));
  Put(root, "energy", std::move(energy));
  Value grading = Map();
  Put(grading, "default", Plain(file.default_grader));
  if (file.judge) {
    Put(grading, "judge", Judges(*file.judge, file.fallback_judge));
  }
  Put(root, "grading", std::move(grading));
  if (file.judge_budget_usd) {
    Value budget = Map();
    Put(budget, "judge_usd", Number(*file.judge_budget_usd));
    Put(root, "budget", std::move(budget));
  }
}

}  // namespace

std::string ResolvedSweep(const SweepFile& file) {
  Value root = Map();
  Put(root, "sweep", Text(file.sweep));
  Put(root, "workload", Workload(file.workload));
  Put(root, "limit", Optional(file.limit));
  Put(root, "seed", Plain(absl::StrCat(file.seed)));
  Put(root, "repetitions", Number(file.repetitions));
  Put(root, "passes", Number(file.passes));
  std::vector<Value> models;
  for (const ModelEntry& model : file.models) {
    models.push_back(Model(model));
  }
  Put(root, "models", List(std::move(models)));
  Put(root, "accelerators", Texts(file.accelerators));
  Put(root, "conditions", Conditions(file.conditions));
  Put(root, "exclude", Exclusions(file.exclude));
  PutSettings(file, root);
  return config::EmitYaml(root);
}

}  // namespace wattfleet::coordinator
