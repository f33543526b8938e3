// For macOS alone: sysctl, and the I/O registry for the number of GPU cores.
#include <CoreFoundation/CoreFoundation.h>
#include <IOKit/IOKitLib.h>
#include <sys/sysctl.h>

#include "agent/accelerator/apple_hardware.h"

namespace wattfleet::agent {

namespace {

std::string SysctlText(const char* name) {
  char text[256] = {};
  size_t size = sizeof(text) - 1;
  return sysctlbyname(name, text, &size, nullptr, 0) == 0 ? text : "";
}

std::optional<std::uint64_t> SysctlNumber(const char* name) {
  std::uint64_t number = 0;
  size_t size = sizeof(number);
  if (sysctlbyname(name, &number, &size, nullptr, 0) != 0 || size != sizeof(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<int> GpuCores() {
  const io_service_t gpu =
      IOServiceGetMatchingService(MACH_PORT_NULL, IOServiceMatching("AGXAccelerator"));
  if (gpu == IO_OBJECT_NULL) {
    return std::nullopt;
  }
  const CFTypeRef property =
      IORegistryEntryCreateCFProperty(gpu, CFSTR("gpu-core-count"), kCFAllocatorDefault, 0);
  IOObjectRelease(gpu);
  if (property == nullptr) {
    return std::nullopt;
  }
  int cores = 0;
  const bool is_number =
      CFGetTypeID(property) == CFNumberGetTypeID() &&
      CFNumberGetValue(static_cast<CFNumberRef>(property), kCFNumberIntType, &cores);
  CFRelease(property);
  return is_number && cores > 0 ? std::optional(cores) : std::nullopt;
}

}  // namespace

std::optional<AppleHardware> ReadAppleHardware() {
  AppleHardware hardware;
  hardware.brand = SysctlText("machdep.cpu.brand_string");
  if (hardware.brand.rfind("Apple", 0) != 0) {
    return std::nullopt;
  }
  hardware.gpu_cores = GpuCores();
  hardware.memory_bytes = SysctlNumber("hw.memsize");
  return hardware;
}

}  // namespace wattfleet::agent
