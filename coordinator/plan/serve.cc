#include "coordinator/plan/serve.h"

#include <algorithm>
#include <cstddef>

namespace wattfleet::coordinator {

bool GlobMatch(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

bool CanServe(const InstanceOffer& instance, const Build& build) {
  return std::any_of(
      instance.engines.begin(), instance.engines.end(), [&build](const EngineOffer& engine) {
        return engine.kind == build.engine &&
               std::any_of(engine.refs.begin(), engine.refs.end(), [&build](const auto& ref) {
                 return ref == "*" || ref == build.ref;
               });
      });
}

bool CanServePair(const InstanceOffer& instance, const PairSpec& pair) {
  return (pair.accelerator == "any" || pair.accelerator == instance.accelerator) &&
         CanServe(instance, pair.build);
}

}  // namespace wattfleet::coordinator
