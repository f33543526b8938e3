#ifndef WF_AGENT_CORE_AGENT_SETTINGS_H_
#define WF_AGENT_CORE_AGENT_SETTINGS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/contention/contention_watch.h"
#include "agent/drive/driver.h"
#include "agent/drive/warm_up.h"
#include "agent/energy/energy_meter.h"
#include "agent/engine/engine_supervisor.h"
#include "agent/link/coordinator_link.h"
#include "agent/spool/spool.h"
#include "common/domain/fleet.h"
#include "common/random/random.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Idle time between the queries of an isolated pair where a sensor sees its devices
// (energy.md 5.4).
struct GuardRule {
  // Instead of two updates of the slowest sensor that can tell queries apart; 0 = none.
  std::optional<std::chrono::nanoseconds> pause;
  std::chrono::nanoseconds skip_above = QueryGuard{}.skip_above;
};

struct AgentSettings {
  std::string name;
  std::string version;
  std::uint64_t incarnation = 1;
  std::vector<InstanceOffer> instances;  // their engines are asked of the supervisor
  GuardRule guard;
  std::map<std::string, std::string> host_facts;  // os, driver, cpu, ...: part of every environment
  // Those that may change while the agent runs (power_supply, power_mode), asked for each
  // environment; they replace those above. May be empty.
  std::function<std::map<std::string, std::string>()> changing_facts;
  WarmUpOptions warm_up;
};

// The world as the agent's core sees it. All of it outlives the core; all of it is used on the
// runner.
struct AgentParts {
  TaskRunner& runner;
  const Clock& clock;
  Random& random;
  CoordinatorLink& link;
  Spool& spool;
  EngineSupervisor& engines;
  EnergyMeter& meter;
  ContentionWatch* contention = nullptr;         // nullptr: nobody watches
  std::function<void(const std::string&)> note;  // one line for the log
};

// Bounds of the agent's side of the protocol; docs/protocol.md gives the reasons.
inline constexpr std::size_t kBatchResults = 200;
inline constexpr std::size_t kBatchBytes = 64U << 10;
inline constexpr std::chrono::milliseconds kBatchAge{200};
// With units to send: one runs, one is ready. Served ones whose last units are in flight come on
// top, as many as the coordinator grants.
inline constexpr std::size_t kLeasesPerInstance = 2;
// A sensor that changes less often tells no short query from the next, however long the pause.
inline constexpr std::chrono::seconds kGuardedUpdate{1};
inline constexpr double kSpoolNoMoreWork = 0.80;  // of the quota
inline constexpr double kSpoolHold = 0.95;
inline constexpr std::size_t kSyncBytes = 256U << 10;  // while there is no session
inline constexpr std::chrono::seconds kSyncAge{1};
inline constexpr std::chrono::seconds kWelcomePatience{15};
inline constexpr std::chrono::seconds kShutdownGrace{10};  // for requests in flight
inline constexpr std::chrono::seconds kSettleGrace{3};     // for their energy and their hand-over
inline constexpr std::chrono::seconds kOfferAge{60};
inline constexpr std::chrono::seconds kRefusalAge{10};  // for grants on their way
// So old, an engine's idle power and what it said of itself are asked for anew; until then leases
// of a served pair may follow each other without a break.
inline constexpr std::chrono::minutes kBaselineAge{30};
// As old as that where heat began or ceased to hold a device back since. Not sooner: one that does
// so at every query would be measured without end.
inline constexpr std::chrono::minutes kHeatedBaselineAge{10};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_AGENT_SETTINGS_H_
