#ifndef WF_COORDINATOR_SERVICE_COORDINATOR_LOOP_H_
#define WF_COORDINATOR_SERVICE_COORDINATOR_LOOP_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"

#include "common/domain/session.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"
#include "coordinator/core/coordinator_core.h"
#include "coordinator/service/served_sweep.h"
#include "coordinator/service/session_channel.h"
#include "coordinator/service/worker_pool.h"
#include "coordinator/store/store.h"
#include "coordinator/store/writer.h"

namespace wattfleet::coordinator {

// Turns the core's decisions into deeds: feeds it events one at a time on `runner`, hands its
// batches to the writer (after their grading), its messages to the sessions, its query orders to
// the pool.
//
// `Open...`, `Post...` and `OnRunner` may be called from any thread; everything else runs on the
// runner. Construction order in main: clock, store, pool, runner, loop; destruction in reverse,
// after Stop().
class CoordinatorLoop {
 public:
  struct Collaborators {
    const Clock& clock;
    TaskRunner& runner;
    WorkerPool& pool;
    Store& store;
    std::string data_directory;
    bool keep_traces = true;  // otherwise leases' reading traces are taken and not stored
  };

  CoordinatorLoop(Collaborators world, CoreOptions options, const StoreSnapshot& snapshot);
  ~CoordinatorLoop();
  CoordinatorLoop(const CoordinatorLoop&) = delete;
  CoordinatorLoop& operator=(const CoordinatorLoop&) = delete;

  // Opens the workloads of all unfinished sweeps and starts the clock. Call once, before serving.
  absl::Status Start();
  // Drains the writer; nothing is accepted afterwards.
  void Stop();

  // A peer said Hello: registers its agent, then lets the core decide. The id is valid at once.
  SessionId OpenSession(AgentHello hello, std::shared_ptr<SessionChannel> channel);
  // Any message but Hello and batches.
  void PostMessage(SessionId session, AgentMessage message);
  // A spool frame as it came off the wire; parsed and graded off the runner.
  void PostBatch(SessionId session, ResultBatch batch, std::int64_t wire_bytes);
  void PostClosed(SessionId session);

  // Runs `task` on the runner with the core in view; for operators' questions.
  void OnRunner(std::function<void(CoordinatorLoop&)> task);
  const CoordinatorCore& core() const { return core_; }
  const std::deque<RecordEvent>& recent_events() const { return recent_events_; }
  WorkerPool& pool() { return world_.pool; }
  const std::string& data_directory() const { return world_.data_directory; }
  const std::string& store_health() const { return store_health_; }

  Instant Now() const;
  // On the runner: gives the core an event and does what it says.
  void Apply(const Event& event);
  // Calls `then` on the writer's thread once everything decided so far is on disk.
  void OnceDurable(std::function<void()> then);
  // On the runner: remembers what working on a sweep needs.
  void PutServed(SweepId sweep, std::shared_ptr<const ServedSweep> served);
  const ServedSweep* ServedOf(SweepId sweep) const;
  // Called on the runner after an agent came or went, so that sweeps can be matched to it again.
  void SetFleetChanged(std::function<void(CoordinatorLoop&)> callback);

 private:
  void Tick();
  void Enqueue(StoreBatch batch);
  // Among the events that `status` shows.
  void Remember(const RecordEvent& event);
  void Load(QueryOrder order);

  Collaborators world_;
  CoordinatorCore core_;
  std::map<SessionId, std::shared_ptr<SessionChannel>> channels_;
  std::map<SweepId, std::shared_ptr<const ServedSweep>> served_;
  std::map<const GradedBatch*, std::shared_ptr<absl::Notification>> grading_;
  std::deque<RecordEvent> recent_events_;
  std::string store_health_;
  std::function<void(CoordinatorLoop&)> fleet_changed_;
  std::atomic<std::int64_t> next_session_{1};
  bool stopped_ = false;
  StoreWriter writer_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_COORDINATOR_LOOP_H_
