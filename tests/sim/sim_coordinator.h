#ifndef WF_TESTS_SIM_SIM_COORDINATOR_H_
#define WF_TESTS_SIM_SIM_COORDINATOR_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/session.h"
#include "coordinator/core/coordinator_core.h"
#include "coordinator/store/memory_store.h"
#include "tests/support/sim_world.h"

namespace wattfleet::testing {

// The production core over a MemoryStore in virtual time: commits take a while and come in groups,
// and the process can die between any two tasks. Breaks the promise it is told to break, if any, so
// that the invariants can be seen to notice.
class SimCoordinator {
 public:
  // The coordinator's end of a stream.
  class Peer {
   public:
    virtual ~Peer() = default;
    virtual void Receive(CoordinatorMessage message) = 0;
    virtual void Closed() = 0;
  };

  SimCoordinator(SimWorld& world, coordinator::CoreOptions options);

  bool is_up() const { return core_.has_value(); }
  // A stream arrived with its Hello; nullopt while the process is down.
  std::optional<SessionId> Open(const AgentHello& hello, Peer& peer);
  void Deliver(SessionId session, AgentMessage message);
  void Broken(SessionId session);

  // Dies now, losing all that is not committed, and comes back after `down`.
  void Crash(std::chrono::nanoseconds down);
  void Submit(coordinator::SweepSubmitted sweep);

  // Finished, with or without gaps.
  bool SweepDone() const;
  const coordinator::MemoryStore& store() const { return store_; }
  const coordinator::CoordinatorCore& core() const { return *core_; }
  // What was found broken so far, one line each; empty on a healthy run.
  const std::vector<std::string>& violations() const { return violations_; }
  // Looks at every row; for the end of a run.
  void CheckStore();
  std::int64_t acknowledged_frames() const { return acknowledged_frames_; }

 private:
  struct Frame {
    PairId pair;
    std::vector<Unit> units;
  };
  void Start();
  void Tick(std::uint64_t generation);
  void Step(const coordinator::Event& event);
  void Commit(std::uint64_t generation);
  void CheckAck(SessionId session, const ResultAck& ack);
  void CheckCounts();

  SimWorld& world_;
  const coordinator::CoreOptions options_;
  coordinator::MemoryStore store_;
  std::optional<coordinator::CoordinatorCore> core_;
  std::uint64_t generation_ = 0;  // of the process; tasks of an earlier one do nothing
  std::deque<coordinator::StoreBatch> uncommitted_;
  bool committing_ = false;
  std::map<SessionId, Peer*> peers_;
  std::map<SessionId, std::string> names_;
  std::map<std::pair<std::string, std::uint64_t>, Frame> frames_;  // (agent, seq) -> what it holds
  std::map<std::string, std::uint64_t> acknowledged_;
  std::vector<std::string> violations_;
  std::int64_t next_session_ = 1;
  std::int64_t acknowledged_frames_ = 0;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SIM_SIM_COORDINATOR_H_
