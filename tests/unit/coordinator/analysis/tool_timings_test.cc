// Times in other tools' conventions, against numbers worked by hand.
#include "coordinator/analysis/tool_timings.h"

#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// Due 250 ms before it was sent; six tokens in four chunks, the last 100 ms before the end.
RequestTimes FourChunks() {
  return {.duration_ns = 2'000 * kMs,
          .ttft_ns = 500 * kMs,
          .queue_ns = 250 * kMs,
          .output_tokens = 6,
          .chunks_ns = {500 * kMs, 700 * kMs, 1'100 * kMs, 1'900 * kMs}};
}
// Two tokens in two chunks.
RequestTimes TwoChunks() {
  return {.duration_ns = 1'000 * kMs,
          .ttft_ns = 200 * kMs,
          .queue_ns = 0,
          .output_tokens = 2,
          .chunks_ns = {200 * kMs, 900 * kMs}};
}

TEST(ToolTimings, EachNameHasItsDefinition) {
  EXPECT_DOUBLE_EQ(*TpotVllm(FourChunks()), 1.5 / 5);
  EXPECT_DOUBLE_EQ(*TpotGuidellm(FourChunks()), 2.0 / 6);
  EXPECT_DOUBLE_EQ(*ItlMean(FourChunks()), 1.4 / 5);
  EXPECT_DOUBLE_EQ(*E2eFromSchedule(FourChunks()), 2.25);
}

TEST(ToolTimings, WhatARequestDoesNotTellIsAbsent) {
  RequestTimes one_token = FourChunks();
  one_token.output_tokens = 1;
  EXPECT_EQ(TpotVllm(one_token), std::nullopt);
  EXPECT_EQ(ItlMean(one_token), std::nullopt);
  EXPECT_DOUBLE_EQ(*TpotGuidellm(one_token), 2);
  one_token.output_tokens = 0;
  EXPECT_EQ(TpotGuidellm(one_token), std::nullopt);
  RequestTimes untold{.duration_ns = 2'000 * kMs, .output_tokens = 6};
  EXPECT_EQ(TpotVllm(untold), std::nullopt) << "no first token was seen";
  EXPECT_EQ(ItlMean(untold), std::nullopt) << "nor any chunk";
  EXPECT_EQ(E2eFromSchedule(untold), std::nullopt) << "nor when it was due";
}

UnitColumns Completed(std::int64_t queries, std::int64_t repetitions) {
  UnitColumns columns;
  columns.Reset(queries, repetitions);
  columns.state.assign(columns.units(), UnitState::kCompleted);
  return columns;
}

TEST(ToolTimings, GapsOfAllRequestsArePooledAndTheOthersAveragedOverQueries) {
  const UnitColumns columns = Completed(2, 1);
  ToolTimingsTally tally(columns);
  tally.Add(0, FourChunks());
  tally.Add(1, TwoChunks());

  const ToolTimings timings = tally.Result();

  EXPECT_EQ(timings.results, 2);
  EXPECT_EQ(timings.with_chunks, 2);
  EXPECT_EQ(timings.gaps, 4);  // 200, 400, 800; 700 ms
  EXPECT_DOUBLE_EQ(*timings.itl_pooled.mean, 0.525);
  EXPECT_DOUBLE_EQ(*timings.itl_pooled.p50, 0.4);
  EXPECT_DOUBLE_EQ(*timings.itl_pooled.p90, 0.8);
  EXPECT_EQ(timings.itl_pooled.p99, std::nullopt);
  EXPECT_DOUBLE_EQ(*timings.itl_mean.mean, (0.28 + 0.7) / 2);
  EXPECT_DOUBLE_EQ(*timings.itl_mean.p50, 0.28);
  EXPECT_DOUBLE_EQ(*timings.tpot_vllm.mean, (0.3 + 0.8) / 2);
  EXPECT_DOUBLE_EQ(*timings.tpot_guidellm.p90, 0.5);
  EXPECT_DOUBLE_EQ(*timings.e2e_from_schedule.mean, (2.25 + 1) / 2);
}

TEST(ToolTimings, RepetitionsOfAQueryAreAveragedFirst) {
  const UnitColumns columns = Completed(2, 2);  // units 0 and 2 are of query 0, 1 and 3 of query 1
  ToolTimingsTally tally(columns);
  tally.Add(0, FourChunks());
  tally.Add(2, FourChunks());
  tally.Add(1, TwoChunks());

  EXPECT_DOUBLE_EQ(*tally.Result().tpot_vllm.mean, (0.3 + 0.8) / 2);
}

TEST(ToolTimings, A99thPercentileNeedsManyGaps) {
  const UnitColumns columns = Completed(1, 1);
  RequestTimes long_one{.duration_ns = 1, .output_tokens = 1'000};
  for (std::int64_t i = 0, at = 0; i <= 662; at += (++i == 657 ? 50 : 10) * kMs) {
    long_one.chunks_ns.push_back(at);
  }
  ToolTimingsTally tally(columns);
  tally.Add(0, long_one);

  const ToolTimings timings = tally.Result();

  EXPECT_EQ(timings.gaps, 662);
  EXPECT_DOUBLE_EQ(*timings.itl_pooled.p99, 0.01) << "one of 662 is beyond it";
  EXPECT_DOUBLE_EQ(*timings.itl_pooled.mean, (661 * 0.01 + 0.05) / 662);
}

TEST(ToolTimings, NothingIsNeverZero) {
  const UnitColumns columns = Completed(3, 1);

  const ToolTimings timings = ToolTimingsTally(columns).Result();

  EXPECT_EQ(timings.itl_pooled.mean, std::nullopt);
  EXPECT_EQ(timings.tpot_vllm.p50, std::nullopt);
  EXPECT_EQ(timings.results, 0);
}

}  // namespace
}  // namespace wattfleet::coordinator
