#include "agent/power/update_probe.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::ScriptedPowerSource;
using testing::SimWorld;

// A counter that moves every `update` and takes 1 ms to read.
struct Rig {
  explicit Rig(milliseconds update,
               std::optional<ProbeTerms> terms = ProbeTerms{.read_every = milliseconds(10)}) {
    ChannelSpec spec;
    spec.name = "counter";
    spec.update_period = milliseconds(100);
    spec.facts_json = R"({"driver":"550"})";
    auto scripted = std::make_unique<ScriptedPowerSource>(
        std::vector<ChannelSpec>{spec}, milliseconds(50), [this, update](auto values) {
          ++reads;
          const auto now = world.MonotonicNow().time_since_epoch();
          world.RunFor(milliseconds(1));
          values[0] = {.raw = static_cast<std::uint64_t>(now / update), .fault = fault};
        });
    scripted->terms = terms;
    source = std::move(scripted);
  }
  std::vector<std::optional<UpdatePeriod>> Probe() {
    ProbeOptions options;
    options.wait_until = [this](const Clock& clock, MonotonicTime until) {
      world.RunFor(until - clock.MonotonicNow());
    };
    return ProbeUpdatePeriods(*source, world, options);
  }

  SimWorld world;
  ReadFault fault = ReadFault::kNone;
  int reads = 0;
  std::unique_ptr<PowerSource> source;
};

TEST(UpdateProbeTest, FindsHowOftenTheValueChanges) {
  Rig rig(milliseconds(100));
  const MonotonicTime start = rig.world.MonotonicNow();

  const auto periods = rig.Probe();

  EXPECT_NEAR(static_cast<double>((rig.world.MonotonicNow() - start) / milliseconds(1)), 3'000, 15);
  ASSERT_TRUE(periods.at(0).has_value());
  EXPECT_NEAR(static_cast<double>(periods[0]->median / milliseconds(1)), 100, 6);
  EXPECT_GE(periods[0]->least, milliseconds(85));
  EXPECT_LE(periods[0]->p95, milliseconds(115));
}

TEST(UpdateProbeTest, AValueThatChangesFasterThanItIsReadTellsNothing) {
  EXPECT_EQ(Rig(milliseconds(1)).Probe().at(0), std::nullopt);
  EXPECT_EQ(Rig(milliseconds(15)).Probe().at(0), std::nullopt);
}

TEST(UpdateProbeTest, ASilentOrStillChannelTellsNothing) {
  Rig silent(milliseconds(100));
  silent.fault = ReadFault::kUnavailable;
  EXPECT_EQ(silent.Probe().at(0), std::nullopt);
  EXPECT_EQ(Rig(milliseconds(10'000)).Probe().at(0), std::nullopt);
}

TEST(UpdateProbeTest, ASourceThatIsNotToBeProbedIsNotRead) {
  Rig rig(milliseconds(100), std::nullopt);

  EXPECT_EQ(rig.Probe().at(0), std::nullopt);
  EXPECT_EQ(rig.reads, 0);
}

TEST(UpdateProbeTest, WhatWasFoundBecomesThePeriodOfTheChannelAndItsFacts) {
  Rig rig(milliseconds(100));
  const UpdatePeriod period{milliseconds(200), milliseconds(190), milliseconds(210)};

  const auto probed = WithProbedPeriods(std::move(rig.source), {period});

  EXPECT_EQ(probed->channels()[0].update_period, milliseconds(200));
  EXPECT_THAT(probed->channels()[0].facts_json, HasSubstr(R"("update_period_ms":200.0)"));
  EXPECT_THAT(probed->channels()[0].facts_json, HasSubstr(R"("driver":"550")"));
  EXPECT_THAT(probed->channels()[0].facts_json,
              HasSubstr(R"({"median":200.0,"min":190.0,"p95":210.0})"));
  EXPECT_EQ(probed->poll_period(), milliseconds(50));
}

TEST(UpdateProbeTest, ReadsAQuarterOfTheUpdateApartWithinBounds) {
  const auto poll_after = [](milliseconds update, ProbeTerms terms) {
    Rig rig(milliseconds(100), terms);
    return WithProbedPeriods(std::move(rig.source), {UpdatePeriod{update, update, update}})
        ->poll_period();
  };
  const ProbeTerms free{.read_every = milliseconds(10)};

  EXPECT_EQ(poll_after(milliseconds(100), free), milliseconds(25));
  EXPECT_EQ(poll_after(milliseconds(20), free), milliseconds(10));
  EXPECT_EQ(poll_after(milliseconds(1'000), free), milliseconds(100));
  EXPECT_EQ(poll_after(milliseconds(100),
                       {.read_every = milliseconds(10), .least_poll = milliseconds(50)}),
            milliseconds(50));
  EXPECT_EQ(poll_after(milliseconds(1'000), {.read_every = milliseconds(10), .poll_is_set = true}),
            milliseconds(50));
}

TEST(UpdateProbeTest, WithNothingFoundTheSourceStaysAsItWas) {
  Rig rig(milliseconds(100));
  const PowerSource* const before = rig.source.get();

  EXPECT_EQ(WithProbedPeriods(std::move(rig.source), {std::nullopt}).get(), before);
}

}  // namespace
}  // namespace wattfleet::agent
