#ifndef WF_TESTS_UNIT_COORDINATOR_PLAN_SWEEP_EXAMPLES_H_
#define WF_TESTS_UNIT_COORDINATOR_PLAN_SWEEP_EXAMPLES_H_

#include <string>
#include <utility>
#include <vector>

#include "coordinator/plan/expand.h"

namespace wattfleet::coordinator {

inline ServeEntry Serve(const std::string& engine, const std::string& ref,
                        const std::string& quantization = "") {
  ServeEntry entry;
  entry.build.engine = engine;
  entry.build.ref = ref;
  entry.build.quantization = quantization;
  return entry;
}

inline ModelEntry Model(const std::string& name, std::vector<ServeEntry> serve) {
  ModelEntry model;
  model.name = name;
  model.serve = std::move(serve);
  return model;
}

inline InstanceOffer Instance(const std::string& accelerator, std::vector<EngineOffer> engines) {
  InstanceOffer instance;
  instance.name = accelerator + "-instance";
  instance.accelerator = accelerator;
  instance.engines = std::move(engines);
  return instance;
}

inline EngineOffer Engine(const std::string& kind, std::vector<std::string> refs) {
  return {.kind = kind, .refs = std::move(refs), .base_url = ""};
}

// Two models on whatever answers, isolated.
inline SweepFile TwoModels() {
  SweepFile file;
  file.sweep = "night";
  file.workload.name = "questions";
  file.models = {
      Model("small", {Serve("ollama", "small:1b", "q4_k_m"), Serve("vllm", "org/small")}),
      Model("large-70b", {Serve("vllm", "org/large")})};
  file.accelerators = {"any"};
  file.conditions = {Condition{}};
  return file;
}

inline SampleFacts HundredQueries() {
  return {.workload_id = "sha256:ab", .template_id = "mcq-v1:12345678", .queries = 100};
}

}  // namespace wattfleet::coordinator

#endif  // WF_TESTS_UNIT_COORDINATOR_PLAN_SWEEP_EXAMPLES_H_
