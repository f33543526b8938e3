#ifndef WF_COMMON_DOMAIN_FLAGS_H_
#define WF_COMMON_DOMAIN_FLAGS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace wattfleet {

// What was unusual about a result or its energy: a set of bits, stored as an integer, shown by
// name. Bits are never reused. The one table is AllFlags(); docs and JSON are made from it.
using Flags = std::uint64_t;

inline constexpr Flags kFlagTruncated = 1ULL << 0;
inline constexpr Flags kFlagParameterDropped = 1ULL << 1;
inline constexpr Flags kFlagPrefixCacheUncontrolled = 1ULL << 2;
inline constexpr Flags kFlagSynthetic = 1ULL << 3;
inline constexpr Flags kFlagReplayed = 1ULL << 4;
inline constexpr Flags kFlagResponseCut = 1ULL << 5;
inline constexpr Flags kFlagTokensEstimated = 1ULL << 6;
inline constexpr Flags kFlagRetried = 1ULL << 7;
inline constexpr Flags kFlagWarmup = 1ULL << 8;
inline constexpr Flags kFlagUnderfilled = 1ULL << 9;
inline constexpr Flags kFlagUntimed = 1ULL << 10;
inline constexpr Flags kFlagShortWindow = 1ULL << 16;
inline constexpr Flags kFlagGap = 1ULL << 17;
inline constexpr Flags kFlagNoPostroll = 1ULL << 18;
inline constexpr Flags kFlagCounterReset = 1ULL << 19;
inline constexpr Flags kFlagCounterStalled = 1ULL << 20;
inline constexpr Flags kFlagCounterSuspect = 1ULL << 21;
inline constexpr Flags kFlagCounterRejected = 1ULL << 22;
inline constexpr Flags kFlagSlowRead = 1ULL << 23;
inline constexpr Flags kFlagSuspended = 1ULL << 24;
inline constexpr Flags kFlagMigShared = 1ULL << 25;
inline constexpr Flags kFlagContended = 1ULL << 26;
inline constexpr Flags kFlagThermalThrottled = 1ULL << 27;
inline constexpr Flags kFlagPowerCapped = 1ULL << 28;
inline constexpr Flags kFlagNotSteady = 1ULL << 29;
inline constexpr Flags kFlagIdleUnknown = 1ULL << 30;
inline constexpr Flags kFlagIdleUnstable = 1ULL << 31;
inline constexpr Flags kFlagEqualShare = 1ULL << 32;
inline constexpr Flags kFlagRemoteServer = 1ULL << 33;
inline constexpr Flags kFlagOnBattery = 1ULL << 34;
inline constexpr Flags kFlagPowerSourceChanged = 1ULL << 35;
inline constexpr Flags kFlagClockStep = 1ULL << 36;
inline constexpr Flags kFlagChannelLost = 1ULL << 37;
inline constexpr Flags kFlagImplausible = 1ULL << 38;
inline constexpr Flags kFlagNotConcurrent = 1ULL << 39;
inline constexpr Flags kFlagPowerIntegrated = 1ULL << 40;

struct FlagRow {
  Flags bit;
  std::string_view name;
  std::string_view meaning;
  bool spoils_energy;  // a result with it has no measured energy figure
  bool spoils_timing;  // a result with it is left out of latency figures
};

// Every flag, in bit order.
std::span<const FlagRow> AllFlags();

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_FLAGS_H_
