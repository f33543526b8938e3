#ifndef WF_AGENT_DOCTOR_SELF_TEST_H_
#define WF_AGENT_DOCTOR_SELF_TEST_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/doctor/load.h"
#include "agent/doctor/sensor_probe.h"
#include "agent/energy/live_power.h"

namespace wattfleet::agent {

// What the self-test found of one channel.
enum class Reaction {
  kTellsLoadFromIdle,
  kDoesNotReact,
  kSilent,     // brought no measured energy in one of the phases
  kNotLoaded,  // no load could be made on what it sees
  kTooSlow,    // changes too seldom for phases of this length
};
// "tells load from idle", for people and files.
std::string ReactionName(Reaction reaction);

struct ChannelTrial {
  std::size_t channel = 0;  // of the LivePower
  std::optional<double> idle_watts;
  std::optional<double> load_watts;
  Reaction reaction = Reaction::kNotLoaded;
};

// A load that was made, or why it was not.
struct LoadTrial {
  LoadReach reach;
  std::string failure;  // empty: it ran
};

struct SelfTestOptions {
  std::chrono::seconds phase{5};   // idle, and as long under load
  std::chrono::seconds settle{2};  // before each: clocks and averages follow within this
};

struct SelfTest {
  std::vector<ChannelTrial> channels;  // one for each channel that is a sensor
  std::vector<LoadTrial> loads;
  bool was_stopped = false;  // by `wait`; the verdicts are then void
};

// Watches `power` while the machine is left alone and while all of `loads` run, and judges each
// channel that is a sensor by the means of its one-second windows.
SelfTest RunSelfTest(LivePower& power, const std::vector<std::unique_ptr<Load>>& loads,
                     const Wait& wait, const SelfTestOptions& options);

// Whether power under load stands out from power when idle: by more than three standard errors of
// the difference, and by more than 2 % of idle. Both have at least three windows.
bool StandsOut(std::span<const double> idle_watts, std::span<const double> load_watts);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_SELF_TEST_H_
