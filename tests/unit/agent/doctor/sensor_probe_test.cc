#include "agent/doctor/sensor_probe.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ScriptedPowerSource;
using testing::SimWorld;

ChannelSpec Counter() {
  ChannelSpec spec;
  spec.name = "a/counter";
  return spec;
}

std::uint64_t Steps(const SimWorld& world, nanoseconds every) {
  return static_cast<std::uint64_t>(world.MonotonicNow().time_since_epoch() / every);
}

SourceProbe Probe(SimWorld& world, PowerSource& source) {
  return ProbeSource(
      source, world,
      [&world](nanoseconds span) {
        world.RunFor(span);
        return true;
      },
      seconds(2));
}

TEST(SensorProbeTest, FindsHowOftenACounterChanges) {
  SimWorld world;
  ScriptedPowerSource source({Counter()}, milliseconds(50), [&](auto values) {
    values[0] = {.raw = Steps(world, milliseconds(100)), .fault = ReadFault::kNone};
  });

  const SourceProbe probe = Probe(world, source);

  EXPECT_EQ(probe.spacing, milliseconds(5));
  EXPECT_EQ(probe.reads, 400);
  ASSERT_TRUE(probe.channels[0].update);
  EXPECT_EQ(probe.channels[0].update->median, milliseconds(100));
  EXPECT_EQ(probe.channels[0].update->least, milliseconds(100));
}

TEST(SensorProbeTest, ACounterFinerThanTheReadsIsCalledThat) {
  SimWorld world;
  ScriptedPowerSource source({Counter()}, milliseconds(50), [&](auto values) {
    values[0] = {.raw = Steps(world, milliseconds(1)), .fault = ReadFault::kNone};
  });

  const SourceProbe probe = Probe(world, source);

  EXPECT_TRUE(probe.channels[0].changes_at_every_read);
  EXPECT_FALSE(probe.channels[0].update);
}

TEST(SensorProbeTest, PowerAndSlowSensorsAreNotHurried) {
  SimWorld world;
  ChannelSpec power = Counter();
  power.kind = SampleKind::kPowerInstant;
  ScriptedPowerSource instant({power}, milliseconds(50), [](auto) {});
  ScriptedPowerSource plug({Counter()}, seconds(1), [](auto) {});

  EXPECT_EQ(Probe(world, instant).spacing, milliseconds(50));
  EXPECT_EQ(Probe(world, plug).spacing, seconds(1));
  EXPECT_EQ(Probe(world, plug).reads, 5);
}

TEST(SensorProbeTest, MeasuresWhatAReadCosts) {
  SimWorld world;
  int reads = 0;
  ScriptedPowerSource source({Counter()}, milliseconds(50), [&](auto values) {
    world.RunFor(++reads == 7 ? milliseconds(4) : milliseconds(1));
    values[0] = {};
  });

  const SourceProbe probe = Probe(world, source);

  EXPECT_EQ(probe.cost_median, milliseconds(1));
  EXPECT_EQ(probe.cost_most, milliseconds(4));
  EXPECT_EQ(probe.channels[0].values, 0);
}

TEST(SensorProbeTest, EndsWhenToldTo) {
  SimWorld world;
  ScriptedPowerSource source({Counter()}, milliseconds(50), [](auto) {});

  const SourceProbe probe = ProbeSource(
      source, world, [](nanoseconds) { return false; }, seconds(2));

  EXPECT_EQ(probe.reads, 1);
}

}  // namespace
}  // namespace wattfleet::agent
