#include "coordinator/plan/serve.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace wattfleet::coordinator {

namespace {

// Ollama's "llama3.1" is its "llama3.1:latest".
std::string FullRef(const std::string& engine, const std::string& ref) {
  return engine == "ollama" && ref.find(':') == std::string::npos ? ref + ":latest" : ref;
}

}  // namespace

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

bool HasWildcard(std::string_view pattern) {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

bool CanServe(const InstanceOffer& instance, const Build& build) {
  const std::string wanted = FullRef(build.engine, build.ref);
  return std::any_of(
      instance.engines.begin(), instance.engines.end(), [&](const EngineOffer& engine) {
        return engine.kind == build.engine &&
               std::any_of(engine.refs.begin(), engine.refs.end(), [&](const auto& ref) {
                 return ref == "*" || FullRef(engine.kind, ref) == wanted;
               });
      });
}

bool CanServePair(const InstanceOffer& instance, const PairSpec& pair) {
  return (pair.accelerator == "any" || pair.accelerator == instance.accelerator) &&
         CanServe(instance, pair.build);
}

}  // namespace wattfleet::coordinator
