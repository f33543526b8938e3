#include "agent/config/agent_config.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include <unistd.h>

#include "common/config/load.h"
#include "common/config/section.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using config::Problems;
using config::Section;
using config::Value;

constexpr int kBaselineWindowsLeast = 3;
constexpr std::int64_t kSpoolLimitLeast = std::int64_t{1} << 20;

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "agent";
}

std::string Absolute(const std::string& directory, const std::string& path) {
  return std::filesystem::absolute(std::filesystem::path(directory) / path)
      .lexically_normal()
      .string();
}

bool IsAuto(const Value& value) {
  return value.kind == Value::Kind::kScalar && value.text == "auto";
}

const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds = {"ollama", "llama-server", "vllm",   "lmstudio",
                                                 "mlx",    "openai",       "replay", "synthetic"};
  return kinds;
}

EngineConfig ReadEngine(const Value& value, const std::string& directory, Problems& problems) {
  EngineConfig engine;
  config::ReadMap(value, problems, "an engine", [&](Section& s) {
    s.Require("kind").ReadChoice("kind", Kinds(), engine.kind);
    s.Read("url", engine.url);
    s.Read("command", engine.command);
    s.Read("api_key_file", engine.api_key_file);
    if (!engine.api_key_file.empty()) {
      engine.api_key_file = Absolute(directory, engine.api_key_file);
    }
    s.Read("refs", engine.refs);
    s.Read("start_timeout", engine.start_timeout);
    const bool needs_no_server = engine.kind == "replay" || engine.kind == "synthetic";
    if (!needs_no_server && !engine.kind.empty() && engine.url.empty() == engine.command.empty()) {
      s.AddProblem(s.value(), absl::StrFormat("engine %s: expected either url (already running) or "
                                              "command (started by the agent)",
                                              engine.kind));
    }
    if (needs_no_server && (!engine.url.empty() || !engine.command.empty())) {
      s.AddProblem(s.value(), absl::StrFormat("engine %s has no server: neither url nor command",
                                              engine.kind));
    }
    if (!engine.url.empty() && !absl::StartsWith(engine.url, "http://") &&
        !absl::StartsWith(engine.url, "https://")) {
      s.AddProblem(*s.Find("url"), "url: expected http:// or https://");
    }
  });
  return engine;
}

void ReadEngines(Section& s, const std::string& directory, AgentConfig& agent) {
  const Value* value = s.Find("engines");
  if (value == nullptr || IsAuto(*value)) {
    return;
  }
  agent.discover_engines = false;
  s.ReadList("engines", [&](const Value& item) {
    if (IsAuto(item)) {
      agent.discover_engines = true;
    } else {
      agent.engines.push_back(ReadEngine(item, directory, s.problems()));
    }
  });
}

void ReadAccelerators(Section& s, AgentConfig& agent) {
  const Value* value = s.Find("accelerators");
  if (value == nullptr || IsAuto(*value)) {
    return;
  }
  agent.discover_accelerators = false;
  s.ReadList("accelerators", [&](const Value& item) {
    AcceleratorEntry entry;
    config::ReadMap(item, s.problems(), "an accelerator", [&](Section& a) {
      a.Require("id").Read("id", entry.id);
      a.Read("devices", entry.devices);
      a.ReadChoice<Location>("location", {{"local", Location::kLocal}, {"cloud", Location::kCloud}},
                             entry.location);
      for (const char c : entry.id) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
          a.AddProblem(*a.Find("id"),
                       absl::StrFormat("id: \"%s\" may hold only a-z, 0-9 and -", entry.id));
          break;
        }
      }
    });
    agent.accelerators.push_back(entry);
  });
  if (agent.accelerators.empty()) {
    s.AddProblem(*value, "accelerators: expected auto or a list of at least one");
  }
}

void ReadPower(Section& s, const std::string& directory, AgentConfig& agent) {
  const Value* value = s.Find("power");
  if (value == nullptr || IsAuto(*value)) {
    return;
  }
  agent.power.automatic = false;
  s.ReadList("power", [&](const Value& item) {
    if (IsAuto(item)) {
      agent.power.automatic = true;
      return;
    }
    SourceRequest request;
    if (item.kind == Value::Kind::kScalar) {
      request.name = item.text;
    } else {
      config::ReadMap(item, s.problems(), "a power source", [&](Section& source) {
        source.Require("source").Read("source", request.name);
        for (const config::Entry& entry : item.entries) {
          if (entry.key.text == "source") {
            continue;
          }
          std::string& option = request.options[entry.key.text];
          source.Read(entry.key.text, option);
          const std::string& key = entry.key.text;
          if ((key == "file" || absl::EndsWith(key, "_file")) && !option.empty()) {
            option = Absolute(directory, option);
          }
        }
      });
    }
    agent.power.sources.push_back(request);
  });
}

