#ifndef WF_AGENT_POWER_IOREPORT_IOREPORT_POWER_SOURCE_H_
#define WF_AGENT_POWER_IOREPORT_IOREPORT_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/ioreport/energy_model.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The energy counters of Apple chips, as macOS keeps them in IOReport's Energy Model; needs no
// privilege. One channel for the CPU, the GPU, the neural engine, DRAM and the GPU's SRAM each, all
// dies added. They are models of Apple's, not measurements of a shunt.
//
// macOS may publish the counters in mJ in batches up to 2.3 s apart (seen on M1 and M5 chips under
// macOS 27), so 2.5 s is taken as their period; one that is quiet for five times as long stands
// still and gives no figure. Only the neural engine and the SRAM may honestly stand still: after
// half a second their energy is taken to be 0, and a batch that follows lies in its last part.
class IoReportPowerSource final : public PowerSource {
 public:
  // Option: poll_ms (100). NOT_FOUND: no Mac with Apple's chip.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);
  // Reads from `reader`. NOT_FOUND: it has no energy channel; UNIMPLEMENTED: it has one in a unit
  // that nobody knows; others as `reader` says.
  static absl::StatusOr<std::unique_ptr<PowerSource>> OpenOn(
      const SourceRequest& request, std::unique_ptr<EnergyModelReader> reader);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  IoReportPowerSource(std::unique_ptr<EnergyModelReader> reader, EnergyModel model,
                      std::chrono::nanoseconds poll_period);

  const std::string name_ = "ioreport";
  const std::unique_ptr<EnergyModelReader> reader_;
  EnergyModel model_;
  const std::chrono::nanoseconds poll_period_;
  std::vector<ChannelSpec> specs_;
  // Working memory.
  std::vector<EnergyModelEntry> entries_;
  std::vector<std::optional<std::uint64_t>> counters_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_IOREPORT_IOREPORT_POWER_SOURCE_H_
