#include "agent/monitor/telemetry.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SourceChannel Channel(const std::string& source, Scope scope, const std::string& device = "") {
  SourceChannel channel;
  channel.source = source;
  channel.spec.scope = scope;
  channel.spec.device_id = device;
  channel.spec.update_period = milliseconds(100);
  return channel;
}

MonotonicTime At(double s) {
  return MonotonicTime(
      std::chrono::duration_cast<MonotonicTime::duration>(std::chrono::duration<double>(s)));
}

// `joules` drawn over `s` seconds, all of them measured.
ChannelTotal Drawn(double joules, double s) {
  const auto ns = static_cast<std::int64_t>(s * 1e9);
  return {static_cast<Microjoules>(joules * 1e6), ns, ns, true};
}

WallTime Wall() {
  return WallTime(seconds(1'700'000'000));
}

TEST(TelemetryTest, SumsTheAcceleratorsAndKeepsTheProcessorApart) {
  Telemetry telemetry(
      {Channel("nvml", Scope::kAccelerator, "GPU-0"), Channel("rapl", Scope::kCpuPackage),
       Channel("nvml", Scope::kAccelerator, "GPU-1")},
      {.host_name = "lab"});
  const std::vector<ChannelTotal> first = {Drawn(400, 1), Drawn(30, 1), Drawn(300, 1)};
  const auto reading = telemetry.Next(first, At(1.1), Wall());

  EXPECT_EQ(telemetry.platform(), "nvidia");
  EXPECT_TRUE(telemetry.IsHealthy());
  EXPECT_DOUBLE_EQ(reading.energy_joules(), 700);
  EXPECT_DOUBLE_EQ(reading.power_watts(), 700);
  EXPECT_DOUBLE_EQ(reading.cpu_energy_joules(), 30);
  EXPECT_EQ(reading.ane_energy_joules(), -1);
  EXPECT_EQ(reading.timestamp_nanos(), 1'700'000'000'000'000'000);
  EXPECT_EQ(reading.system_info().host_name(), "lab");

  const std::vector<ChannelTotal> then = {Drawn(500, 1.5), Drawn(30, 1), Drawn(300, 1)};
  const auto next = telemetry.Next(then, At(1.6), Wall());
  EXPECT_DOUBLE_EQ(next.energy_joules(), 800);
  EXPECT_DOUBLE_EQ(next.power_watts(), 200 + 300);  // the newest interval of each
}

TEST(TelemetryTest, ASumOfWhichAPartIsMissingIsNotThere) {
  const std::vector<SourceChannel> channels = {Channel("nvml", Scope::kAccelerator, "GPU-0"),
                                               Channel("nvml", Scope::kAccelerator, "GPU-1")};
  Telemetry telemetry(channels, {});
  const auto of = [&telemetry](const ChannelTotal& second, double now) {
    return telemetry.Next(std::vector{Drawn(400, 1), second}, At(now), Wall());
  };
  EXPECT_EQ(of({}, 1).energy_joules(), -1);  // nothing came yet
  EXPECT_EQ(of({}, 1).power_watts(), -1);
  EXPECT_EQ(of(Drawn(300, 1), 1).energy_joules(), 700);
  ChannelTotal lost = Drawn(300, 1);
  lost.is_measured = false;
  EXPECT_EQ(of(lost, 1).energy_joules(), -1);
  EXPECT_EQ(of(Drawn(300, 1), 7).energy_joules(), -1);  // nothing for 5 s
}

TEST(TelemetryTest, TheSameThingSeenByTwoSourcesIsSaidOnce) {
  Telemetry telemetry(
      {Channel("nvml", Scope::kAccelerator, "GPU-0"), Channel("prometheus", Scope::kAccelerator)},
      {});
  EXPECT_EQ(
      telemetry.Next(std::vector{Drawn(400, 1), Drawn(390, 1)}, At(1), Wall()).energy_joules(),
      400);
}

TEST(TelemetryTest, EachKindOfMachineHasItsPlatform) {
  const auto platform = [](const std::string& source, Scope scope) {
    return Telemetry({Channel(source, scope)}, {}).platform();
  };
  EXPECT_EQ(platform("amd_smi", Scope::kAccelerator), "amd");
  EXPECT_EQ(platform("ioreport", Scope::kSocGpu), "macos");
  EXPECT_EQ(platform("powermetrics", Scope::kSocCompute), "macos");
  EXPECT_EQ(platform("jetson", Scope::kModule), "jetson");
  EXPECT_EQ(platform("rapl", Scope::kCpuPackage), "rapl");
  EXPECT_EQ(platform("modelled", Scope::kModelled), "null");
  EXPECT_EQ(platform("shelly", Scope::kWall), "null");
  EXPECT_FALSE(Telemetry({}, {}).IsHealthy());
}

TEST(TelemetryTest, AnAppleChipFillsTheNewerFields) {
  Telemetry telemetry({Channel("ioreport", Scope::kSocCpu), Channel("ioreport", Scope::kSocGpu),
                       Channel("ioreport", Scope::kSocNeuralEngine)},
                      {});
  const auto reading =
      telemetry.Next(std::vector{Drawn(7, 1), Drawn(20, 1), Drawn(0, 1)}, At(1), Wall());
  EXPECT_EQ(reading.energy_joules(), 20);
  EXPECT_EQ(reading.cpu_energy_joules(), 7);
  EXPECT_EQ(reading.ane_energy_joules(), 0);  // measured, and nothing drawn
}

}  // namespace
}  // namespace wattfleet::agent
