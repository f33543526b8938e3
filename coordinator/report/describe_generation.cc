#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

std::string DescribeGeneration(const Generation& generation) {
  std::vector<std::string> parts;
  const auto add = [&](const char* name, const auto& value) {
    if (value) {
      parts.push_back(absl::StrCat(name, " ", *value));
    }
  };
  add("temperature", generation.temperature);
  add("top_p", generation.top_p);
  add("top_k", generation.top_k);
  add("seed", generation.seed);
  add("context length", generation.context_tokens);
  if (generation.thinking != Thinking::kUnset) {
    parts.push_back(absl::StrCat("thinking ", std::string(ThinkingName(generation.thinking))));
  }
  parts.push_back(absl::StrCat("at most ", generation.max_output_tokens, " output tokens"));
  return absl::StrJoin(parts, ", ");
}

}  // namespace wattfleet::coordinator
