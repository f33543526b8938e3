#include "coordinator/audit/show_result.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wattfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ShownResult Example() {
  ShownResult shown;
  shown.sweep = "night";
  shown.pair = "llama/ollama-q4/nvidia-h200/isolated";
  shown.query = {.q = 3, .id = "q3", .dataset = "d", .subject = "s", .references = {"B"}};
  shown.prompt = "Which letter?";
  shown.body = ResponseBody{.content = "It is B.", .reasoning = "hm", .chunks = {}};
  shown.detail.row.sent_unix_ms = 1'700'000'000'123;
  shown.detail.row.duration_ns = 2'000'000'000;
  shown.detail.row.ttft_ns = 500'000'000;
  shown.detail.queue_ns = 250'000'000;
  shown.detail.verdict =
      Verdict{.value = VerdictValue::kCorrect, .grader = "mcq", .extracted = "B"};
  ShownChannel channel;
  channel.facts = {.name = "nvml/GPU-a", .source = "nvml", .scope = Scope::kAccelerator};
  channel.method = "alloc-v1";
  channel.energy = {.status = EnergyStatus::kMeasured,
                    .gross = 700'000'000,
                    .random = 1'500'000,
                    .samples = 21,
                    .max_gap_ns = 101'000'000,
                    .covered_ppm = 1'000'000,
                    .flags = kFlagShortWindow,
                    .baseline_id = 77};
  channel.baseline_watts = 70;
  channel.power = PowerPlot{.from_seconds = 0, .to_seconds = 2.25, .watts = {70.0, std::nullopt}};
  shown.channels.push_back(channel);
  return shown;
}

TEST(ShowResultTest, TellsEverythingThatAnAuditAsksFor) {
  const std::string text = RenderShownResult(Example());
  for (const char* part :
       {"Which letter?", "It is B.", "hm", "Verdict: correct; extracted B, reference B, by mcq v1",
        "scheduled 0.0000 s (s), sent 0.2500 s (S), first token 0.7500 s (F), last 2.2500 s (L)",
        "2023-11-14T22:13:20.123Z", "nvml/GPU-a", "measured", "alloc-v1", "SHORT_WINDOW", "700",
        "1.5", "21", "101.0", "100.00 %", "77", "0 to 70 W"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ShowResultTest, WhatIsNotKnownIsNotMadeUp) {
  ShownResult shown = Example();
  shown.prompt.reset();
  shown.body.reset();
  shown.detail.verdict.reset();
  shown.detail.row.ttft_ns.reset();
  shown.channels[0].energy = {.status = EnergyStatus::kInvalid, .flags = kFlagCounterReset};
  shown.channels[0].baseline_watts.reset();
  shown.channels[0].power.reset();
  shown.no_trace = "lease 1 has no trace stored";
  shown.ledger_refused = "channel x does not balance";
  const std::string text = RenderShownResult(shown);
  EXPECT_THAT(text, AllOf(HasSubstr("the engine answers by id"), HasSubstr("(not kept)"),
                          HasSubstr("Verdict: pending"), HasSubstr("COUNTER_RESET"),
                          HasSubstr("no trace stored"), HasSubstr("counts nowhere"),
                          Not(HasSubstr("first token"))));
  const auto json = nlohmann::json::parse(RenderShownResultJson(shown));
  EXPECT_TRUE(json["prompt"].is_null());
  EXPECT_TRUE(json["channels"][0]["gross_uj"].is_null());
  EXPECT_TRUE(json["channels"][0]["power"].is_null());
  EXPECT_FALSE(json["timeline_seconds"].contains("first token"));
}

TEST(ShowResultTest, JsonHasTheNumbersAsStored) {
  const auto json = nlohmann::json::parse(RenderShownResultJson(Example()));
  const auto& channel = json["channels"][0];
  EXPECT_EQ(channel["gross_uj"], 700'000'000);
  EXPECT_EQ(channel["baseline_id"], 77);
  EXPECT_EQ(channel["baseline_watts"], 70);
  EXPECT_EQ(channel["flags"][0], "SHORT_WINDOW");
  EXPECT_TRUE(channel["power"]["watts"][1].is_null());
  EXPECT_EQ(json["verdict"]["value"], "correct");
}

}  // namespace
}  // namespace wattfleet::coordinator
