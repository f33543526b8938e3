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
#include "agent/drive/driver.h"
#include "agent/energy/energy_account.h"
#include "agent/engine/engine_supervisor.h"
#include "common/domain/session.h"

namespace wattfleet::agent {

// One granted lease on this agent: waits for its turn, makes the engine ready, checks the seal,
// drives its units, packs results into batches, and says how it ended in its last one. Confined to
// the runner.
class LeaseRun final : private Driver::Receiver {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnBatch(ResultBatch batch) = 0;
    // Whether the devices' loaded-idle power has to be measured for this engine now.
    virtual bool NeedsBaseline(const LeaseRun& run, const EngineIdentity& identity) = 0;
    virtual void OnBaseline(const LeaseRun& run, const EngineIdentity& identity) = 0;
    // The warm-up of the instance's engine; begun anew where the engine is another than before.
    virtual WarmUp& WarmUpOf(const LeaseRun& run, const EngineIdentity& identity) = 0;
    // What goes wrong with the engine, one line; empty when it answers again.
    virtual void OnTrouble(const std::string& what) = 0;
    // After the batch that closes the lease. The run must outlive the call.
    virtual void OnClosed(LeaseRun& run) = 0;
  };

  // All references outlive the run. `instance` is the one that the grant names.
  LeaseRun(const LeaseGrant& grant, const AgentSettings& settings, const InstanceOffer& instance,
           const AgentParts& parts, DriveWorld& world, Owner& owner);
  ~LeaseRun() override;

  void Add(LeaseQueries queries);
  // It is this run's turn.
  void Start();
  void Hold(bool held) { driver_.Hold(held); }
  // Sends nothing more, reports what is finished or about to be, and closes as released.
  void Finish(const std::string& why);
  // As Finish, and cancels what is in flight.
  void Stop(const std::string& why);
  // The connection that was bringing its queries is gone: it will do with those it has.
  void OnDisconnected();

  const LeaseGrant& grant() const { return grant_; }
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
  void OnEngineSuspect(const std::string& why) override;
  void OnEnd(DriveReport report) override;

  void Acquire();
  void OnEngine(absl::StatusOr<ReadyEngine> engine);
  void OnEngineMissing(const absl::Status& status);
  void Drive();
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
  const InstanceOffer& instance_;
  const AgentParts& parts_;
  Owner& owner_;
  std::unique_ptr<EnergyAccount> account_;  // outlives the driver
  ReadyEngine engine_;
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
