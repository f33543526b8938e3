#include "agent/power/amd_metrics.h"

#include <array>
#include <cstddef>
#include <utility>

namespace wattfleet::agent {

namespace {

// Two bytes of size, the form's number and its revision come first.
constexpr std::size_t kHeader = 4;
constexpr std::size_t kForm = 2;
constexpr std::size_t kRevision = 3;

// The unsigned number of `bytes` bytes at `at`, lowest first; the table is that long.
std::uint64_t NumberAt(std::string_view table, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(table[at + i])} << (8 * i);
  }
  return number;
}

std::uint32_t Word(std::string_view table, std::size_t at) {
  return static_cast<std::uint32_t>(NumberAt(table, at, sizeof(std::uint32_t)));
}

// Bits first to last.
constexpr std::uint64_t Bits(int first, int last) {
  return ((std::uint64_t{1} << (last - first + 1)) - 1) << first;
}

// Whether a count of held-back cycles grew by more than 1 % of all.
bool HasGrown(std::uint32_t before, std::uint32_t after, std::uint32_t cycles) {
  const std::uint32_t growth = after - before;
  return before != ~std::uint32_t{0} && after != ~std::uint32_t{0} && growth <= cycles &&
         std::uint64_t{growth} * 100 > cycles;
}

}  // namespace

std::optional<Flags> ThrottleFlagsOf(std::string_view table) {
  // What every kind of card says in the same bits comes last.
  constexpr std::size_t kSize = 120;
  constexpr std::size_t kThrottleStatus = 112;
  constexpr std::uint64_t kPowerLimits = Bits(0, 7);
  constexpr std::uint64_t kHeat = Bits(32, 47);
  if (table.size() < kSize || NumberAt(table, 0, 2) != kSize || table[kForm] != 1 ||
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

std::optional<AmdResidencies> ResidenciesOf(std::string_view table) {
  constexpr std::size_t kCounts = 6;
  constexpr std::size_t kFirst16 = 32;
  constexpr std::size_t kFirst17 = 40;  // behind the memory's bandwidth, which came with 1.7
  if (table.size() < kHeader || table[kForm] != 1 || table[kRevision] < 6 || table[kRevision] > 8) {
    return std::nullopt;
  }
  const std::size_t first = table[kRevision] == 6 ? kFirst16 : kFirst17;
  const std::size_t end = first + kCounts * sizeof(std::uint32_t);
  if (table.size() < end || NumberAt(table, 0, 2) < end || Word(table, first) == ~0U) {
    return std::nullopt;
  }
  return AmdResidencies{.cycles = Word(table, first),
                        .prochot = Word(table, first + 4),
                        .power = Word(table, first + 8),
                        .socket_heat = Word(table, first + 12),
                        .regulator_heat = Word(table, first + 16),
                        .memory_heat = Word(table, first + 20)};
}

std::optional<Flags> ThrottleFlagsBetween(const AmdResidencies& before,
                                          const AmdResidencies& after) {
  const std::uint32_t cycles = after.cycles - before.cycles;
  if (cycles == 0) {
    return std::nullopt;
  }
  const bool is_hot = HasGrown(before.prochot, after.prochot, cycles) ||
                      HasGrown(before.socket_heat, after.socket_heat, cycles) ||
                      HasGrown(before.regulator_heat, after.regulator_heat, cycles) ||
                      HasGrown(before.memory_heat, after.memory_heat, cycles);
  return (is_hot ? kFlagThermalThrottled : 0) |
         (HasGrown(before.power, after.power, cycles) ? kFlagPowerCapped : 0);
}

AmdThrottle::AmdThrottle(const std::string& device_folder) {
  auto file = KeptFile::Open(device_folder + "/gpu_metrics");
  if (file.ok()) {
    file_ = *std::move(file);
  }
}

Flags AmdThrottle::Read() {
  way_ = "not told";
  std::array<char, 512> buffer{};
  std::string_view table;
  if (!file_ || file_->Read(buffer, table) != ReadFault::kNone) {
    last_.reset();
    return 0;
  }
  if (const auto flags = ThrottleFlagsOf(table)) {
    way_ = "current reasons";
    return *flags;
  }
  const std::optional<AmdResidencies> now = ResidenciesOf(table);
  if (!now) {
    last_.reset();
    return 0;
  }
  way_ = "residencies";
  const std::optional<AmdResidencies> before = std::exchange(last_, now);
  flags_ = before ? ThrottleFlagsBetween(*before, *now).value_or(flags_) : 0;
  return flags_;
}

}  // namespace wattfleet::agent
