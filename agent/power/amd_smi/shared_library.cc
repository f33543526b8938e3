#include "agent/power/amd_smi/shared_library.h"

#include <utility>

#include "absl/strings/str_format.h"
#include <dlfcn.h>

#include "agent/power/remedy.h"

namespace wattfleet::agent {

absl::StatusOr<SharedLibrary> SharedLibrary::Open(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr && path.find('/') == std::string::npos) {
    handle = dlopen(("/opt/rocm/lib/" + path).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    return WithRemedy(absl::NotFoundError(absl::StrFormat("no AMD GPU library here (%s)", path)),
                      "with an AMD GPU: install ROCm's amd-smi-lib; without it the amdgpu source "
                      "reads the kernel's own power value");
  }
  return SharedLibrary(handle);
}

SharedLibrary::SharedLibrary(SharedLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) {
    dlclose(handle_);
  }
}

void* SharedLibrary::Symbol(const char* function_name) const {
  return dlsym(handle_, function_name);
}

std::string BusIdText(std::uint64_t domain, std::uint64_t bus_device_function) {
  return absl::StrFormat("%04x:%02x:%02x.%x", domain, (bus_device_function >> 8) & 0xff,
                         (bus_device_function >> 3) & 0x1f, bus_device_function & 0x7);
}

}  // namespace wattfleet::agent
