// For every system but macOS.
#include "agent/power/ioreport/energy_model_reader.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<EnergyModelReader>> OpenEnergyModelReader() {
  return absl::NotFoundError("no Apple chip here (IOReport is a part of macOS)");
}

}  // namespace wattfleet::agent
