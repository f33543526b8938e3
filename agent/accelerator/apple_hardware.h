#ifndef WF_AGENT_ACCELERATOR_APPLE_HARDWARE_H_
#define WF_AGENT_ACCELERATOR_APPLE_HARDWARE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace wattfleet::agent {

// What macOS says of an Apple chip.
struct AppleHardware {
  std::string brand;  // e.g. "Apple M4 Max"
  std::optional<int> gpu_cores;
  std::optional<std::uint64_t> memory_bytes;
};

// This machine's; nothing where it is no Mac with Apple's own chip.
std::optional<AppleHardware> ReadAppleHardware();

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ACCELERATOR_APPLE_HARDWARE_H_
