#include "tests/hardware/nvidia_checks.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include <nlohmann/json.hpp>

#include "agent/energy/energy_meter.h"
#include "agent/power/reading_recorder.h"
#include "common/task/thread_task_runner.h"
#include "tests/hardware/bursts.h"

namespace wattfleet::hardware {

namespace {

namespace nvml = agent::nvml;
using nlohmann::json;
using std::chrono::milliseconds;

void Show(CheckList& list, const std::string& name, const json& value) {
  list.Figure(name, value.dump());
}

json OrNull(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

// One burst of work, and its energy on the GPU's channel as the meter settles it.
class BurstMeter {
 public:
  BurstMeter(agent::EnergyMeter& meter, const NvidiaMachine& machine)
      : machine_(machine), runner_("bursts", machine.clock()) {
    OnRunner([&] { account_ = meter.OpenAccount({machine.gpu().uuid}, runner_); });
  }
  ~BurstMeter() {
    OnRunner([this] { account_.reset(); });
  }
  BurstMeter(const BurstMeter&) = delete;
  BurstMeter& operator=(const BurstMeter&) = delete;

  // Runs the bursts one after another, with `rest` between them; joules of those that settled.
  std::vector<double> Run(GpuWork& work, int bursts, milliseconds on, milliseconds rest) {
    std::vector<double> joules;
    std::vector<std::unique_ptr<absl::Notification>> settled;
    for (int i = 0; i < bursts; ++i) {
      const std::uint64_t request = ++requests_;
      const MonotonicTime start = machine_.clock().MonotonicNow();
      OnRunner([&] { account_->RequestStarted(request, start); });
      work.RunFor(on);
      const MonotonicTime end = machine_.clock().MonotonicNow();
      absl::Notification& done = *settled.emplace_back(std::make_unique<absl::Notification>());
      OnRunner([&] {
        account_->RequestEnded(request, end, RequestFate::kCounted,
                               [&joules, &done](const std::vector<ChannelEnergy>& energies) {
                                 if (!energies.empty() && energies[0].gross) {
                                   joules.push_back(static_cast<double>(*energies[0].gross) * 1e-6);
                                 }
                                 done.Notify();
                               });
      });
      Pause(rest);
    }
    for (const auto& done : settled) {
      done->WaitForNotification();
    }
    return joules;
  }

 private:
  void OnRunner(const std::function<void()>& task) {
    absl::Notification done;
    runner_.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  const NvidiaMachine& machine_;
  ThreadTaskRunner runner_;
  std::unique_ptr<agent::EnergyAccount> account_;
  std::uint64_t requests_ = 0;
};

// Units of work in `span`.
double Throughput(GpuWork& work, std::chrono::nanoseconds span) {
  const std::int64_t before = work.done();
  work.RunFor(span);
  return static_cast<double>(work.done() - before) / std::chrono::duration<double>(span).count();
}

void RecordOne(const NvidiaMachine& machine, std::chrono::nanoseconds span, GpuWork* work,
               const std::string& path, CheckList& list) {
  auto sampler = machine.NewSampler();
  if (!sampler.ok()) {
    list.Skip(path, std::string(sampler.status().message()));
    return;
  }
  std::vector<std::unique_ptr<agent::Sampler>> samplers;
  samplers.push_back(*std::move(sampler));
  auto recorder = agent::ReadingRecorder::Create(path, machine.gpu().name, std::move(samplers),
                                                 machine.clock());
  if (!recorder.ok()) {
    list.Skip(path, std::string(recorder.status().message()));
    return;
  }
  (*recorder)->Start();
  constexpr milliseconds kHalf(500);
  for (auto left = span; left.count() > 0; left -= 2 * kHalf) {
    if (work != nullptr) {
      work->RunFor(kHalf);
    } else {
      Pause(kHalf);
    }
    Pause(kHalf);
  }
  const absl::Status finished = (*recorder)->Finish();
  list.Verdict(path, finished.ok(), absl::StrCat((*recorder)->readings(), " readings"));
}

}  // namespace

void ListSupport(const NvidiaMachine& machine, CheckList& list) {
  const agent::NvmlDevice& gpu = machine.gpu();
  Show(list, "gpu", gpu.name);
  Show(list, "driver", machine.library().driver_version());
  Show(list, "persistence mode", gpu.is_persistent ? json(*gpu.is_persistent) : json(nullptr));
  Show(list, "MIG", gpu.is_partitioned ? json(*gpu.is_partitioned) : json(nullptr));
  Show(list, "power limit [W]",
       gpu.power_limit_mw ? json(1e-3 * static_cast<double>(*gpu.power_limit_mw)) : json(nullptr));
  const nvml::Functions& f = machine.library().functions();
  Show(list, "has nvmlDeviceGetFieldValues", f.DeviceGetFieldValues != nullptr);
  Show(list, "has nvmlDeviceGetTotalEnergyConsumption",
       f.DeviceGetTotalEnergyConsumption != nullptr);
  Show(list, "has nvmlDeviceGetPowerUsage", f.DeviceGetPowerUsage != nullptr);
  for (const unsigned field :
       {74U, 75U, 83U, 185U, 186U, 190U, 191U, 251U, 252U, 253U, 269U, 270U, 271U}) {
    for (const unsigned scope : {nvml::kScopeGpu, nvml::kScopeModule}) {
      double value = 0;
      const int code = machine.ReadField(field, scope, value);
      Show(list, absl::StrFormat("field %d, scope %d", field, scope),
           code == nvml::kSuccess ? json(value) : json(absl::StrCat("error ", code)));
    }
  }
}

void ProbeSensors(const NvidiaMachine& machine, const CheckTimes& times, GpuWork* work,
                  CheckList& list) {
  constexpr std::array<std::pair<unsigned, const char*>, 3> kSensors = {{
      {nvml::kFieldTotalEnergy, "energy counter (83)"},
      {nvml::kFieldPowerInstant, "instantaneous power (186)"},
      {nvml::kFieldPowerAverage, "mean power (185)"},
  }};
  for (const auto& [field, name] : kSensors) {
    const FieldSeries series = machine.Watch(field, times.probe, work);
    const std::vector<double> gaps = ChangeGapsMs(series.values);
    Show(list, absl::StrCat(name, ": update [ms] p50"), OrNull(Quantile(gaps, 0.5)));
    Show(list, absl::StrCat(name, ": update [ms] p95"), OrNull(Quantile(gaps, 0.95)));
    Show(list, absl::StrCat(name, ": call [us] p50"), OrNull(Quantile(series.call_us, 0.5)));
    Show(list, absl::StrCat(name, ": call [us] p99"), OrNull(Quantile(series.call_us, 0.99)));
  }
}

void MeasureIdle(const NvidiaMachine& machine, const CheckTimes& times, const std::string& state,
                 CheckList& list) {
  Show(list, absl::StrCat("idle, ", state, " [W]"), OrNull(machine.MeanWatts(times.idle, nullptr)));
}

void CompareCounterWithPower(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                             CheckList& list) {
  constexpr double kMostApart = 0.05;
  const std::array<unsigned, 5> held_back = {74, 75, 251, 252, 253};
  std::array<double, 5> before{};
  for (std::size_t i = 0; i < held_back.size(); ++i) {
    machine.ReadField(held_back[i], nvml::kScopeGpu, before[i]);
  }
  std::optional<double> counted;
  std::jthread counter([&] { counted = machine.MeanWatts(times.busy, nullptr); });
  std::vector<TimedValue> watts = machine.Watch(nvml::kFieldPowerInstant, times.busy, &work).values;
  counter.join();
  for (std::size_t i = 0; i < held_back.size(); ++i) {
    double after = 0;
    if (machine.ReadField(held_back[i], nvml::kScopeGpu, after) == nvml::kSuccess) {
      Show(list, absl::StrFormat("busy: field %d grew by [ms]", held_back[i]),
           (after - before[i]) * 1e-6);
    }
  }
  for (TimedValue& value : watts) {
    value.value *= 1e-3;
  }
  if (!counted || watts.size() < 2) {
    list.Skip("counter against integrated power", "one of the two is not there");
    return;
  }
  const double seconds = static_cast<double>(watts.back().at_ns - watts.front().at_ns) * 1e-9;
  const double integrated = TrapezoidJoules(watts) / seconds;
  Show(list, "busy: counter [W]", *counted);
  Show(list, "busy: integrated instantaneous power [W]", integrated);
  list.Verdict("counter against integrated power", std::abs(*counted / integrated - 1) < kMostApart,
               absl::StrFormat("%.2f %% apart, 5 %% allowed", 100 * (*counted / integrated - 1)));
}

void ScatterOfBursts(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                     CheckList& list) {
  auto meter = machine.StartMeter();
  if (!meter.ok()) {
    list.Skip("energy of bursts", std::string(meter.status().message()));
    return;
  }
  BurstMeter bursts(**meter, machine);
  for (const milliseconds on : {milliseconds(500), milliseconds(50)}) {
    const std::vector<double> joules = bursts.Run(work, times.bursts, on, on);
    const std::string name = absl::StrFormat("bursts of %d ms", on.count());
    Show(list, absl::StrCat(name, ": mean energy [J]"), OrNull(Mean(joules)));
    Show(list, absl::StrCat(name, ": scatter (sd / mean)"), OrNull(RelativeScatter(joules)));
    list.Verdict(absl::StrCat(name, ": measured"),
                 2 * joules.size() >= static_cast<std::size_t>(times.bursts),
                 absl::StrFormat("%d of %d have an energy", joules.size(), times.bursts));
  }
}

void InferWindow(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                 CheckList& list) {
  constexpr milliseconds kHalf(55);  // no multiple of what sensors update at
  std::vector<double> watts;
  std::jthread reader([&] {
    for (const TimedValue& value :
         machine.Watch(nvml::kFieldPowerInstant, 4 * times.probe, nullptr).values) {
      watts.push_back(value.value * 1e-3);
    }
  });
  const MonotonicTime end = machine.clock().MonotonicNow() + 4 * times.probe;
  while (machine.clock().MonotonicNow() < end) {
    work.RunFor(kHalf);
    Pause(kHalf);
  }
  reader.join();
  Show(list, "instantaneous power: window [ms] (55: as long, or longer)",
       OrNull(WindowMs(watts, static_cast<double>(kHalf.count()))));
}

void CostOfSampling(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                    CheckList& list) {
  constexpr double kMostCost = 0.005;
  const auto round = times.busy / (4 * times.rounds);
  std::vector<double> costs;
  for (int i = 0; i < times.rounds; ++i) {
    const double without = Throughput(work, round);
    auto sampler = machine.NewSampler();
    if (!sampler.ok()) {
      list.Skip("cost of sampling", std::string(sampler.status().message()));
      return;
    }
    (*sampler)->Start();
    const double with = Throughput(work, round);
    sampler->reset();
    costs.push_back(1 - with / (0.5 * (without + Throughput(work, round))));
  }
  const double cost = *Quantile(costs, 0.5);
  Show(list, "sampling at the defaults slows the work by (median)", cost);
  Show(list, "... of rounds", costs);
  list.Verdict("cost of sampling", cost < kMostCost, absl::StrFormat("%.3f %%", 100 * cost));
}

void RecordTraces(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                  const std::string& folder, CheckList& list) {
  RecordOne(machine, times.trace, nullptr, folder + "/nvidia-idle.readings.zst", list);
  RecordOne(machine, times.trace, &work, folder + "/nvidia-square-500ms.readings.zst", list);
}

}  // namespace wattfleet::hardware
