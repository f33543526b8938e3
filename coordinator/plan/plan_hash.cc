#include "coordinator/plan/plan_hash.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include <openssl/sha.h>

namespace wattfleet::coordinator {

namespace {

// The shortest decimal that reads back as the same double, the same on every platform.
std::string Decimal(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end);
}

// Lines "key <bytes of value> value": the length keeps any two different facts different. An absent
// value is a line without length.
class PlanLines {
 public:
  void Add(std::string_view key, std::string_view value) {
    absl::StrAppend(&text_, std::string(key), " ", value.size(), " ", std::string(value), "\n");
  }
  void Add(std::string_view key, std::int64_t value) { Add(key, absl::StrCat(value)); }
  void Add(std::string_view key, const std::optional<std::int64_t>& value) {
    value ? Add(key, *value) : AddAbsent(key);
  }
  void Add(std::string_view key, const std::optional<double>& value) {
    value ? Add(key, std::string_view(Decimal(*value))) : AddAbsent(key);
  }
  const std::string& text() const { return text_; }

 private:
  void AddAbsent(std::string_view key) { absl::StrAppend(&text_, std::string(key), "\n"); }

  std::string text_ = "wattfleet.plan/1\n";
};

}  // namespace

std::string PlanText(const SweepFile& file, const SampleFacts& sample, const PairSpec& pair) {
  PlanLines lines;
  lines.Add("workload", std::string_view(sample.workload_id));
  lines.Add("template", std::string_view(sample.template_id));
  lines.Add("shots", file.prompt_shots);
  lines.Add("system", std::string_view(file.system_prompt));
  lines.Add("cache", std::string_view(file.cache));
  const Generation& generation = pair.generation;
  lines.Add("temperature", generation.temperature);
  lines.Add("top_p", generation.top_p);
  lines.Add("top_k", generation.top_k);
  lines.Add("seed", generation.seed);
  lines.Add("max_output_tokens", generation.max_output_tokens);
  lines.Add("context_tokens", generation.context_tokens);
  lines.Add("thinking", ThinkingName(generation.thinking));
  for (const std::string& stop : generation.stop) {
    lines.Add("stop", std::string_view(stop));
  }
  lines.Add("model", std::string_view(pair.model));
  lines.Add("engine", std::string_view(pair.build.engine));
  lines.Add("ref", std::string_view(pair.build.ref));
  lines.Add("revision", std::string_view(pair.build.revision));
  lines.Add("quantization", std::string_view(pair.build.quantization));
  lines.Add("accelerator", std::string_view(pair.accelerator));
  lines.Add("condition", std::string_view(ConditionName(pair.condition)));
  return lines.text();
}

std::string PlanHash(const SweepFile& file, const SampleFacts& sample, const PairSpec& pair) {
  const std::string text = PlanText(file, sample, pair);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return std::string(digest.begin(), digest.end());
}

}  // namespace wattfleet::coordinator
