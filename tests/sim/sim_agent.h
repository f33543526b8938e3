#ifndef WF_TESTS_SIM_SIM_AGENT_H_
#define WF_TESTS_SIM_SIM_AGENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/agent_core.h"
#include "agent/energy/energy_meter.h"
#include "agent/spool/memory_spool.h"
#include "common/random/random.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/sim_link.h"

namespace wattfleet::testing {

struct SimAgentTraits {
  std::string name;
  EngineFaults engine;
};

// One production agent in virtual time. It can die and come back; its spool outlives it.
class SimAgent {
 public:
  SimAgent(SimWorld& world, SimCoordinator& coordinator, const NetworkFaults& network,
           SimAgentTraits traits);
  ~SimAgent();

  bool is_up() const { return life_ != nullptr; }
  void Start();
  // Dies now, between two tasks; starts anew after `down`.
  void Crash(std::chrono::nanoseconds down);
  // The cable is pulled.
  void BreakLink();
  std::uint64_t unacknowledged_frames() const { return spool_.next_seq() - spool_.retained_from(); }

 private:
  // What dies with the process. Kept until the end of the run, since tasks already posted refer to
  // it.
  struct Life;

  SimWorld& world_;
  SimCoordinator& coordinator_;
  const NetworkFaults& network_;
  const SimAgentTraits traits_;
  agent::MemorySpool spool_;
  std::uint64_t incarnation_ = 0;
  std::unique_ptr<Life> life_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SIM_SIM_AGENT_H_
