#ifndef WF_COMMON_DOMAIN_PAIR_H_
#define WF_COMMON_DOMAIN_PAIR_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/ids.h"

namespace wattfleet {

enum class Location { kLocal = 0, kCloud = 1 };

// How an instance is driven: isolated = one request in flight; served-c = c in flight.
struct Condition {
  std::int32_t concurrency = 0;  // 0 = isolated
  bool is_isolated() const { return concurrency == 0; }
  auto operator<=>(const Condition&) const = default;
};

// "isolated" or "served-16".
std::string ConditionName(Condition condition);

// The exact weights and what runs them, as a sweep's `serve:` entry says.
struct Build {
  std::string engine;  // ollama, llama-server, vllm, lmstudio, mlx, openai, replay, synthetic
  std::string ref;     // model name at the engine, or a file
  std::string revision;
  std::string quantization;
  std::string base_url;  // `openai` only: where, unless the agent's file says
  std::string api_key_file;
  bool operator==(const Build&) const = default;
};

// "ollama-q4_k_m", or the engine alone where no quantization is given.
std::string BuildName(const Build& build);

enum class Thinking { kUnset = 0, kOff = 1, kOn = 2, kLow = 3, kMedium = 4, kHigh = 5 };

// As a sweep's file says it, and as plan hashes hold it: "unset", "off", "on", "low", ...
std::string_view ThinkingName(Thinking thinking);

// Sampling as asked for; absent = the engine's own default.
struct Generation {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> top_k;
  std::optional<std::int64_t> seed;
  std::int64_t max_output_tokens = 32768;
  std::optional<std::int64_t> context_tokens;
  Thinking thinking = Thinking::kUnset;
  std::vector<std::string> stop;
  // The engine's prefix cache is left as its operator set it; otherwise it is turned off or
  // defeated where the engine can.
  bool cache_as_served = false;
  bool operator==(const Generation&) const = default;
};

struct Timeouts {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds first_token{120'000};
  std::chrono::milliseconds idle{60'000};
  std::chrono::milliseconds query{600'000};
  bool operator==(const Timeouts&) const = default;
};

struct RetryLimits {
  std::int32_t errors = 3;   // failed attempts of a shard before its missing units are quarantined
  std::int32_t crashes = 3;  // lost leases of a shard before it is split, then quarantined
  bool operator==(const RetryLimits&) const = default;
};

struct Price {
  double input_per_million = 0;  // USD
  double output_per_million = 0;
  std::optional<double> cached_input_per_million;
  std::string as_of;
  bool operator==(const Price&) const = default;
};

// Of one request or a sum of them. Input tokens include those that came from a cache.
struct TokenCounts {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
};

// c_q of metrics.md, "USD per query": cached input at its own price where there is one.
double CostUsd(const Price& price, const TokenCounts& tokens);

// One row of a sweep's matrix: model x build x accelerator x condition, and all that its plan hash
// covers.
struct PairSpec {
  PairId id;
  SweepId sweep;
  std::string model;
  std::optional<double> parameters_total;
  std::optional<double> parameters_active;
  std::string released;  // YYYY-MM-DD or empty
  std::optional<Price> price;
  Build build;
  std::string accelerator;  // an id, or "any"
  Location location = Location::kLocal;
  Condition condition;
  Generation generation;
  Timeouts timeouts;
  RetryLimits retry;
  std::int64_t repetitions = 1;
  std::int64_t n_units = 0;  // queries x repetitions
  std::string plan_hash;     // 32 bytes
  bool operator==(const PairSpec&) const = default;
};

// MODEL/BUILD/ACCELERATOR/CONDITION.
std::string PairName(const PairSpec& pair);

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_PAIR_H_
