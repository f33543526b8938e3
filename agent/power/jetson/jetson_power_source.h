#ifndef WF_AGENT_POWER_JETSON_JETSON_POWER_SOURCE_H_
#define WF_AGENT_POWER_JETSON_JETSON_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// What a rail of a Jetson board feeds, by its label; nothing for rails whose part of the machine no
// scope names (they are left out). VDD_IN and POM_5V_IN feed the whole machine. VIN_SYS_5V0 of AGX
// Orin is no such rail, whatever its name: it feeds the ports.
std::optional<Scope> ScopeOfRail(std::string_view label);

// The INA3221 monitors of Jetson boards: one power channel per rail whose label is known. Both
// layouts of sysfs: hwmon (voltage and current of inputs 1 to 3; 4 to 7 are shunt voltages) and the
// industrial I/O files of older L4T (power). A monitor that averages for longer than the time
// between reads is a mean over that window, from `update_interval`; one that does not sees part of
// the time.
class JetsonPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (100), sysfs_root. NOT_FOUND: no such monitor; UNIMPLEMENTED: none of its
  // rails is known; PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  // Two files, or one that says the power.
  struct Rail {
    std::string label;
    std::string folder;
    std::optional<KeptFile> millivolts;
    std::optional<KeptFile> milliamperes;
    std::optional<KeptFile> milliwatts;
    std::chrono::nanoseconds window{0};  // 0: not told
  };
  JetsonPowerSource() = default;
  static absl::Status AddHwmonRails(const std::string& folder, std::vector<Rail>& rails);
  static absl::Status AddIioRails(const std::string& folder, std::vector<Rail>& rails);
  static absl::Status FindRails(const std::string& sysfs_root, std::vector<Rail>& rails);
  void AddChannel(Rail rail, Scope scope);
  static ReadFault ReadPair(const Rail& rail, std::uint64_t& microwatts);

  const std::string name_ = "jetson";
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<Rail> rails_;  // one per channel
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_JETSON_JETSON_POWER_SOURCE_H_
