#ifndef WF_AGENT_ENERGY_ENERGY_METER_H_
#define WF_AGENT_ENERGY_ENERGY_METER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/energy/channel_total.h"
#include "agent/energy/energy_account.h"
#include "common/task/task_runner.h"

namespace wattfleet::agent {

// The sensors, models left out, that see some devices: their own and the whole host's.
struct MeasuredChannels {
  std::vector<std::string> names;                        // sorted
  std::vector<std::chrono::nanoseconds> update_periods;  // of each, in no order
  std::size_t of_devices = 0;                            // those of accelerators
  std::size_t with_temperature = 0;                      // of these, whose source tells one
};

// All that this host can measure, for as long as the agent lives: opens accounts for leases and
// measures loaded-idle baselines. Thread-safe.
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;

  virtual MeasuredChannels Measured(const std::vector<std::string>& device_ids) const = 0;
  bool HasMeasuredChannel(const std::vector<std::string>& device_ids) const {
    return !Measured(device_ids).names.empty();
  }
  // Names of all channels, for Hello.
  virtual std::vector<std::string> ChannelNames() const = 0;

  // An account for a lease whose engine runs on `device_ids` of this host; its callbacks run on
  // `runner`, which outlives it, as does this.
  virtual std::unique_ptr<EnergyAccount> OpenAccount(const std::vector<std::string>& device_ids,
                                                     TaskRunner& runner) = 0;

  // Measures the loaded-idle baseline of those devices now (the engine is up, nothing in flight)
  // and calls `done` on `runner`. At once, where nothing is measured.
  virtual void MeasureBaseline(const std::vector<std::string>& device_ids, TaskRunner& runner,
                               std::function<void()> done) = 0;

  // How often so far a sensor of those devices, or of the host, began or ceased to say that heat
  // holds what it sees back. A change may mean another idle power than was measured.
  virtual std::uint64_t HeatChanges(const std::vector<std::string>& /*device_ids*/) const {
    return 0;
  }

  // All channels, measured and modelled, fixed for its life, and what they have drawn so far, in
  // the same order.
  virtual std::vector<SourceChannel> Channels() const { return {}; }
  virtual std::vector<ChannelTotal> Totals() { return {}; }
};

// A host without sensors.
class NoEnergyMeter final : public EnergyMeter {
 public:
  MeasuredChannels Measured(const std::vector<std::string>&) const override { return {}; }
  std::vector<std::string> ChannelNames() const override { return {}; }
  std::unique_ptr<EnergyAccount> OpenAccount(const std::vector<std::string>&,
                                             TaskRunner&) override {
    return std::make_unique<NoEnergyAccount>();
  }
  void MeasureBaseline(const std::vector<std::string>&, TaskRunner& runner,
                       std::function<void()> done) override {
    runner.Post(std::move(done));
  }
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_ENERGY_METER_H_
