#include "coordinator/config/sweep_names.h"

namespace wattfleet::coordinator {

const std::vector<std::string>& EngineKinds() {
  static const auto* kinds = new std::vector<std::string>{
      "ollama", "llama-server", "vllm", "lmstudio", "mlx", "openai", "replay", "synthetic"};
  return *kinds;
}

const std::vector<config::Choice<Thinking>>& ThinkingChoices() {
  static const auto* choices = new std::vector<config::Choice<Thinking>>{
      {"off", Thinking::kOff},       {"on", Thinking::kOn},     {"low", Thinking::kLow},
      {"medium", Thinking::kMedium}, {"high", Thinking::kHigh}, {"unset", Thinking::kUnset}};
  return *choices;
}

const std::vector<config::Choice<Location>>& LocationChoices() {
  static const auto* choices = new std::vector<config::Choice<Location>>{
      {"local", Location::kLocal}, {"cloud", Location::kCloud}};
  return *choices;
}

}  // namespace wattfleet::coordinator
