#ifndef WF_AGENT_ENERGY_SAMPLED_ENERGY_METER_H_
#define WF_AGENT_ENERGY_SAMPLED_ENERGY_METER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/energy/baseline_run.h"
#include "agent/energy/energy_meter.h"
#include "agent/energy/metered_host.h"
#include "agent/energy/sampled_energy_account.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct MeterOptions {
  AccountOptions account;
  BaselineOptions baseline;
};

// Measures with this host's power sources. An account has the channels of its lease's devices and
// those of the whole host; leases that share a channel share its energy.
class SampledEnergyMeter final : public EnergyMeter {
 public:
  // `clock` outlives this, and what this opens.
  SampledEnergyMeter(std::vector<std::unique_ptr<Sampler>> samplers, const Clock& clock,
                     const MeterOptions& options = {});

  // Starts sampling. Tests poll their samplers instead.
  void Start() { host_->Start(); }

  MeasuredChannels Measured(const std::vector<std::string>& device_ids) const override;
  std::vector<std::string> ChannelNames() const override;
  std::unique_ptr<EnergyAccount> OpenAccount(const std::vector<std::string>& device_ids,
                                             TaskRunner& runner) override;
  // Modelled channels have no baseline: their idle energy is split by time.
  void MeasureBaseline(const std::vector<std::string>& device_ids, TaskRunner& runner,
                       std::function<void()> done) override;
  std::uint64_t HeatChanges(const std::vector<std::string>& device_ids) const override;
  std::vector<SourceChannel> Channels() const override;
  std::vector<ChannelTotal> Totals() override;

 private:
  std::vector<std::size_t> MeasuredChannelsOf(const std::vector<std::string>& device_ids) const;

  const Clock& clock_;
  const MeterOptions options_;
  // Shared with the baseline runs under way, which let go of it when this ends.
  const std::shared_ptr<MeteredHost> host_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_SAMPLED_ENERGY_METER_H_
