#ifndef WF_AGENT_CORE_LEASE_RUN_H_
#define WF_AGENT_CORE_LEASE_RUN_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/core/agent_settings.h"
#include "agent/drive/concurrency_probe.h"
#include "agent/drive/driver.h"
#include "agent/drive/engine_slots.h"
#include "agent/energy/energy_account.h"
#include "agent/engine/engine_supervisor.h"
#include "common/domain/session.h"

namespace wattfleet::agent {

// Where a lease runs; outlives it.
struct LeasePlace {
  const InstanceOffer& offer;  // the one that the grant names
  QueryGuard guard;
  std::string steady_by;               // MeasuringRules::steady_by
  std::shared_ptr<EngineSlots> slots;  // shared with the leases of the pair before and after it
};

// One granted lease on this agent: waits for its turn, makes the engine ready, checks the seal,
// sees that the engine overlaps the requests of a served pair, drives its units, packs results into
// batches, and says how it ended in its last one. Confined to the runner.
//
// A lease of a served pair may follow the one before it without a break: its units fill the slots
// that the other's tail leaves free. Who came first looks after the engine for both.
class LeaseRun final : private Driver::Receiver {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnBatch(ResultBatch batch) = 0;
    // Whether the devices' loaded-idle power has to be measured for the run's environment now.
    virtual bool NeedsBaseline(const LeaseRun& run) = 0;
    virtual void OnBaseline(const LeaseRun& run) = 0;
    // The warm-up of the instance's engine; begun anew where the environment is another than
    // before.
    virtual WarmUp& WarmUpOf(const LeaseRun& run) = 0;
    // Whether the engine has yet to show that it overlaps the requests of the run's environment.
    virtual bool NeedsProof(const LeaseRun& run) = 0;
    virtual void OnProven(const LeaseRun& run) = 0;
    // It does not, `why` in one line: refuse the other leases of the pair that wait there.
    virtual void OnNotConcurrent(const LeaseRun& run, const std::string& why) = 0;
    // Whether no started run of the instance is ahead of this one.
    virtual bool LooksAfterEngine(const LeaseRun& run) = 0;
    // A run may be able to follow another one now.
    virtual void OnMayFollow() = 0;
    // What goes wrong with the engine, one line; empty when it answers again.
    virtual void OnTrouble(const std::string& what) = 0;
    // After the batch that closes the lease. The run must outlive the call.
    virtual void OnClosed(LeaseRun& run) = 0;
  };

  // All references outlive the run.
  LeaseRun(const LeaseGrant& grant, const AgentSettings& settings, LeasePlace place,
           const AgentParts& parts, DriveWorld& world, Owner& owner);
  ~LeaseRun() override;

  void Add(LeaseQueries queries);
  // It is this run's turn.
  void Start();
  // Whether this one, not yet started, may begin while the last units of `before` are in flight:
  // same pair, on an engine that has shown lately who it is and what it draws when idle.
  bool CanFollow(const LeaseRun& before) const;
  // It is this run's turn, on the engine of `before`.
  void Follow(const LeaseRun& before);
  void Hold(bool held) { driver_.Hold(held); }
  // Sends nothing more, reports what is finished or about to be, and closes as released.
  void Finish(const std::string& why);
  // As Finish, and cancels what is in flight.
  void Stop(const std::string& why);
  // Closes: the engine does not overlap the pair's requests.
  void Refuse(const std::string& why);
  // The connection that was bringing its queries is gone: it will do with those it has.
  void OnDisconnected();

  const LeaseGrant& grant() const { return grant_; }
  const Environment& environment() const { return environment_; }
  // Served, and its last units are in flight.
  bool is_in_tail() const;
  // Drives units where sensors see its engine, and has more of them to send.
  bool MayBeCut() const {
    return stage_ == Stage::kDriving && !is_ending_ && is_seen_ && !driver_.has_sent_all();
  }
  bool is_started() const { return stage_ != Stage::kWaiting; }
  bool is_ending() const { return is_ending_; }
  bool is_closed() const { return stage_ == Stage::kClosed; }
  LeaseProgress progress() const;

  // The lease is ours until then, as far as this host knows.
  MonotonicTime expires() const { return expires_; }
  // A heartbeat that was sent at `sent` has been answered.
  void Renew(MonotonicTime sent) { expires_ = std::max(expires_, sent + grant_.ttl); }

 private:
  enum class Stage { kWaiting, kPreparing, kDriving, kClosed };

  void OnResult(Result result) override;
  void OnAllSent() override;
  void OnEngineSuspect(const std::string& why) override;
  void OnEnd(DriveReport report) override;

  void Acquire();
  // Tells who watches for other programs whose work is the engine's, or that it has ended.
  void EnterWatch();
  void LeaveWatch();
  void OnEngine(absl::StatusOr<ReadyEngine> engine);
  void OnEngineMissing(const absl::Status& status);
  void Prove();
  void OnProbed(const absl::StatusOr<Overlap>& overlap);
  void MeasureBaseline();
  void Drive();
  DriveEngine EngineToDrive() const;
  void EndAs(LeaseOutcome outcome, std::string message);
  LeaseOutcome OutcomeOf(const DriveReport& report) const;
  std::vector<LedgerEntry> CloseBooks();
  void SendTrace(const std::string& trace);
  ResultBatch NewBatch() const;
  void FlushSoon();
  void Flush();
  // `task` unless the run is gone or closed by then.
  std::function<void()> WhileOpen(std::function<void()> task) const;

  const LeaseGrant grant_;
  const AgentSettings& settings_;
  const LeasePlace place_;
  const InstanceOffer& instance_;
  const AgentParts& parts_;
  DriveWorld& world_;
  Owner& owner_;
  std::unique_ptr<EnergyAccount> account_;  // outlives the driver
  bool has_account_ = false;                // opened, not only the empty one
  bool is_seen_ = false;                    // the engine works where this host's sensors are
  ReadyEngine engine_;
  std::optional<ContentionWatch::Stay> stay_;  // of engine_
  MonotonicTime engine_since_{};               // when the engine last said who it is
  std::shared_ptr<ConcurrencyProbe> probe_;
  Driver driver_;

  Stage stage_ = Stage::kWaiting;
  bool is_ending_ = false;
  bool lost_queries_ = false;
  bool was_suspect_ = false;       // the engine, since requests were last sent
  std::int32_t engine_tries_ = 0;  // since it last answered
  std::optional<LeaseOutcome> outcome_;
  std::string message_;
  Environment environment_;
  MonotonicTime expires_;
  std::optional<MonotonicTime> driving_since_;

  std::vector<Result> results_;
  std::size_t result_bytes_ = 0;
  bool flush_is_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_LEASE_RUN_H_
