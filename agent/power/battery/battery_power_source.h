#ifndef WF_AGENT_POWER_BATTERY_BATTERY_POWER_SOURCE_H_
#define WF_AGENT_POWER_BATTERY_BATTERY_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "agent/power/supply_state.h"

namespace wattfleet::agent {

// What a laptop's batteries give, display and all: one power channel of the whole machine, with a
// value only while every battery discharges and the mains is off. Batteries tell a mean over some
// seconds that nobody states; 6 s are taken, so that no span below a minute has a figure. Untested
// on hardware.
class BatteryPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (2000), sysfs_root. NOT_FOUND: no battery; UNIMPLEMENTED: one that does not
  // tell its power; PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  struct Battery {
    KeptFile status;
    std::optional<KeptFile> microwatts;
    std::optional<KeptFile> microamperes;
    std::optional<KeptFile> microvolts;
  };
  explicit BatteryPowerSource(SupplyWatcher supply) : supply_(std::move(supply)) {}
  static absl::StatusOr<Battery> OpenBattery(const std::string& folder);
  // Its power, which must be that of a discharge.
  static ReadFault ReadBattery(const Battery& battery, std::uint64_t& microwatts);

  const std::string name_ = "battery";
  std::chrono::nanoseconds poll_period_{0};
  SupplyWatcher supply_;
  std::vector<Battery> batteries_;
  std::vector<ChannelSpec> specs_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_BATTERY_BATTERY_POWER_SOURCE_H_
