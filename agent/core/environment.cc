#include "agent/core/environment.h"

#include <map>
#include <string>

#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace wattfleet::agent {

namespace {

std::string SealText(const Seal& seal) {
  return absl::StrFormat("%s %s %s", seal.engine_kind,
                         seal.model_digest.empty() ? "without a digest" : seal.model_digest,
                         seal.quantization.empty() ? "of unknown quantization" : seal.quantization);
}

}  // namespace

Seal SealOf(const EngineIdentity& identity, const Build& build) {
  return {
      .model_digest = identity.model_digest,
      .engine_kind = identity.engine_kind.empty() ? build.engine : identity.engine_kind,
      .quantization = identity.quantization.empty() ? build.quantization : identity.quantization};
}

Environment DescribeEnvironment(const AgentSettings& settings, const InstanceOffer& instance,
                                const PairSpec& pair, const EngineIdentity& identity,
                                const MeasuringRules& rules) {
  const Seal seal = SealOf(identity, pair.build);
  auto host =
      settings.changing_facts ? settings.changing_facts() : std::map<std::string, std::string>();
  host.insert(settings.host_facts.begin(), settings.host_facts.end());
  nlohmann::json facts = {
      {"agent", settings.name},
      {"agent_version", settings.version},
      {"accelerator", instance.accelerator},
      {"condition", ConditionName(pair.condition)},
      {"devices", instance.device_ids},
      {"dropped_parameters", identity.dropped_parameters},
      {"engine", seal.engine_kind},
      {"engine_version", identity.engine_version},
      {"host", host},
      {"instance", instance.name},
      {"location", instance.location == Location::kCloud ? "cloud" : "local"},
      {"model_digest", seal.model_digest},
      {"prefix_cache_controlled", identity.prefix_cache_controlled},
      {"quantization", seal.quantization},
      {"ref", pair.build.ref},
      {"revision", pair.build.revision},
  };
  if (pair.generation.cache_as_served) {
    facts["cache"] = "as-served";
  }
  if (identity.context_tokens) {
    facts["context_tokens"] = *identity.context_tokens;
  }
  if (identity.recorded_answers) {
    facts["recorded_answers"] = *identity.recorded_answers;
  }
  if (rules.watches_others) {
    facts["watches_other_programs"] = true;
  }
  if (!rules.steady_by.empty()) {
    facts["steady_by"] = rules.steady_by;
  }
  const QueryGuard& guard = rules.guard;
  if (pair.condition.is_isolated() && guard.pause.count() > 0) {
    facts["query_guard_ms"] = guard.pause / std::chrono::milliseconds(1);
    facts["query_guard_skip_above_ms"] = guard.skip_above / std::chrono::milliseconds(1);
  }
  // What engines say of themselves may be any bytes.
  return {.seal = seal,
          .facts_json = facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

std::string MismatchText(const Seal& sealed, const Seal& here) {
  return absl::StrFormat("sealed %s, here %s", SealText(sealed), SealText(here));
}

}  // namespace wattfleet::agent
