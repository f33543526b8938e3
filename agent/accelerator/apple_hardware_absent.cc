// For every system but macOS.
#include "agent/accelerator/apple_hardware.h"

namespace wattfleet::agent {

std::optional<AppleHardware> ReadAppleHardware() {
  return std::nullopt;
}

}  // namespace wattfleet::agent
