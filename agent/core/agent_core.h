#ifndef WF_AGENT_CORE_AGENT_CORE_H_
#define WF_AGENT_CORE_AGENT_CORE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "agent/core/agent_settings.h"
#include "agent/core/lease_run.h"
#include "agent/core/outbox.h"
#include "agent/core/quiet_rule.h"
#include "agent/drive/driver.h"
#include "agent/drive/engine_slots.h"
#include "agent/link/coordinator_link.h"
#include "common/domain/session.h"

namespace wattfleet::agent {

// The agent: keeps a session with the coordinator, takes leases for its instances, runs them
// whether or not the coordinator is there, and hands over what they bring. Knows no transport, disk
// or engine. Confined to the runner, its construction and destruction too.
//
// docs/protocol.md tells the story; the rules that are this side's own:
//   - a session is dead when heartbeats go unanswered; a new one starts with full jitter;
//   - leases run on while there is no session, until they expire by this host's clock;
//   - a finished result is never dropped, whatever became of its lease.
class AgentCore final : private CoordinatorLink::Receiver, private LeaseRun::Owner {
 public:
  // `on_exit` is called once: OK after a shutdown, the coordinator's words after a permanent
  // refusal, DATA_LOSS when the spool cannot be read. Nothing happens after it.
  AgentCore(AgentSettings settings, const AgentParts& parts,
            std::function<void(absl::Status)> on_exit);
  ~AgentCore() override;

  void Start();
  // Lets requests in flight end within 10 s, hands over what can be handed over within 3 s more,
  // says goodbye.
  void Shutdown(const std::string& reason);

 private:
  enum class Session { kNone, kDialling, kLive };
  // Why a pair cannot be driven on an instance. Grants of it that were on their way when that was
  // found out find out the same.
  struct Refusal {
    std::string why;
    MonotonicTime until{};
  };
  struct Instance {
    InstanceOffer offer;
    MeasuredChannels measured;
    // Started ones first: of a served pair several at once, as each follows the one before it.
    std::deque<std::unique_ptr<LeaseRun>> runs;
    std::optional<WorkRequest> open_request;
    std::string baseline_of;  // the environment whose loaded-idle power was measured last
    MonotonicTime baseline_at{};
    std::uint64_t baseline_heat = 0;  // EnergyMeter::HeatChanges then
    std::unique_ptr<WarmUp> warm_up;
    std::string warm_up_of;        // the engine that has warmed up, or does
    std::set<std::string> proven;  // environments in which requests were seen to overlap
    std::map<PairId, Refusal> refused;
    std::shared_ptr<EngineSlots> slots;  // of the lease granted last
    PairId slots_of;
  };

  // A run that has started, or whose turn it may be.
  struct Turn {
    LeaseRun* run = nullptr;
    const LeaseRun* before = nullptr;  // the one that it would follow
  };

  // agent_session.cc: the session.
  void Connect();
  void ConnectLater(std::chrono::nanoseconds at_least);
  AgentHello MakeHello() const;
  void DropSession(const std::string& why);
  void OnMessage(CoordinatorMessage message) override;
  void OnDisconnected(absl::Status why) override;
  void On(const Welcome& welcome);
  void On(const Refuse& refuse);
  void On(const LeaseGrant& grant);
  void On(LeaseQueries& queries);
  void On(const ResultAck& ack);
  void On(const HeartbeatAck& ack);
  void On(const LeaseOrder& order);
  void On(const FleetOrder& order);
  void Obey(LeaseRun& run, LeaseVerdict verdict);
  void BeatLater(std::chrono::milliseconds period);
  void Beat(std::chrono::milliseconds period);
  void SendHeartbeat();

  // agent_core.cc: the work.
  void OnBatch(ResultBatch batch) override;
  bool NeedsBaseline(const LeaseRun& run) override;
  void OnBaseline(const LeaseRun& run) override;
  WarmUp& WarmUpOf(const LeaseRun& run) override;
  bool NeedsProof(const LeaseRun& run) override;
  void OnProven(const LeaseRun& run) override;
  void OnNotConcurrent(const LeaseRun& run, const std::string& why) override;
  bool LooksAfterEngine(const LeaseRun& run) override;
  void OnMayFollow() override;
  void OnTrouble(const std::string& what) override;
  void OnClosed(LeaseRun& run) override;
  void RefreshOffers(std::function<void(bool changed)> done);
  void RequestWork();
  void StartRuns();
  void CollectTurns(Instance& instance, std::vector<QuietLease>& leases, std::vector<Turn>& turns);
  LeasePlace PlaceFor(Instance& instance, const PairSpec& pair);
  void HoldIfFull();
  void ReturnUnstarted(const LeaseGrant& grant, const std::string& why);
  void Reap();
  void Tick();
  void TickLater();
  void StopExpired();
  bool IsBaselineStale(const Instance& instance) const;
  // Lets leases whose idle power is due to be measured again hand back what they have not sent:
  // each lease has one baseline, and the next one begins with a new one.
  void CutStale();
  void Drain();
  void LeaveIfDone();
  void Leave();
  void Exit(const absl::Status& status);
  Instance* InstanceOf(const std::string& name);
  LeaseRun* RunOf(LeaseId lease);
  bool HasRuns() const;
  template <typename Visitor>
  void ForEachRun(Visitor visit) {
    for (Instance& instance : instances_) {
      for (const auto& run : instance.runs) {
        visit(*run);
      }
    }
  }
  // `task` unless the core is gone or has exited by then.
  std::function<void()> WhileAlive(std::function<void()> task) const;
  // As WhileAlive, and still in the same session.
  std::function<void()> WhileInSession(std::function<void()> task) const;

  const AgentSettings settings_;
  const AgentParts parts_;
  std::function<void(absl::Status)> on_exit_;
  DriveWorld drive_world_;
  Outbox outbox_;
  std::deque<Instance> instances_;  // runs refer into it

  Session session_ = Session::kNone;
  std::uint64_t session_number_ = 0;  // of Connect calls
  MonotonicTime hello_sent_{};
  int failed_sessions_ = 0;  // in a row
  std::chrono::milliseconds session_dead_{45'000};
  MonotonicTime last_answer_{};  // Welcome or HeartbeatAck
  std::uint64_t heartbeat_seq_ = 0;
  std::map<std::uint64_t, MonotonicTime> heartbeats_;  // unanswered, by number
  std::uint64_t next_request_id_ = 1;

  MonotonicTime offers_at_{};
  bool is_asking_offers_ = false;
  bool is_draining_ = false;       // no new leases in this session
  bool is_shutting_down_ = false;  // no new leases ever
  bool is_leaving_ = false;
  bool has_exited_ = false;
  MonotonicTime shutdown_at_{};
  bool reap_is_posted_ = false;
  std::uint64_t grants_ = 0;
  std::map<LeaseId, std::uint64_t> grant_order_;
  std::string trouble_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_AGENT_CORE_H_
