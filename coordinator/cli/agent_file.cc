#include "coordinator/cli/agent_file.h"

#include <set>
#include <utility>
#include <vector>

#include "common/config/emit.h"

namespace wattfleet::coordinator {

namespace {

using config::Map;
using config::Plain;
using config::Put;
using config::Text;
using config::Value;

Value Engine(const std::string& kind) {
  Value engine = Map();
  Put(engine, "kind", Plain(kind));
  return engine;
}

Value Api(const Build& build) {
  Value engine = Engine("openai");
  Put(engine, "url", Text(build.base_url));
  if (!build.api_key_file.empty()) {
    Put(engine, "api_key_file", Text(build.api_key_file));
  }
  return engine;
}

}  // namespace

std::string AgentFileFor(const SweepFile& file) {
  bool is_synthetic = false;
  std::set<std::string> urls;
  std::vector<Value> engines = {Plain("auto"), Engine("replay")};
  for (const ModelEntry& model : file.models) {
    for (const ServeEntry& entry : model.serve) {
      is_synthetic |= entry.build.engine == "synthetic";
      if (!entry.build.base_url.empty() && urls.insert(entry.build.base_url).second) {
        engines.push_back(Api(entry.build));
      }
    }
  }
  if (is_synthetic) {
    engines.push_back(Engine("synthetic"));
  }
  Value root = Map();
  Put(root, "accelerators", Plain("auto"));
  Put(root, "engines", config::List(std::move(engines)));
  Put(root, "power", Plain("auto"));
  return config::EmitYaml(root);
}

}  // namespace wattfleet::coordinator
