#include "coordinator/cli/listing.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

#include "coordinator/cli/progress_text.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json PairJson(const PairProgress& pair) {
  Json json = {{"pair", pair.name},
               {"state", pair.state},
               {"reason", pair.reason},
               {"units", pair.units},
               {"completed", pair.completed},
               {"failed", pair.failed},
               {"quarantined", pair.quarantined},
               {"open", pair.open}};
  if (pair.units_per_second > 0) {
    json["units_per_second"] = pair.units_per_second;
  }
  json["agents"] = pair.agents;
  return json;
}

std::string EventText(const FleetEvent& event) {
  const std::string at =
      event.at_unix_ms == 0
          ? "now"
          : absl::FormatTime("%m-%d %H:%M:%S", absl::FromUnixMillis(event.at_unix_ms),
                             absl::LocalTimeZone());
  return absl::StrCat("  ", at, "  ", event.kind, "  ", event.text, "\n");
}

}  // namespace

std::string StatusText(const FleetProgress& progress, const std::string& place) {
  if (progress.sweeps.empty()) {
    return absl::StrCat("no sweep in ", place, "\n");
  }
  std::string text;
  for (const SweepProgress& sweep : progress.sweeps) {
    absl::StrAppend(&text, ProgressLine(sweep, std::nullopt), "\n");
    for (const PairProgress& pair : sweep.pairs) {
      absl::StrAppendFormat(&text, "  %-60s %8d/%-8d %s", pair.name, pair.units - pair.open,
                            pair.units, pair.state);
      if (pair.failed > 0) {
        absl::StrAppendFormat(&text, ", %d failed", pair.failed);
      }
      if (pair.quarantined > 0) {
        absl::StrAppendFormat(&text, ", %d quarantined", pair.quarantined);
      }
      if (!pair.agents.empty()) {
        absl::StrAppend(&text, ", at work: ", absl::StrJoin(pair.agents, ", "));
      }
      absl::StrAppend(&text, pair.reason.empty() ? "" : ": ", pair.reason, "\n");
    }
  }
  if (!progress.events.empty()) {
    absl::StrAppend(&text, "events:\n");
  }
  for (const FleetEvent& event : progress.events) {
    absl::StrAppend(&text, EventText(event));
  }
  return text;
}

std::string AgentsText(const std::vector<AgentSummary>& agents) {
  if (agents.empty()) {
    return "no agent has connected\n";
  }
  std::string text;
  for (const AgentSummary& agent : agents) {
    absl::StrAppendFormat(&text, "%s: %s, %d results, version %s", agent.name, agent.state,
                          agent.results, agent.version);
    absl::StrAppend(&text, agent.health.empty() ? "" : ": ", agent.health, "\n");
    for (const InstanceSummary& instance : agent.instances) {
      absl::StrAppendFormat(
          &text, "  %s (%s): %s; %s\n", instance.name, instance.accelerator,
          instance.engines.empty() ? "no engine" : absl::StrJoin(instance.engines, ", "),
          instance.work.empty() ? "idle" : instance.work);
    }
    absl::StrAppend(
        &text, "  measures: ",
        agent.power_channels.empty() ? "nothing" : absl::StrJoin(agent.power_channels, ", "), "\n");
  }
  return text;
}

std::string StatusJson(const FleetProgress& progress) {
  Json sweeps = Json::array();
  for (const SweepProgress& sweep : progress.sweeps) {
    Json pairs = Json::array();
    for (const PairProgress& pair : sweep.pairs) {
      pairs.push_back(PairJson(pair));
    }
    sweeps.push_back({{"sweep", sweep.name},
                      {"id", sweep.id},
                      {"state", sweep.state},
                      {"reason", sweep.reason},
                      {"pairs", std::move(pairs)}});
  }
  Json events = Json::array();
  for (const FleetEvent& event : progress.events) {
    events.push_back(
        {{"at_unix_ms", event.at_unix_ms}, {"kind", event.kind}, {"text", event.text}});
  }
  return Dump({{"sweeps", std::move(sweeps)}, {"events", std::move(events)}});
}

std::string AgentsJson(const std::vector<AgentSummary>& agents) {
  Json list = Json::array();
  for (const AgentSummary& agent : agents) {
    Json instances = Json::array();
    for (const InstanceSummary& instance : agent.instances) {
      instances.push_back({{"instance", instance.name},
                           {"accelerator", instance.accelerator},
                           {"engines", instance.engines},
                           {"work", instance.work}});
    }
    list.push_back({{"agent", agent.name},
                    {"state", agent.state},
                    {"health", agent.health},
                    {"version", agent.version},
                    {"results", agent.results},
                    {"power_channels", agent.power_channels},
                    {"instances", std::move(instances)}});
  }
  return Dump({{"agents", std::move(list)}});
}

}  // namespace wattfleet::coordinator
