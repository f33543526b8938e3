#include "coordinator/report/json_background.h"

#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "coordinator/report/findings.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json SpreadJson(const std::optional<Distribution>& spread) {
  if (!spread) {
    return nullptr;
  }
  Json bins = Json::array();
  for (const HistogramBin& bin : spread->bins) {
    bins.push_back({bin.low, bin.high, bin.count});
  }
  return {{"count", spread->count}, {"p05", spread->p05}, {"p25", spread->p25},
          {"p50", spread->p50},     {"p75", spread->p75}, {"p95", spread->p95},
          {"bins", std::move(bins)}};
}

Json SensorJson(const ReportedSensor& sensor) {
  return {{"agent", sensor.agent},
          {"name", sensor.name},
          {"source", sensor.source},
          {"scope", sensor.scope},
          {"kind", TextOrNull(sensor.kind)},
          {"method", TextOrNull(sensor.method)},
          {"update_period_ms", OrNull(sensor.update_period_ms)},
          {"systematic_relative", OrNull(sensor.systematic_relative)}};
}

Json JudgeJson(const ReportedJudge& judge) {
  Json json = {{"pair", judge.pair},
               {"judge", judge.judge},
               {"grader", judge.grader},
               {"state", judge.state},
               {"judged", judge.judged},
               {"pending", judge.pending},
               {"replies", judge.tokens.results},
               {"without_verdict", judge.without_verdict},
               {"self_consistency", {{"twice", judge.twice}, {"agree", judge.twice_agree}}},
               {"position_flips", {{"both_orders", judge.both_orders}, {"flipped", judge.flipped}}},
               {"tokens",
                {{"input", judge.tokens.input},
                 {"cached_input", judge.tokens.cached},
                 {"output", judge.tokens.output}}}};
  if (!judge.reason.empty()) {
    json["reason"] = judge.reason;
  }
  if (!judge.win_rate_by_length.empty()) {
    json["win_rate_by_length_quartile"] = judge.win_rate_by_length;
  }
  if (judge.cost_usd) {
    json["cost_usd"] = *judge.cost_usd;
  }
  if (judge.joules) {
    json["joules"] = *judge.joules;
  }
  return json;
}

}  // namespace

void AddBackground(const ReportedPair& pair, Json& json) {
  json["spread"] = {{"latency_seconds", SpreadJson(pair.latency_spread)},
                    {"joules", SpreadJson(pair.energy_spread)}};
  Json sensors = Json::array();
  for (const ReportedSensor& sensor : pair.sensors) {
    sensors.push_back(SensorJson(sensor));
  }
  json["sensors"] = std::move(sensors);
  Json gaps = Json::array();
  for (const Gap& gap : pair.gaps) {
    gaps.push_back({{"kind", gap.kind}, {"reason", gap.reason}, {"results", gap.results}});
  }
  json["gaps"] = std::move(gaps);
}

void AddBackground(const Report& report, Json& json) {
  json["energy_class"] = report.energy_class;
  json["settings"] = Json::object();
  for (const auto& [name, text] : report.settings) {
    json["settings"][name] = text;
  }
  json["findings"] = FindingsOf(report);
  json["attention"] = AttentionOf(report);
}

void AddJudges(const ReportedQuality& quality, nlohmann::ordered_json& json) {
  for (const ReportedJudge& judge : quality.judges) {
    json["judges"].push_back(JudgeJson(judge));
  }
}

}  // namespace wattfleet::coordinator
