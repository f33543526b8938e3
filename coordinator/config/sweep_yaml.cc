#include "coordinator/config/sweep_yaml.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/config/section.h"
#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/config/field_checks.h"
#include "coordinator/config/model_yaml.h"

namespace wattfleet::coordinator {

namespace {

using config::Problems;
using config::Section;
using config::Value;

// Reads one sweep file. Each method reads one key's value.
class SweepReader {
 public:
  SweepReader(const std::string& directory, Problems& problems)
      : directory_(directory), problems_(problems) {}

  SweepFile Read(const Value& root) {
    config::ReadMap(root, problems_, "a sweep file", [this](Section& s) {
      s.Require("sweep").Read("sweep", file_.sweep);
      if (const Value* name = s.Find("sweep"); name != nullptr && !file_.sweep.empty()) {
        CheckName(*name, "sweep", file_.sweep, problems_);
      }
      ReadWorkload(s);
      s.Read("limit", file_.limit, {.least = 1});
      ReadSeed(s);
      s.Read("repetitions", file_.repetitions, {.least = 1, .most = 10'000});
      s.Read("passes", file_.passes, {.least = 1});
      RefuseUnless(s, "passes", file_.passes == 1);
      s.ReadMap("generation", [this](Section& g) { ReadGeneration(g, generation_); });
      ReadModels(s);
      ReadAccelerators(s);
      ReadConditions(s);
      ReadExclusions(s);
      ReadPrompt(s);
      s.ReadChoice("cache", {"off", "as-served"}, file_.cache);
      ReadLimits(s);
      ReadGrading(s);
      s.ReadMap("energy", [](Section& e) { e.Refuse("require", kNotSupportedYet); });
      ReadBudget(s);
      s.Refuse("window", kNotSupportedYet);
    });
    return std::move(file_);
  }

 private:
  // Refuses a value that the format knows and this version does not honour.
  static void RefuseUnless(Section& s, std::string_view key, bool is_supported) {
    if (const Value* value = s.Find(key); value != nullptr && !is_supported) {
      s.AddProblem(
          *value, absl::StrFormat("%s: %s is %s", key, config::Describe(*value), kNotSupportedYet));
    }
  }

  // A name given at import, a path, or {path, name, preset, map}.
  void ReadWorkload(Section& s) {
    s.Require("workload");
    const Value* value = s.Find("workload");
    if (value == nullptr || value->kind == Value::Kind::kNull) {
      return;
    }
    WorkloadRef& workload = file_.workload;
    if (value->kind == Value::Kind::kScalar) {
      (LooksLikePath(value->text) ? workload.path : workload.name) = value->text;
    } else {
      config::ReadMap(*value, problems_, "workload",
                      [&workload](Section& w) { ReadWorkloadMap(w, workload); });
    }
    if (!workload.path.empty()) {
      workload.path = AbsolutePath(directory_, workload.path);
      workload.name = workload.name.empty() ? Stem(workload.path) : workload.name;
    }
    // An imported workload may also be named by its id, "sha256:...".
    if (!absl::StartsWith(workload.name, "sha256:")) {
      CheckName(*value, "workload", workload.name, problems_);
    }
  }

  static void ReadWorkloadMap(Section& w, WorkloadRef& workload) {
    w.Read("path", workload.path);
    w.Read("name", workload.name);
    w.Read("preset", workload.preset);
    w.ReadMap("map", [&workload](Section& m) {
      for (const config::Entry& entry : m.value().entries) {
        m.Read(entry.key.text, workload.map.emplace_back(entry.key.text, std::string()).second);
      }
    });
    if (workload.path.empty() && (!workload.preset.empty() || !workload.map.empty())) {
      w.AddProblem(w.value(), "workload: preset and map go with a path to import");
    }
  }

  static bool LooksLikePath(const std::string& text) {
    return absl::StrContains(text, '/') || absl::EndsWith(text, ".gz") ||
           absl::EndsWith(text, ".zst") || absl::EndsWith(text, ".jsonl") ||
           absl::EndsWith(text, ".json") || absl::EndsWith(text, ".csv");
  }

  // "questions" of ".../questions.jsonl.gz".
  static std::string Stem(const std::string& path) {
    std::filesystem::path name = std::filesystem::path(path).filename();
    while (name.has_extension()) {
      name = name.stem();
    }
    return name.string();
  }

  void ReadSeed(Section& s) {
    s.Read("seed", file_.seed);
    const Value* value = s.Find("seed");
    if (value != nullptr && file_.seed != 1 && file_.workload.path.empty()) {
      s.AddProblem(*value,
                   "seed: the order of a workload is set when it is imported; give "
                   "`workload: {path: ...}`, or `wattfleet import --seed`");
    }
  }

  void ReadModels(Section& s) {
    std::set<std::string> names;
    s.Require("models").ReadList("models", [this, &names](const Value& value) {
      file_.models.push_back(ReadModel(value, generation_, directory_, problems_));
      const std::string& name = file_.models.back().name;
      if (!names.insert(name).second && !name.empty()) {
        problems_.Add(value, absl::StrFormat("model \"%s\" is named twice", name));
      }
    });
    const Value* value = s.Find("models");
    if (value != nullptr && value->kind == Value::Kind::kList && value->items.empty()) {
      s.AddProblem(*value, "models: the list is empty; name at least one model");
    }
  }

  void ReadAccelerators(Section& s) {
    file_.accelerators = {"any"};
    s.Read("accelerators", file_.accelerators);
    const Value* value = s.Find("accelerators");
    if (value == nullptr) {
      return;
    }
    std::set<std::string> seen;
    for (const std::string& pattern : file_.accelerators) {
      if (pattern.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-*?") !=
              std::string::npos ||
          pattern.empty()) {
        s.AddProblem(*value, absl::StrFormat("accelerators: \"%s\" is not an accelerator's id; "
                                             "lower-case letters, digits and -, with * and ? wild",
                                             pattern));
      }
      if (!seen.insert(pattern).second) {
        s.AddProblem(*value, absl::StrFormat("accelerators: \"%s\" is named twice", pattern));
      }
    }
    if (seen.count("any") != 0 && seen.size() > 1) {
      s.AddProblem(*value, "accelerators: `any` stands alone: one pair per model, whoever answers");
    }
    if (seen.empty()) {
      s.AddProblem(*value, "accelerators: the list is empty; leave it out for `any`");
    }
  }

  // `isolated`, or {served: 16}.
  void ReadConditions(Section& s) {
    file_.conditions = {Condition{}};
    const Value* value = s.Find("conditions");
    if (value == nullptr || value->kind == Value::Kind::kNull) {
      return;
    }
    file_.conditions.clear();
    s.ReadList("conditions", [this](const Value& item) {
      Condition condition;
      if (item.kind == Value::Kind::kScalar) {
        if (item.text != "isolated") {
          problems_.Add(item, absl::StrFormat("conditions: %s is not known; `isolated` or "
                                              "{served: 16}",
                                              config::Describe(item)));
        }
      } else {
        config::ReadMap(item, problems_, "a condition", [&condition](Section& c) {
          c.Require("served").Read("served", condition.concurrency, {.least = 1, .most = 65'536});
        });
      }
      auto& conditions = file_.conditions;
      if (std::find(conditions.begin(), conditions.end(), condition) != conditions.end()) {
        problems_.Add(item,
                      absl::StrFormat("conditions: %s is named twice", ConditionName(condition)));
      }
      conditions.push_back(condition);
    });
    if (file_.conditions.empty()) {
      s.AddProblem(*value, "conditions: the list is empty; leave it out for `isolated`");
    }
  }

  void ReadExclusions(Section& s) {
    s.ReadList("exclude", [this](const Value& item) {
      Exclusion exclusion;
      config::ReadMap(item, problems_, "an exclusion", [&exclusion](Section& e) {
        e.Read("model", exclusion.model_pattern);
        e.Read("accelerator", exclusion.accelerator_pattern);
      });
      if (file_.accelerators == std::vector<std::string>{"any"} &&
          exclusion.accelerator_pattern != "*") {
        problems_.Add(item,
                      "exclude: with `accelerators: any` a pair has no accelerator to "
                      "exclude; list the accelerators");
      }
      file_.exclude.push_back(std::move(exclusion));
    });
  }

  void ReadPrompt(Section& s) {
    s.ReadMap("prompt", [this](Section& p) {
      p.Read("template", file_.prompt_template);
      const std::string& text = file_.prompt_template;
      if (text != "auto" && text != "plain" && !absl::StrContains(text, "{question}")) {
        p.AddProblem(*p.Find("template"),
                     absl::StrFormat("template: \"%s\" is neither auto nor plain, nor a text with "
                                     "{question} in it",
                                     text));
      }
      p.Read("shots", file_.prompt_shots, {.least = 0, .most = 100});
      p.Read("system", file_.system_prompt);
    });
  }

  void ReadLimits(Section& s) {
    s.ReadMap("timeouts", [this](Section& t) {
      t.Read("connect", file_.timeouts.connect);
      t.Read("first_token", file_.timeouts.first_token);
      t.Read("idle", file_.timeouts.idle);
      t.Read("query", file_.timeouts.query);
      for (const auto limit : {file_.timeouts.connect, file_.timeouts.first_token,
                               file_.timeouts.idle, file_.timeouts.query}) {
        if (limit.count() == 0) {
          t.AddProblem(t.value(), "timeouts: 0s would fail every query");
          break;
        }
      }
    });
    s.ReadMap("retry", [this](Section& r) {
      r.Read("errors", file_.retry.errors, {.least = 0, .most = 1'000});
      r.Read("crashes", file_.retry.crashes, {.least = 0, .most = 1'000});
    });
  }

  void ReadGrading(Section& s) {
    s.ReadMap("grading", [this](Section& g) {
      g.ReadChoice("default",
                   {"auto", "mcq", "mcq_first", "exact", "numeric", "math", "judge", "pairwise"},
                   file_.default_grader);
      const bool is_judged = file_.default_grader == "judge" || file_.default_grader == "pairwise";
      RefuseUnless(g, "default", file_.default_grader == "auto" || is_judged);
      g.ReadMap("judge", [this](Section& j) {
        ReadJudges(j, directory_, file_.judge, file_.fallback_judge);
      });
      if (is_judged && !file_.judge) {
        g.AddProblem(*g.Find("default"),
                     absl::StrFormat("default: %s needs to know who judges: give `judge: {engine: "
                                     "..., ref: ...}` beside it",
                                     file_.default_grader));
      }
    });
  }

  // After the grading: a budget needs the judge's price.
  void ReadBudget(Section& s) {
    s.ReadMap("budget", [this](Section& b) {
      b.Read("judge_usd", file_.judge_budget_usd, {.least = 0});
      b.Refuse("cloud_usd", kNotSupportedYet);
      if (file_.judge_budget_usd && !(file_.judge && file_.judge->price)) {
        b.AddProblem(*b.Find("judge_usd"),
                     "judge_usd: needs grading.judge with its price; an unknown price is not 0");
      } else if (file_.judge_budget_usd && file_.fallback_judge && !file_.fallback_judge->price) {
        b.AddProblem(*b.Find("judge_usd"),
                     "judge_usd: needs the price of grading.judge.fallback too; an unknown price "
                     "is not 0");
      }
    });
  }

  const std::string& directory_;
  Problems& problems_;
  SweepFile file_;
  Generation generation_;  // the sweep's, which a model overrides
};

absl::Status CheckFile(const std::string& what, const std::string& path) {
  std::error_code error;
  const std::filesystem::path file(path);
  if (std::filesystem::is_regular_file(file, error)) {
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(file.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  const auto nearest = NearestName(file.filename().string(), names);
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: no such file: %s%s", what, path,
                      nearest ? absl::StrFormat("; nearest is \"%s\"", *nearest) : std::string()));
}

absl::Status CheckRecordings(const ModelEntry& model) {
  for (const ServeEntry& entry : model.serve) {
    if (entry.build.engine == "replay") {
      WF_RETURN_IF_ERROR(CheckFile(absl::StrCat("models.", model.name, ".serve"), entry.build.ref));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SweepFile> ParseSweep(const std::string& text, const std::string& origin,
                                     const std::string& directory,
                                     const config::Variables& variables) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadText(text, origin, variables));
  Problems problems(origin);
  SweepFile file = SweepReader(directory, problems).Read(document.root);
  WF_RETURN_IF_ERROR(problems.ToStatus());
  return file;
}

absl::StatusOr<SweepFile> LoadSweepFile(const std::string& path,
                                        const config::Variables& variables) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadFile(path, variables));
  std::error_code error;
  const std::string directory =
      std::filesystem::absolute(std::filesystem::path(path), error).parent_path().string();
  Problems problems(path);
  SweepFile file = SweepReader(directory, problems).Read(document.root);
  WF_RETURN_IF_ERROR(problems.ToStatus());
  return file;
}

absl::StatusOr<SweepFile> ParseResolvedSweep(const std::string& text) {
  return ParseSweep(text, "the resolved sweep", "/",
                    [](const std::string&) { return std::nullopt; });
}

absl::Status CheckFilesExist(const SweepFile& file) {
  if (!file.workload.path.empty()) {
    WF_RETURN_IF_ERROR(CheckFile("workload", file.workload.path));
  }
  for (const ModelEntry& model : file.models) {
    WF_RETURN_IF_ERROR(CheckRecordings(model));
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
