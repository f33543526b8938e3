// Times in other tools' conventions in a report: where the stored chunk times come in.
#include "coordinator/report/report_timings.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/wire/body.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::BuildReport;
using coordinator::RenderCsv;
using coordinator::RenderJson;
using coordinator::Report;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kMs = 1'000'000;

// Three results of one second and four tokens. The first has three chunks; the response of the
// second is not kept; the third's bytes are none.
struct TimedSweep {
  TimedSweep() {
    FillPlainWorkload(3, view, workload);
    view.pairs = {ExamplePair(1, "llama-3", "ollama", "q4_k_m", "nvidia-h200")};
    for (Unit unit = 0; unit < 3; ++unit) {
      coordinator::ResultRow row = ExampleResult(unit, VerdictValue::kCorrect);
      row.duration_ns = 1'000 * kMs;
      row.ttft_ns = 400 * kMs;
      row.output_tokens = 4;
      view.results[PairId{1}].push_back(row);
      view.details[{PairId{1}, unit}] = {.row = row, .queue_ns = 100 * kMs};
    }
    const ResponseBody body{.content = "abc",
                            .chunks = {{.since_sent_ns = 400 * kMs},
                                       {.since_sent_ns = 500 * kMs, .kind = ChunkKind::kReasoning},
                                       {.since_sent_ns = 1'000 * kMs}}};
    view.bodies[{PairId{1}, 0}] = PackBody(body);
    view.bodies[{PairId{1}, 2}] = "no body";
  }
  FakeSweepView view;
  FakeWorkload workload;
};

TEST(ReportTimings, ComeFromTheStoredChunkTimesAndSayOfHowManyResults) {
  TimedSweep sweep;

  WF_ASSERT_OK_AND_ASSIGN(const Report report,
                          BuildReport(sweep.view, sweep.workload, {.timings = true}));

  const json timings = json::parse(RenderJson(report))["pairs"][0]["timings_seconds"];
  EXPECT_EQ(timings["results"], 3);
  EXPECT_EQ(timings["with_chunks"], 1);
  EXPECT_EQ(timings["gaps"], 2);
  EXPECT_DOUBLE_EQ(timings["tpot_vllm"]["mean"].get<double>(), 0.6 / 3);
  EXPECT_DOUBLE_EQ(timings["tpot_guidellm"]["mean"].get<double>(), 0.25);
  EXPECT_DOUBLE_EQ(timings["itl_pooled"]["mean"].get<double>(), 0.3);
  EXPECT_DOUBLE_EQ(timings["itl_pooled"]["p90"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(timings["itl_mean"]["mean"].get<double>(), 0.2);
  EXPECT_DOUBLE_EQ(timings["e2e_from_schedule"]["mean"].get<double>(), 1.1);
  EXPECT_TRUE(timings["itl_mean"]["p99"].is_null());
  EXPECT_THAT(RenderCsv(report), HasSubstr(",itl_pooled_mean_seconds,"));
}

TEST(ReportTimings, AreOnlyThereWhereTheyWereAskedFor) {
  TimedSweep sweep;

  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(sweep.view, sweep.workload, {}));

  EXPECT_THAT(RenderJson(report), Not(HasSubstr("timings_seconds")));
  EXPECT_THAT(RenderCsv(report), Not(HasSubstr("tpot")));
}

}  // namespace
}  // namespace wattfleet::testing
