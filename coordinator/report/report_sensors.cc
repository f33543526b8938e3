#include "coordinator/report/report_sensors.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"

#include "common/domain/scope.h"
#include "coordinator/report/facts.h"

namespace wattfleet::coordinator {

namespace {

std::string AgentName(const PairSources& sources, AgentId agent) {
  for (const EnvironmentRow& row : sources.rows.environments) {
    if (row.agent == agent && !row.agent_name.empty()) {
      return row.agent_name;
    }
  }
  return absl::StrCat("agent-", agent.value);
}

}  // namespace

std::vector<ReportedSensor> SensorsOf(const PairSources& sources) {
  std::vector<ReportedSensor> sensors;
  for (const ChannelRow& row : sources.channels) {
    if (!sources.rows.choice.channels.contains(row.channel_id)) {
      continue;
    }
    const std::string& facts = row.facts.facts_json;
    sensors.push_back({.agent = AgentName(sources, row.agent),
                       .name = row.facts.name,
                       .source = row.facts.source,
                       .scope = std::string(RowOf(row.facts.scope).name),
                       .kind = TextFact(facts, "kind").value_or(""),
                       .method = TextFact(facts, "method").value_or(""),
                       .update_period_ms = NumberFact(facts, "update_period_ms"),
                       .systematic_relative = NumberFact(facts, "systematic_relative")});
  }
  std::sort(sensors.begin(), sensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.agent, a.name) < std::tie(b.agent, b.name);
  });
  return sensors;
}

}  // namespace wattfleet::coordinator
