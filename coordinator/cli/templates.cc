#include "coordinator/cli/templates.h"

#include <array>

namespace wattfleet::coordinator {

namespace {

constexpr std::string_view kSweep =
    R"(# A sweep: a workload, the models that answer it, and where they run.
# Check it with `wattfleet validate sweep.yaml`, run it here with `wattfleet run sweep.yaml`.
sweep: my-first-sweep            # its name: the same name and file again resumes

workload: my-questions           # a name given to `wattfleet import`, or a file to import first
limit: 200                       # of the workload's queries, a fair sample; leave out for all
repetitions: 1                   # of each query

models:
  - name: llama-3.1-8b-instruct
    parameters: {total: 8.03e9, active: 8.03e9}
    released: 2024-07-23
    serve:                       # the first entry that an agent has is used
      - {engine: ollama, ref: "llama3.1:8b", quantization: q4_k_m}
      - {engine: vllm, ref: meta-llama/Llama-3.1-8B-Instruct, quantization: bf16}
    # price: {input_per_million: 0.05, output_per_million: 0.08, as_of: 2026-11-01}   # USD

accelerators: any                # one pair per model, whoever answers; or ids and patterns:
# accelerators: [apple-m4-max-*, nvidia-h200]

conditions: [isolated]           # one request at a time; {served: 16} keeps 16 in flight

generation: {temperature: 0, max_output_tokens: 2048}
timeouts: {first_token: 2m, query: 10m}
)";

constexpr std::string_view kAgent = R"(# An agent: what this machine offers to a sweep.
# `wattfleet run sweep.yaml --agent agent.yaml` uses it on this machine;
# `wattfleet-agent --config agent.yaml` joins a coordinator elsewhere.
name: my-machine
accelerators: auto
engines:
  - {kind: ollama, url: "http://127.0.0.1:11434"}             # already running
  # Started, watched and stopped by the agent; no shell reads this line:
  # - {kind: llama-server, command: "llama-server -m {ref} --port {port} -ngl 99 -np {concurrency}"}
power: auto                      # every sensor found here
)";

constexpr std::array<Template, 2> kTemplates{{
    {"sweep.yaml", "what to run", kSweep},
    {"agent.yaml", "what this machine offers", kAgent},
}};

}  // namespace

std::span<const Template> Templates() {
  return kTemplates;
}

}  // namespace wattfleet::coordinator
