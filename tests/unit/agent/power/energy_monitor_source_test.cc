#include "agent/power/energy_monitor/energy_monitor_source.h"

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_monitor.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using absl::StatusCode;
using energy::TelemetryReading;
using ::testing::HasSubstr;
using testing::ScriptedMonitor;
using testing::StatusIs;

// As a monitor of nine fields sends it.
TelemetryReading Nine(const std::string& platform, double watts, double joules) {
  static std::int64_t now = 1'700'000'000'000'000'000;
  TelemetryReading reading;
  reading.set_platform(platform);
  reading.set_power_watts(watts);
  reading.set_energy_joules(joules);
  reading.set_temperature_celsius(-1);
  reading.set_timestamp_nanos(now += 50'000'000);
  reading.mutable_gpu_info()->set_name("NVIDIA H200 x1");
  return reading;
}

// As one of seventeen does, with -1 for what it does not have.
TelemetryReading Seventeen(const std::string& platform, double watts, double joules) {
  TelemetryReading reading = Nine(platform, watts, joules);
  reading.set_cpu_power_watts(-1);
  reading.set_cpu_energy_joules(-1);
  reading.set_ane_power_watts(-1);
  reading.set_ane_energy_joules(-1);
  reading.set_gpu_compute_utilization_pct(-1);
  reading.set_gpu_memory_bandwidth_utilization_pct(-1);
  reading.set_gpu_tensor_core_utilization_pct(-1);
  reading.set_gpu_memory_total_mb(-1);
  return reading;
}

TelemetryReading NewMac(double gpu, double cpu, double neural) {
  TelemetryReading reading = Seventeen("macos", 5, gpu);
  reading.set_cpu_power_watts(7);
  reading.set_cpu_energy_joules(cpu);
  reading.set_ane_power_watts(0);
  reading.set_ane_energy_joules(neural);
  return reading;
}

std::vector<MonitorChannel> Channels(const TelemetryReading& reading,
                                     std::optional<Scope> scope = std::nullopt) {
  const auto channels = FindMonitorChannels(std::vector{reading}, scope);
  EXPECT_THAT(channels, testing::IsOk());
  return channels.value_or(std::vector<MonitorChannel>());
}

TEST(MonitorRailsTest, ZerosInTheNewerFieldsAreMissingUntilOneOfThemIsNotZero) {
  EXPECT_FALSE(KnowsNewerFields(std::vector{Nine("nvidia", 300, 7)}));
  EXPECT_TRUE(KnowsNewerFields(std::vector{Nine("nvidia", 300, 7), Seventeen("nvidia", 300, 7)}));
  TelemetryReading idle = Nine("macos", 1, 2);
  idle.set_gpu_memory_total_mb(4096);  // the rest honestly 0
  EXPECT_EQ(Channels(idle).size(), 3U);
  EXPECT_EQ(Channels(Nine("nvidia", 300, 7)).size(), 1U);
  EXPECT_EQ(Channels(Seventeen("nvidia", 300, 7)).size(), 1U);
}

TEST(MonitorRailsTest, EachPlatformHasItsScope) {
  EXPECT_EQ(Channels(Nine("nvidia", 1, 1))[0].scope, Scope::kAccelerator);
  EXPECT_EQ(Channels(Nine("amd", 1, 1))[0].scope, Scope::kAccelerator);
  EXPECT_EQ(Channels(Nine("jetson", 1, 1))[0].scope, Scope::kModule);
  EXPECT_EQ(Channels(Nine("rapl", 1, 1))[0].scope, Scope::kCpuPackage);
  const auto mac = Channels(NewMac(1, 2, 0));
  ASSERT_EQ(mac.size(), 3U);
  EXPECT_EQ(mac[0].scope, Scope::kSocGpu);
  EXPECT_EQ(mac[1].scope, Scope::kSocCpu);
  EXPECT_EQ(mac[2].scope, Scope::kSocNeuralEngine);
}

TEST(MonitorRailsTest, WhatOnlyTheUserCanKnowIsAsked) {
  EXPECT_THAT(FindMonitorChannels(std::vector{Nine("macos", 1, 1)}, std::nullopt),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("soc-compute")));
  EXPECT_THAT(FindMonitorChannels(std::vector{Nine("tpu", 1, 1)}, std::nullopt),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("tpu")));
  EXPECT_EQ(Channels(Nine("macos", 1, 1), Scope::kSocCompute)[0].scope, Scope::kSocCompute);
}

TEST(MonitorRailsTest, RailsThatAScopeContainsAreNotCountedTwice) {
  EXPECT_EQ(Channels(NewMac(1, 2, 3), Scope::kSocCompute).size(), 1U);
  TelemetryReading cpu = Seventeen("rapl", 30, 7);
  cpu.set_cpu_energy_joules(7);
  EXPECT_EQ(Channels(cpu).size(), 1U);
}

TEST(MonitorRailsTest, WithoutACounterItsPowerIsRead) {
  const auto channels = Channels(Nine("nvidia", 300, -1));
  ASSERT_EQ(channels.size(), 1U);
  EXPECT_FALSE(channels[0].is_energy);
  EXPECT_THAT(FindMonitorChannels(std::vector{Nine("nvidia", -1, -1)}, std::nullopt),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(FindMonitorChannels(std::vector{Nine("null", 0, 0)}, std::nullopt),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("no collector")));
  EXPECT_THAT(FindMonitorChannels({}, std::nullopt), StatusIs(StatusCode::kUnavailable));
}

