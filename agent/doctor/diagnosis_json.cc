#include <nlohmann/json.hpp>

#include "agent/doctor/diagnosis.h"

namespace wattfleet::agent {

namespace {

using nlohmann::json;

json OrNull(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

json UpdateJson(const ChannelProbe& probe) {
  if (!probe.update) {
    return nullptr;
  }
  return {{"least_ns", probe.update->least.count()},
          {"median_ns", probe.update->median.count()},
          {"p95_ns", probe.update->p95.count()}};
}

json ChannelJson(const ChannelDiagnosis& channel) {
  json out = {
      {"name", channel.spec.name},
      {"scope", std::string(RowOf(channel.spec.scope).name)},
      {"device", channel.spec.device_id.empty() ? json(nullptr) : json(channel.spec.device_id)},
      {"is_sensor", IsSensorScope(channel.spec.scope)},
      {"values", channel.probe.values},
      {"changes", channel.probe.changes},
      {"changes_at_every_read", channel.probe.changes_at_every_read},
      {"update_period", UpdateJson(channel.probe)},
      {"untested_on_hardware", channel.is_untested_on_hardware},
      {"facts", json::parse(channel.spec.facts_json, nullptr, false)}};
  if (out["facts"].is_discarded()) {
    out["facts"] = nullptr;
  }
  if (channel.trial) {
    out["self_test"] = {{"idle_watts", OrNull(channel.trial->idle_watts)},
                        {"load_watts", OrNull(channel.trial->load_watts)},
                        {"verdict", ReactionName(channel.trial->reaction)}};
  }
  return out;
}

json SourceJson(const SourceDiagnosis& source) {
  json out = {{"name", source.name}, {"usable", source.is_usable()}, {"used", source.is_used}};
  if (!source.is_usable()) {
    out["reason"] = source.reason;
    out["remedy"] = source.remedy.empty() ? json(nullptr) : json(source.remedy);
    return out;
  }
  out["poll_period_ns"] = source.poll_period.count();
  out["read"] = {{"reads", source.probe.reads},
                 {"spacing_ns", source.probe.spacing.count()},
                 {"median_ns", source.probe.cost_median.count()},
                 {"most_ns", source.probe.cost_most.count()}};
  out["channels"] = json::array();
  for (const ChannelDiagnosis& channel : source.channels) {
    out["channels"].push_back(ChannelJson(channel));
  }
  return out;
}

json InstanceJson(const InstanceDiagnosis& instance, const std::vector<std::string>& names) {
  json classes = json::array();
  for (const ClassReach& reach : instance.classes) {
    json row = {{"asked", reach.asked},
                {"class", reach.name ? json(*reach.name) : json(nullptr)},
                {"channels", json::array()}};
    for (const std::size_t channel : reach.channels) {
      row["channels"].push_back(names[channel]);
    }
    if (!reach.lack.empty()) {
      row["lack"] = reach.lack;
    }
    classes.push_back(std::move(row));
  }
  return {{"name", instance.offer.name},
          {"accelerator", instance.offer.accelerator},
          {"devices", instance.offer.device_ids},
          {"classes", std::move(classes)}};
}

const char* TrustName(Trust trust) {
  switch (trust) {
    case Trust::kNothingToMeasure:
      return "nothing_to_measure";
    case Trust::kNotTested:
      return "not_tested";
    case Trust::kTrusted:
      return "trusted";
    case Trust::kNotTrusted:
      return "not_trusted";
    case Trust::kStopped:
      return "interrupted";
  }
  return "";
}

}  // namespace

std::string DiagnosisJson(const Diagnosis& diagnosis) {
  json out = {{"schema", "wattfleet.doctor/1"},
              {"machine", diagnosis.host_facts},
              {"instances", json::array()},
              {"sources", json::array()},
              {"engines", json::array()},
              {"loads", json::array()},
              {"trust", TrustName(diagnosis.trust)},
              {"conclusion", diagnosis.conclusion}};
  std::vector<std::string> names;
  for (const SourceDiagnosis& source : diagnosis.sources) {
    out["sources"].push_back(SourceJson(source));
    for (const ChannelDiagnosis& channel : source.channels) {
      if (source.is_used) {
        names.push_back(channel.spec.name);
      }
    }
  }
  for (const InstanceDiagnosis& instance : diagnosis.instances) {
    out["instances"].push_back(InstanceJson(instance, names));
  }
  for (const EngineOffer& engine : diagnosis.engines) {
    out["engines"].push_back(
        {{"kind", engine.kind}, {"url", engine.base_url}, {"refs", engine.refs}});
  }
  if (!diagnosis.overlap.empty()) {
    out["overlap"] = diagnosis.overlap;
  }
  if (diagnosis.self_test) {
    for (const LoadTrial& load : diagnosis.self_test->loads) {
      out["loads"].push_back(
          {{"what", load.reach.what},
           {"failure", load.failure.empty() ? json(nullptr) : json(load.failure)}});
    }
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wattfleet::agent
