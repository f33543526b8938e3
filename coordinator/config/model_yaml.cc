#include "coordinator/config/model_yaml.h"

#include <set>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

#include "coordinator/config/field_checks.h"
#include "coordinator/config/sweep_names.h"

namespace wattfleet::coordinator {

namespace {

using config::Problems;
using config::Section;
using config::Value;

void ReadAddress(Section& s, const std::string& directory, Build& build) {
  s.Read("base_url", build.base_url);
  s.Read("api_key_file", build.api_key_file);
  if (!build.api_key_file.empty()) {
    build.api_key_file = AbsolutePath(directory, build.api_key_file);
  }
  const Value* value = s.Find("base_url");
  if (value == nullptr || build.base_url.empty()) {
    return;
  }
  const std::string& url = build.base_url;
  if (build.engine != "openai") {
    s.AddProblem(*value,
                 "base_url: only with engine openai; of other engines the agent's file says where "
                 "they are");
  } else if (!absl::StartsWith(url, "http://") && !absl::StartsWith(url, "https://")) {
    s.AddProblem(*value, "base_url: expected http:// or https://");
  } else if (url.find_first_of("@?#") != std::string::npos) {
    s.AddProblem(*value,
                 "base_url: may hold no user, password or query; a key goes into api_key_file");
  }
}

void ReadServeKeys(Section& s, const std::string& directory, ServeEntry& entry) {
  Build& build = entry.build;
  s.Require("engine").ReadChoice("engine", EngineKinds(), build.engine);
  if (build.engine != "synthetic") {
    s.Require("ref");
  }
  s.Read("ref", build.ref);
  const bool is_path = build.engine == "replay" || absl::StartsWith(build.ref, "./") ||
                       absl::StartsWith(build.ref, "../");
  if (is_path && !build.ref.empty()) {
    build.ref = AbsolutePath(directory, build.ref);
  }
  s.Read("revision", build.revision);
  s.Read("quantization", build.quantization);
  if (!build.quantization.empty()) {
    CheckName(*s.Find("quantization"), "quantization", build.quantization, s.problems());
  }
  ReadAddress(s, directory, build);
  if (const Value* location = s.Find("location");
      location != nullptr && location->kind != Value::Kind::kNull) {
    s.ReadChoice("location", LocationChoices(), entry.location.emplace());
  }
}

ServeEntry ReadServeEntry(const Value& value, const std::string& directory, Problems& problems) {
  ServeEntry entry;
  config::ReadMap(value, problems, "a serve entry",
                  [&](Section& s) { ReadServeKeys(s, directory, entry); });
  return entry;
}

void ReadPrice(Section& s, Price& price) {
  s.Require("input_per_million").Read("input_per_million", price.input_per_million, {.least = 0});
  s.Require("output_per_million")
      .Read("output_per_million", price.output_per_million, {.least = 0});
  s.Read("cached_input_per_million", price.cached_input_per_million, {.least = 0});
  s.Read("as_of", price.as_of);
  CheckDate(s, "as_of", price.as_of);
}

void ReadServe(Section& s, const std::string& directory, ModelEntry& model) {
  s.Require("serve").ReadList("serve", [&](const Value& value) {
    model.serve.push_back(ReadServeEntry(value, directory, s.problems()));
  });
  const Value* value = s.Find("serve");
  if (value == nullptr) {
    return;
  }
  if (value->kind == Value::Kind::kList && value->items.empty()) {
    s.AddProblem(*value, "serve: the list is empty; say what can run the model");
  }
  // With `builds: all` two entries of one name would be one pair.
  std::set<std::string> names;
  for (const ServeEntry& entry : model.serve) {
    if (model.all_builds && !names.insert(BuildName(entry.build)).second) {
      s.AddProblem(*value,
                   absl::StrFormat("serve: two builds are called \"%s\"; with `builds: all` "
                                   "give each its own quantization",
                                   BuildName(entry.build)));
    }
  }
}

}  // namespace

void ReadGeneration(Section& s, Generation& generation) {
  s.Read("temperature", generation.temperature, {.least = 0, .most = 100});
  s.Read("top_p", generation.top_p, {.least = 0, .most = 1});
  s.Read("top_k", generation.top_k, {.least = 0});
  s.Read("seed", generation.seed);
  s.Read("max_output_tokens", generation.max_output_tokens, {.least = 1});
  s.Read("context_tokens", generation.context_tokens, {.least = 1});
  s.ReadChoice("thinking", ThinkingChoices(), generation.thinking);
  s.Read("stop", generation.stop);
}

ModelEntry ReadModel(const Value& value, const Generation& generation, const std::string& directory,
                     Problems& problems) {
  ModelEntry model;
  model.generation = generation;
  config::ReadMap(value, problems, "a model", [&](Section& s) {
    s.Require("name").Read("name", model.name);
    if (const Value* name = s.Find("name")) {
      CheckName(*name, "name", model.name, problems);
    }
    s.ReadMap("parameters", [&model](Section& p) {
      p.Read("total", model.parameters_total, {.least = 1});
      p.Read("active", model.parameters_active, {.least = 1});
    });
    s.Read("released", model.released);
    CheckDate(s, "released", model.released);
    s.ReadChoice<bool>("builds", {{"first", false}, {"all", true}}, model.all_builds);
    ReadServe(s, directory, model);
    s.ReadMap("price", [&model](Section& p) { ReadPrice(p, model.price.emplace()); });
    s.ReadMap("generation", [&model](Section& g) { ReadGeneration(g, model.generation); });
  });
  return model;
}

namespace {

void ReadJudge(Section& s, const std::string& directory, JudgeEntry& judge) {
  constexpr std::int64_t kReplyTokens = 2'048;
  judge.generation.temperature = 0;
  judge.generation.max_output_tokens = kReplyTokens;
  ReadServeKeys(s, directory, judge.serve);
  judge.name = judge.serve.build.ref;
  s.Read("name", judge.name);
  s.ReadMap("price", [&judge](Section& p) { ReadPrice(p, judge.price.emplace()); });
  s.ReadMap("generation", [&judge](Section& g) { ReadGeneration(g, judge.generation); });
  s.Read("concurrency", judge.condition.concurrency, {.least = 0, .most = 65'536});
  s.Read("requests_per_minute", judge.requests_per_minute, {.least = 1});
}

}  // namespace

void ReadJudges(Section& s, const std::string& directory, std::optional<JudgeEntry>& judge,
                std::optional<JudgeEntry>& fallback) {
  ReadJudge(s, directory, judge.emplace());
  s.ReadChoice<JudgeRule>("rule", {{"agree", JudgeRule::kAgree}, {"or", JudgeRule::kOr}},
                          judge->rule);
  s.ReadMap("fallback", [&](Section& f) {
    ReadJudge(f, directory, fallback.emplace());
    fallback->rule = judge->rule;
    if (fallback->name == judge->name) {
      f.AddProblem(f.value(), absl::StrFormat("fallback: is called %s like the judge itself: give "
                                              "it another `name`",
                                              judge->name));
    }
  });
}

}  // namespace wattfleet::coordinator
