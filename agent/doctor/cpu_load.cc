#include "agent/doctor/cpu_load.h"

#include <algorithm>
#include <cstddef>
#include <stop_token>

#include "absl/strings/str_format.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kDoublesPerThread = (std::size_t{16} << 20) / sizeof(double);

void Spin(const std::stop_token& stop) {
  std::vector<double> memory(kDoublesPerThread, 1.0);
  while (!stop.stop_requested()) {
    for (double& value : memory) {
      value = value * 1.000000001 + 1e-9;
    }
    // Read from outside what the compiler knows, so that the work is not left out.
    [[maybe_unused]] const volatile double seen = memory.back();
  }
}

unsigned Cores() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

CpuLoad::CpuLoad() {
  reach_.what = absl::StrFormat("arithmetic on every core of the processor (%d)", Cores());
  reach_.parts = kPartCpu | kPartDram;
}

absl::Status CpuLoad::Start() {
  for (unsigned i = 0; i < Cores(); ++i) {
    threads_.emplace_back(Spin);
  }
  return absl::OkStatus();
}

absl::Status CpuLoad::Stop() {
  threads_.clear();  // asks each to stop, and joins it
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
