#ifndef WF_AGENT_POWER_AMD_SMI_SHARED_LIBRARY_H_
#define WF_AGENT_POWER_AMD_SMI_SHARED_LIBRARY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// A library found at run time.
class SharedLibrary {
 public:
  // NOT_FOUND names `path`. One without a folder is looked for in /opt/rocm/lib as well.
  static absl::StatusOr<SharedLibrary> Open(const std::string& path);
  SharedLibrary(SharedLibrary&& other) noexcept;
  SharedLibrary& operator=(SharedLibrary&&) = delete;
  ~SharedLibrary();

  // Null when the library has no function of that name.
  template <typename Function>
  void Load(const char* function_name, Function& function) const {
    function = reinterpret_cast<Function>(Symbol(function_name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* Symbol(const char* function_name) const;
  void* handle_;
};

// "0000:c3:00.0" of the number that both libraries give: domain above bit 32 (AMD SMI: 16), then 8
// bits of bus, 5 of device and 3 of function.
std::string BusIdText(std::uint64_t domain, std::uint64_t bus_device_function);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMD_SMI_SHARED_LIBRARY_H_
