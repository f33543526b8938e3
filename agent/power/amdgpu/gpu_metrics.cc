#include "agent/power/amdgpu/gpu_metrics.h"

#include <cstddef>
#include <cstdint>

namespace wattfleet::agent {

namespace {

// The unsigned number of `bytes` bytes at `at`, lowest first; the table is that long.
std::uint64_t NumberAt(std::string_view table, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(table[at + i])} << (8 * i);
  }
  return number;
}

// Bits first to last.
constexpr std::uint64_t Bits(int first, int last) {
  return ((std::uint64_t{1} << (last - first + 1)) - 1) << first;
}

}  // namespace

std::optional<Flags> ThrottleFlagsOf(std::string_view table) {
  // Two bytes of size, the format's number and its revision; what every kind of card says in the
  // same bits comes last.
  constexpr std::size_t kSize = 120;
  constexpr std::size_t kFormat = 2;
  constexpr std::size_t kRevision = 3;
  constexpr std::size_t kThrottleStatus = 112;
  constexpr std::uint64_t kPowerLimits = Bits(0, 7);
  constexpr std::uint64_t kHeat = Bits(32, 47);
  if (table.size() < kSize || NumberAt(table, 0, 2) != kSize || table[kFormat] != 1 ||
      table[kRevision] != 3) {
    return std::nullopt;
  }
  const std::uint64_t status = NumberAt(table, kThrottleStatus, sizeof(std::uint64_t));
  if (status == ~std::uint64_t{0}) {
    return std::nullopt;
  }
  return ((status & kHeat) != 0 ? kFlagThermalThrottled : 0) |
         ((status & kPowerLimits) != 0 ? kFlagPowerCapped : 0);
}

}  // namespace wattfleet::agent
