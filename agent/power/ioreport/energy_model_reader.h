#ifndef WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_READER_H_
#define WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::agent {

// One channel of IOReport's group "Energy Model": energy since some unknown start.
struct EnergyModelEntry {
  std::string name;  // e.g. "DIE_0_CPU Energy", "EACC_CPU0", "GPU Energy"
  std::string unit;  // as labelled: "mJ", "uJ", "nJ"; may be padded with blanks
  std::int64_t value = 0;
};

// What macOS counts of its own chip. Used by one thread.
class EnergyModelReader {
 public:
  virtual ~EnergyModelReader() = default;
  // Overwrites `entries` with all channels of the group, in any order; a name may occur more than
  // once. UNAVAILABLE: not this time.
  virtual absl::Status Read(std::vector<EnergyModelEntry>& entries) = 0;
};

// This machine's. NOT_FOUND where it is no Mac with Apple's own chip.
absl::StatusOr<std::unique_ptr<EnergyModelReader>> OpenEnergyModelReader();

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_READER_H_