// `settle` and `measure` of the loaded-idle baseline; at least as many windows as it needs.
void ReadBaseline(Section& s, BaselineOptions& baseline) {
  using std::chrono::milliseconds;
  auto settle = std::chrono::duration_cast<milliseconds>(baseline.settle);
  auto measure = std::chrono::duration_cast<milliseconds>(baseline.span);
  s.Read("settle", settle);
  s.Read("measure", measure);
  if (measure < kBaselineWindowsLeast * baseline.window) {
    s.AddProblem(*s.Find("measure"), "measure: expected at least 3s");
  }
  baseline.settle = settle;
  baseline.span = measure;
}

void ReadMonitor(Section& s, MonitorEntry& monitor) {
  using std::chrono::milliseconds;
  monitor.listen = "127.0.0.1:50053";
  s.Read("listen", monitor.listen);
  s.Read("interval", monitor.interval);
  if (monitor.interval < milliseconds(10) || monitor.interval > milliseconds(10'000)) {
    s.AddProblem(*s.Find("interval"), "interval: expected 10ms to 10s");
  }
}

// `requests`, `time` and `steady` of an engine's warm-up; 0 of all: none.
void ReadWarmUp(Section& s, WarmUpOptions& warm_up) {
  using std::chrono::milliseconds;
  auto time = std::chrono::duration_cast<milliseconds>(warm_up.time);
  s.Read("requests", warm_up.requests, {.least = 0, .most = 1'000'000});
  s.Read("time", time);
  warm_up.time = time;
  auto steady = std::chrono::duration_cast<milliseconds>(warm_up.steady);
  s.Read("steady", steady);
  warm_up.steady = steady;
}

// `guard`: auto, off or a time.
void ReadGuard(Section& s, GuardSettings& settings) {
  const Value* guard = s.Find("guard");
  if (guard != nullptr && guard->kind == Value::Kind::kScalar && guard->text == "off") {
    settings.pause = std::chrono::milliseconds(0);
  } else if (guard != nullptr && !IsAuto(*guard)) {
    settings.pause.emplace(0);
    s.Read("guard", *settings.pause);
  }
  s.Read("skip_above", settings.skip_above);
}

absl::StatusOr<AgentConfig> Read(const config::Document& document, const std::string& directory) {
  AgentConfig agent = DefaultAgentConfig();
  Problems problems(document.origin);
  config::ReadMap(document.root, problems, "an agent's file", [&](Section& s) {
    s.Read("coordinator", agent.coordinator);
    s.Read("name", agent.name);
    ReadAccelerators(s, agent);
    ReadEngines(s, directory, agent);
    ReadPower(s, directory, agent);
    s.ReadMap("baseline", [&](Section& baseline) { ReadBaseline(baseline, agent.baseline); });
    s.ReadMap("monitor", [&](Section& monitor) { ReadMonitor(monitor, agent.monitor); });
    s.ReadMap("warmup", [&](Section& warm_up) { ReadWarmUp(warm_up, agent.warm_up); });
    s.ReadMap("isolated", [&](Section& isolated) { ReadGuard(isolated, agent.guard); });
    s.ReadMap("spool", [&](Section& spool) {
      spool.Read("directory", agent.spool_directory);
      spool.ReadSize("limit", agent.spool_limit_bytes);
      if (agent.spool_limit_bytes < kSpoolLimitLeast) {
        spool.AddProblem(*spool.Find("limit"), "limit: expected at least 1MiB");
      }
    });
    s.Refuse("work_when", "this version works whenever it has work");
    if (agent.name.empty()) {
      s.AddProblem(*s.Find("name"), "name: expected a name that is unique in the fleet");
    }
  });
  WF_RETURN_IF_ERROR(problems.ToStatus());
  agent.spool_directory = Absolute(directory, agent.spool_directory);
  return agent;
}

}  // namespace

AgentConfig DefaultAgentConfig() {
  AgentConfig agent;
  agent.name = HostName();
  agent.spool_directory = Absolute(".", "wattfleet-spool");
  return agent;
}

absl::StatusOr<AgentConfig> ParseAgentConfig(const std::string& text, const std::string& origin,
                                             const std::string& directory) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadText(text, origin));
  return Read(document, directory);
}

absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadFile(path));
  return Read(document, std::filesystem::path(path).parent_path().string());
}

}  // namespace wattfleet::agent
