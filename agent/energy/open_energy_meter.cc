#include "agent/energy/open_energy_meter.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "agent/power/pmset_supply.h"
#include "agent/power/sampler.h"
#include "agent/power/supply_state.h"
#include "agent/power/update_probe.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// Each sampler has a watcher of its own, as each has its thread; a process that tells is asked for
// all of them.
SamplerOptions WatchingSupply(const std::string& sysfs_root,
                              const std::shared_ptr<PmsetSupply>& pmset) {
  SamplerOptions options;
  const auto watcher = std::make_shared<const SupplyWatcher>(sysfs_root);
  if (watcher->is_able()) {
    options.supply = [watcher] { return watcher->Read(); };
  } else if (pmset != nullptr) {
    options.supply = [pmset] { return pmset->Read(); };
  }
  return options;
}

void WaitUntil(const Clock& clock, MonotonicTime until) {
  absl::Notification never;
  never.WaitForNotificationWithTimeout(absl::FromChrono(until - clock.MonotonicNow()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EnergyMeter>> OpenEnergyMeter(const PowerConfig& config,
                                                             const BaselineOptions& baseline,
                                                             const Clock& clock) {
  WF_ASSIGN_OR_RETURN(auto sources, OpenPowerSources(config));
  if (sources.empty()) {
    return std::make_unique<NoEnergyMeter>();
  }
  const std::shared_ptr<PmsetSupply> pmset = PmsetSupply::Open(kPmset, clock);
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (std::unique_ptr<PowerSource>& source : sources) {
    const auto periods = ProbeUpdatePeriods(*source, clock, {.wait_until = WaitUntil});
    samplers.push_back(std::make_unique<Sampler>(WithProbedPeriods(std::move(source), periods),
                                                 clock,
                                                 WatchingSupply(config.paths.sysfs_root, pmset)));
  }
  MeterOptions options;
  options.baseline = baseline;
  auto meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), clock, options);
  meter->Start();
  return meter;
}

}  // namespace wattfleet::agent
