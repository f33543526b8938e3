#ifndef WF_TESTS_UNIT_AGENT_ENERGY_METERED_MACHINE_H_
#define WF_TESTS_UNIT_AGENT_ENERGY_METERED_MACHINE_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/energy/sampled_energy_meter.h"
#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {

// A machine with two GPUs, whose counters move every 100 ms, and a CPU package with a continuous
// one, sampled every 50 ms in simulated time.
class MeteredMachine {
 public:
  MeteredMachine() {
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (const char* gpu : {"GPU-a", "GPU-b"}) {
      ChannelSpec spec;
      spec.name = std::string("nvml/") + gpu + "/energy";
      spec.device_id = gpu;
      spec.unit = {1'000, 1};
      spec.update_period = std::chrono::milliseconds(100);
      spec.has_temperature = spec.device_id == "GPU-a";
      samplers.push_back(Add(spec));
    }
    ChannelSpec package;
    package.name = "rapl/package-0";
    package.scope = Scope::kCpuPackage;
    package.update_period = std::chrono::milliseconds(1);
    samplers.push_back(Add(package));
    MeterOptions options;
    options.baseline.settle = std::chrono::seconds(2);
    options.baseline.span = std::chrono::seconds(5);
    meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), world, options);
    Poll();
  }

  // From now on the channel draws that much.
  void Draw(const std::string& channel, double watts) {
    joules_[channel] = Joules(channel);
    watts_[channel] = watts;
    since_[channel] = world.MonotonicNow();
  }
  double Joules(const std::string& channel) const {
    const auto span = world.MonotonicNow() - since_.at(channel);
    return joules_.at(channel) + watts_.at(channel) * std::chrono::duration<double>(span).count();
  }
  // Runs one request of `length` and returns what it used, once settled.
  std::vector<ChannelEnergy> RunRequest(EnergyAccount& account, std::uint64_t request,
                                        std::chrono::milliseconds length,
                                        RequestFate fate = RequestFate::kCounted) {
    std::optional<std::vector<ChannelEnergy>> energies;
    account.RequestStarted(request, world.MonotonicNow());
    world.RunFor(length);
    account.RequestEnded(request, world.MonotonicNow(), fate,
                         [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
    EXPECT_TRUE(
        world.RunUntil([&energies] { return energies.has_value(); }, std::chrono::seconds(10)));
    return energies.value_or(std::vector<ChannelEnergy>{});
  }
  void MeasureBaseline(const std::vector<std::string>& devices) {
    bool done = false;
    meter->MeasureBaseline(devices, world, [&done] { done = true; });
    EXPECT_TRUE(world.RunUntil([&done] { return done; }, std::chrono::seconds(60)));
  }

  wattfleet::testing::SimWorld world;
  std::unique_ptr<SampledEnergyMeter> meter;
  std::map<std::string, ReadFault> faults;
  std::map<std::string, Flags> flags;
  std::map<std::string, double> celsius;  // where there is an entry, it is told once a second

 private:
  std::unique_ptr<Sampler> Add(const ChannelSpec& spec) {
    joules_[spec.name] = 1'000;
    watts_[spec.name] = 50;
    since_[spec.name] = world.MonotonicNow();
    auto source = std::make_unique<wattfleet::testing::ScriptedPowerSource>(
        std::vector<ChannelSpec>{spec}, std::chrono::milliseconds(50), [this, spec](auto values) {
          const double unit = static_cast<double>(spec.unit.numerator) * 1e-6;
          const auto raw = static_cast<std::uint64_t>(Joules(spec.name) / unit);
          const auto phase =
              world.MonotonicNow().time_since_epoch() % std::chrono::milliseconds(100);
          if (spec.update_period < std::chrono::milliseconds(100) ||
              phase < std::chrono::milliseconds(50)) {
            shown_[spec.name] = raw;
          }
          values[0] = {
              .raw = shown_[spec.name], .flags = flags[spec.name], .fault = faults[spec.name]};
          const auto temperature = celsius.find(spec.name);
          if (temperature != celsius.end() &&
              world.MonotonicNow().time_since_epoch() % std::chrono::seconds(1) <
                  std::chrono::milliseconds(50)) {
            values[0].millicelsius = static_cast<std::int32_t>(temperature->second * 1e3);
          }
        });
    auto sampler = std::make_unique<Sampler>(
        std::move(source), world,
        SamplerOptions{.suspended_time = [] { return std::chrono::nanoseconds(0); }});
    samplers_.push_back(sampler.get());
    return sampler;
  }
  void Poll() {
    for (Sampler* sampler : samplers_) {
      sampler->PollOnce();
    }
    world.PostAfter(std::chrono::milliseconds(50), [this] { Poll(); });
  }

  std::vector<Sampler*> samplers_;
  std::map<std::string, double> joules_;
  std::map<std::string, double> watts_;
  std::map<std::string, MonotonicTime> since_;
  std::map<std::string, std::uint64_t> shown_;
};

inline constexpr char kGpuA[] = "nvml/GPU-a/energy";
inline constexpr char kGpuB[] = "nvml/GPU-b/energy";
inline constexpr char kPackage[] = "rapl/package-0";

}  // namespace wattfleet::agent

#endif  // WF_TESTS_UNIT_AGENT_ENERGY_METERED_MACHINE_H_
