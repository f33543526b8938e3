#ifndef WF_TESTS_UNIT_COORDINATOR_REPORT_EXAMPLE_SWEEP_H_
#define WF_TESTS_UNIT_COORDINATOR_REPORT_EXAMPLE_SWEEP_H_

#include <cstdint>
#include <string>

#include "coordinator/report/build_report.h"
#include "tests/support/fake_sweep_view.h"

namespace wattfleet::testing {

// A sweep with everything that a report can say, its rows made so that figures can be worked out by
// hand. 1,000 queries of one data set, two subjects (the first 400 are math), 4 options each.
//
// pair 1: llama, ollama q4_k_m, on a Mac (local), measured by one package sensor. Query i is
//   correct where i % 100 < 44, no_answer where i % 100 >= 97. Even queries take 2 s and 80 J, odd
//   ones 4 s and 200 J. Query 998 failed, 999 is quarantined; 0-9 are warm-up; 10 and 11 were
//   spoiled by a counter reset.
// pair 2: llama, vllm bf16, on a GPU server (cloud), measured by GPU, package and DRAM sensors,
//   correct where i % 100 < 46; 1 s, 400 + 80 + 20 J.
// pair 3: qwen, openai, on a CPU (local) with a modelled channel only; correct where
//   i % 100 >= 90; 1 s, 6 modelled J.
struct ExampleSweep {
  static constexpr std::int64_t kQueries = 1000;
  ExampleSweep();

  coordinator::Report Build(const coordinator::ReportOptions& options = {});

  FakeSweepView view;
  FakeWorkload workload;
};

// The specification of a pair as a test needs it.
coordinator::PairSnapshot ExamplePair(std::int64_t id, const std::string& model,
                                      const std::string& engine, const std::string& quantization,
                                      const std::string& accelerator);

// A completed result of one second; `verdict` absent = pending.
coordinator::ResultRow ExampleResult(Unit unit, std::optional<VerdictValue> verdict);

// A workload of `n` queries of one data set and subject, and the sample of all of them.
void FillPlainWorkload(std::int64_t n, FakeSweepView& view, FakeWorkload& workload);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COORDINATOR_REPORT_EXAMPLE_SWEEP_H_