TEST(MonitorRailsTest, MinusOneNanAndInfinityAreNoReadings) {
  const MonitorChannel energy{MonitorRail::kMain, true, Scope::kAccelerator};
  for (const double joules : {-1.0, -0.5, std::nan(""), HUGE_VAL, 1e300}) {
    EXPECT_EQ(ValueOf(Nine("nvidia", 1, joules), energy).fault, ReadFault::kUnavailable) << joules;
  }
  const ChannelValue value = ValueOf(Nine("nvidia", 1, 12.3456789), energy);
  EXPECT_EQ(value.fault, ReadFault::kNone);
  EXPECT_EQ(value.raw, 12'345'679U);
}

absl::StatusOr<std::unique_ptr<PowerSource>> Open(const std::string& address,
                                                  SourceOptions options = {}) {
  options["address"] = address;
  return EnergyMonitorSource::Open({"energy_monitor", std::move(options)}, {});
}

// Reads until the first value is as wanted; false when it never is.
bool ReadsUntil(PowerSource& source, const std::function<bool(const ChannelValue&)>& wanted) {
  absl::Mutex never;
  std::vector<ChannelValue> values(source.channels().size());
  for (int i = 0; i < 3'000; ++i) {
    source.Read(values);
    if (wanted(values[0])) {
      return true;
    }
    const bool is_time = false;
    absl::MutexLock lock(&never);
    never.AwaitWithTimeout(absl::Condition(&is_time), absl::Milliseconds(5));
  }
  return false;
}

bool IsJoules(const ChannelValue& value, double joules) {
  return value.fault == ReadFault::kNone && value.raw == static_cast<std::uint64_t>(joules * 1e6);
}

TEST(EnergyMonitorSourceTest, ReadsTheCounterOfAHealthyMonitor) {
  ScriptedMonitor monitor;
  monitor.Say(Nine("nvidia", 300, 1000.5));
  WF_ASSERT_OK_AND_ASSIGN(const auto source,
                          Open(monitor.address(), {{"device", "GPU-1"}, {"timeout_ms", "300"}}));

  ASSERT_EQ(source->channels().size(), 1U);
  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.name, "energy_monitor/main/energy");
  EXPECT_EQ(spec.kind, SampleKind::kCounter);
  EXPECT_EQ(spec.device_id, "GPU-1");
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("clock":"wall")"));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("fields":9)"));
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return IsJoules(v, 1000.5); }));
  monitor.Say(Nine("nvidia", 300, 1015.5));
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return IsJoules(v, 1015.5); }));
  monitor.Say(Nine("nvidia", 300, -1));
  EXPECT_TRUE(
      ReadsUntil(*source, [](const auto& v) { return v.fault == ReadFault::kUnavailable; }));
}

TEST(EnergyMonitorSourceTest, AMonitorThatIsNotHealthyOrNotThereDoesNotOpen) {
  ScriptedMonitor monitor;
  monitor.SetHealth(false, "null");
  EXPECT_THAT(Open(monitor.address()),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("no collector")));
  monitor.SetHealth(true, "nvidia");  // and says nothing
  EXPECT_THAT(Open(monitor.address(), {{"timeout_ms", "200"}}),
              StatusIs(StatusCode::kUnavailable, HasSubstr("says nothing")));
  EXPECT_THAT(Open("127.0.0.1:1", {{"timeout_ms", "500"}}), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Open("10.0.0.1:50053"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("loopback")));
}

TEST(EnergyMonitorSourceTest, AStreamThatEndsIsALossAndTheNextOneIsReadAgain) {
  ScriptedMonitor monitor;
  monitor.Say(Nine("nvidia", 300, 1000));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(monitor.address(), {{"timeout_ms", "300"}}));
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return IsJoules(v, 1000); }));

  monitor.BreakStreams();
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return v.fault == ReadFault::kLost; }));
  monitor.Say(Nine("nvidia", 300, 3));
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return IsJoules(v, 3); }));
}

TEST(EnergyMonitorSourceTest, AStreamThatWasReplacedBetweenTwoReadsIsALossToo) {
  ScriptedMonitor monitor;
  monitor.Say(Nine("nvidia", 300, 1000));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(monitor.address(), {{"timeout_ms", "300"}}));
  EXPECT_TRUE(ReadsUntil(*source, [](const auto& v) { return IsJoules(v, 1000); }));
  WF_ASSERT_OK_AND_ASSIGN(const auto witness, Open(monitor.address(), {{"timeout_ms", "300"}}));

  monitor.BreakStreams();
  EXPECT_TRUE(ReadsUntil(*witness, [](const auto& v) { return v.fault == ReadFault::kLost; }));
  monitor.Say(Nine("nvidia", 300, 2000));
  EXPECT_TRUE(ReadsUntil(*witness, [](const auto& v) { return IsJoules(v, 2000); }));

  std::vector<std::string> seen;
  EXPECT_TRUE(ReadsUntil(*source, [&seen](const ChannelValue& v) {
    seen.push_back(v.fault == ReadFault::kLost   ? "lost"
                   : v.fault == ReadFault::kNone ? "value"
                                                 : "none");
    return IsJoules(v, 2000);
  }));
  EXPECT_EQ(seen.front(), "lost");
}

TEST(EnergyMonitorSourceTest, TheSameMomentAgainIsNoNews) {
  ScriptedMonitor monitor;
  const TelemetryReading frozen = Nine("nvidia", 300, 1000);
  monitor.Say(frozen);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(monitor.address(), {{"timeout_ms", "300"}}));
  EXPECT_TRUE(ReadsUntil(*source, [&](const ChannelValue& v) {
    monitor.Say(frozen);
    return v.fault == ReadFault::kUnavailable;
  }));
}

}  // namespace
}  // namespace wattfleet::agent
