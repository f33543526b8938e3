#ifndef WF_TESTS_UNIT_AGENT_DOCTOR_SENSED_MACHINE_H_
#define WF_TESTS_UNIT_AGENT_DOCTOR_SENSED_MACHINE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/doctor/load.h"
#include "agent/energy/live_power.h"
#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {

// Channels whose power a test sets, read every 50 ms in simulated time.
class SensedMachine {
 public:
  static ChannelSpec Spec(const std::string& name, Scope scope, const std::string& device = "") {
    ChannelSpec spec;
    spec.name = name;
    spec.scope = scope;
    spec.device_id = device;
    spec.update_period = std::chrono::milliseconds(1);
    return spec;
  }

  void Add(ChannelSpec spec, double watts) {
    watts_[spec.name] = watts;
    specs_.push_back(std::move(spec));
  }
  void Draw(const std::string& channel, double watts) { watts_[channel] = watts; }
  void Silence(const std::string& channel) { silent_[channel] = true; }

  // Once, after all Add.
  LivePower& power() {
    if (power_ == nullptr) {
      power_ = Open();
    }
    return *power_;
  }
  std::unique_ptr<LivePower> Open() {
    joules_.assign(specs_.size(), 1'000.0);
    auto source = std::make_unique<testing::ScriptedPowerSource>(
        specs_, kPoll, [this](auto values) { Read(values); });
    std::vector<std::unique_ptr<Sampler>> samplers;
    samplers.push_back(std::make_unique<Sampler>(std::move(source), world));
    sampler_ = samplers.back().get();
    return std::make_unique<LivePower>(std::move(samplers));
  }
  // Lets time pass, sampling.
  bool Wait(std::chrono::nanoseconds span) {
    for (; span >= kPoll; span -= kPoll) {
      world.RunFor(kPoll);
      for (std::size_t i = 0; i < specs_.size(); ++i) {
        joules_[i] += watts_[specs_[i].name] * std::chrono::duration<double>(kPoll).count();
      }
      sampler_->PollOnce();
    }
    return true;
  }

  testing::SimWorld world;

 private:
  static constexpr std::chrono::milliseconds kPoll{50};

  void Read(std::span<ChannelValue> values) {
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      values[i] = {};
      if (!silent_[specs_[i].name]) {
        values[i].raw = static_cast<std::uint64_t>(joules_[i] * 1e6);
        values[i].fault = ReadFault::kNone;
      }
    }
  }

  std::vector<ChannelSpec> specs_;
  std::vector<double> joules_;
  std::map<std::string, double> watts_;
  std::map<std::string, bool> silent_;
  Sampler* sampler_ = nullptr;
  std::unique_ptr<LivePower> power_;
};

// Work that makes one channel of the machine draw more.
class FakeLoad final : public Load {
 public:
  FakeLoad(SensedMachine& machine, LoadReach reach, std::map<std::string, double> busy_watts,
           std::map<std::string, double> idle_watts)
      : machine_(machine),
        reach_(std::move(reach)),
        busy_watts_(std::move(busy_watts)),
        idle_watts_(std::move(idle_watts)) {}

  const LoadReach& reach() const override { return reach_; }
  absl::Status Start() override {
    if (!start_error.ok()) {
      return start_error;
    }
    Draw(busy_watts_);
    return absl::OkStatus();
  }
  absl::Status Stop() override {
    Draw(idle_watts_);
    ++stops;
    return stop_error;
  }

  absl::Status start_error;
  absl::Status stop_error;
  int stops = 0;

 private:
  void Draw(const std::map<std::string, double>& watts) {
    for (const auto& [channel, value] : watts) {
      machine_.Draw(channel, value);
    }
  }
  SensedMachine& machine_;
  const LoadReach reach_;
  const std::map<std::string, double> busy_watts_;
  const std::map<std::string, double> idle_watts_;
};

}  // namespace wattfleet::agent

#endif  // WF_TESTS_UNIT_AGENT_DOCTOR_SENSED_MACHINE_H_
