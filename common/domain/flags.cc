#include "common/domain/flags.h"

#include <array>

namespace wattfleet {

namespace {

constexpr std::array kRows = std::to_array<FlagRow>({
    {kFlagTruncated, "TRUNCATED", "cut at max_output_tokens; graded as it stands", false, false},
    {kFlagParameterDropped, "PARAMETER_DROPPED", "the engine ignores a requested parameter", false,
     false},
    {kFlagPrefixCacheUncontrolled, "PREFIX_CACHE_UNCONTROLLED",
     "the engine's prefix cache could not be turned off or defeated", false, false},
    {kFlagSynthetic, "SYNTHETIC", "made-up answer of the test backend", true, true},
    {kFlagReplayed, "REPLAYED", "answer read from a recording: no model ran", true, false},
    {kFlagResponseCut, "RESPONSE_CUT", "stored body cut at its size limit", false, false},
    {kFlagTokensEstimated, "TOKENS_ESTIMATED", "token counts are not the engine's own", false,
     false},
    {kFlagRetried, "RETRIED", "an earlier try of this unit failed", false, false},
    {kFlagWarmup, "WARMUP", "inside the warm-up; kept out of figures", false, true},
    {kFlagUnderfilled, "UNDERFILLED", "fewer requests in flight than the condition says", false,
     true},
    {kFlagUntimed, "UNTIMED", "a recording without its own timing", false, true},
    {kFlagShortWindow, "SHORT_WINDOW", "shorter than ten sensor periods: good in sums only", false,
     false},
    {kFlagGap, "GAP", "a gap in the readings touched this result", false, false},
    {kFlagNoPostroll, "NO_POSTROLL", "the last reading came too late", false, false},
    {kFlagCounterReset, "COUNTER_RESET", "the energy counter restarted", true, false},
    {kFlagCounterStalled, "COUNTER_STALLED", "the energy counter stood still", true, false},
    {kFlagCounterSuspect, "COUNTER_SUSPECT", "the counter disagrees with power", false, false},
    {kFlagCounterRejected, "COUNTER_REJECTED", "the counter failed its start-up check", true,
     false},
    {kFlagSlowRead, "SLOW_READ", "a reading took longer than a quarter of its period", false,
     false},
    {kFlagSuspended, "SUSPENDED", "the machine slept during this result", true, true},
    {kFlagMigShared, "MIG_SHARED", "the device is partitioned and its sensor is shared", true,
     false},
    {kFlagContended, "CONTENDED", "other programs used the device", true, true},
    {kFlagThermalThrottled, "THERMAL_THROTTLED", "throttled by heat or power brake", false, false},
    {kFlagPowerCapped, "POWER_CAPPED", "ran at its power limit", false, false},
    {kFlagNotSteady, "NOT_STEADY", "power or temperature had not settled", false, false},
    {kFlagIdleUnknown, "IDLE_UNKNOWN", "no baseline: idle energy split by time", false, false},
    {kFlagIdleUnstable, "IDLE_UNSTABLE",
     "no stable baseline was found, or it drifted by more than 5 %", false, false},
    {kFlagEqualShare, "EQUAL_SHARE", "shared by presence: token times unknown", false, false},
    {kFlagRemoteServer, "REMOTE_SERVER", "the engine runs on another host than the sensor", true,
     false},
    {kFlagOnBattery, "ON_BATTERY", "ran on battery", false, false},
    {kFlagPowerSourceChanged, "POWER_SOURCE_CHANGED", "mains and battery changed over", true,
     false},
    {kFlagClockStep, "CLOCK_STEP", "a clock jumped", true, true},
    {kFlagChannelLost, "CHANNEL_LOST", "the sensor vanished", true, false},
    {kFlagImplausible, "IMPLAUSIBLE", "outside what the device can draw", true, false},
    {kFlagNotConcurrent, "NOT_CONCURRENT", "the engine did not overlap requests", false, true},
    {kFlagPowerIntegrated, "POWER_INTEGRATED",
     "power was integrated: the counter has not passed its check", false, false},
});

}  // namespace

std::span<const FlagRow> AllFlags() {
  return kRows;
}

}  // namespace wattfleet
