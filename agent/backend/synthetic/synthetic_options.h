#ifndef WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_OPTIONS_H_
#define WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// What made-up answers look like. Spelt "latency_ms=20,tokens=50,correct=0.7" in a sweep's `ref:`;
// every key is optional, an empty ref or "*" means the defaults.
struct SyntheticOptions {
  std::chrono::nanoseconds latency{0};  // latency_ms: mean; 0 answers inside Send
  double spread = 0.25;                 // latency and tokens are uniform in mean x (1 -+ spread)
  std::int64_t tokens = 50;             // mean output tokens
  double correct = 1.0;  // probability that `right` is the answer given, else `wrong`
  double fail = 0.0;     // probability that a request ends in a server error
  std::string right = "A";
  std::string wrong = "B";
  bool operator==(const SyntheticOptions&) const = default;
};

// INVALID_ARGUMENT names the key and what would be right.
absl::StatusOr<SyntheticOptions> ParseSyntheticOptions(std::string_view ref);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_OPTIONS_H_
