#ifndef WF_TESTS_SIM_SIM_LINK_H_
#define WF_TESTS_SIM_SIM_LINK_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "agent/link/coordinator_link.h"
#include "tests/sim/sim_coordinator.h"
#include "tests/support/sim_world.h"

namespace wattfleet::testing {

struct NetworkFaults {
  std::chrono::milliseconds delay_max{20};
  // Of each message, that the stream breaks while it is under way: it and all behind it are lost,
  // and the two ends notice at different times.
  double break_chance = 0;
  // When set, no dial succeeds.
  bool partitioned = false;
};

// A stream of an agent to the simulated coordinator: in order, delayed, and broken now and then as
// the world's seed says.
class SimLink final : public agent::CoordinatorLink,
                      public SimCoordinator::Peer,
                      public std::enable_shared_from_this<SimLink> {
 public:
  SimLink(SimWorld& world, SimCoordinator& coordinator, const NetworkFaults& faults)
      : world_(world), coordinator_(coordinator), faults_(faults) {}

  void Connect(const AgentHello& hello, Receiver& receiver) override;
  void Send(AgentMessage message) override;
  void Disconnect() override;

  void Receive(CoordinatorMessage message) override;
  void Closed() override;

  // Cuts the stream as a pulled cable would.
  void Break();
  // The process at the agent's end died: nobody hears of anything any more, and the link stays only
  // until what is under way has arrived.
  static void Abandon(const std::shared_ptr<SimLink>& link);

 private:
  // When a message that leaves now arrives, not before the one ahead of it.
  std::chrono::nanoseconds Arrival(MonotonicTime& last);

  SimWorld& world_;
  SimCoordinator& coordinator_;
  const NetworkFaults& faults_;
  Receiver* receiver_ = nullptr;
  std::uint64_t stream_ = 0;  // of the current one; what belongs to an earlier one is dropped
  bool up_ = false;
  std::optional<SessionId> session_;
  MonotonicTime last_up_{};
  MonotonicTime last_down_{};
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SIM_SIM_LINK_H_
