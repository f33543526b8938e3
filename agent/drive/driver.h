#ifndef WF_AGENT_DRIVE_DRIVER_H_
#define WF_AGENT_DRIVE_DRIVER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "agent/backend/inference_backend.h"
#include "agent/contention/contention_watch.h"
#include "agent/drive/engine_slots.h"
#include "agent/drive/reply_judgement.h"
#include "agent/drive/warm_up.h"
#include "agent/energy/energy_account.h"
#include "common/domain/pair.h"
#include "common/domain/query.h"
#include "common/domain/result.h"
#include "common/random/random.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What drivers share, of the agent that they run in; outlives them.
struct DriveWorld {
  TaskRunner& runner;
  const Clock& clock;
  Random& random;                     // touched on the runner only
  std::uint64_t next_request_id = 1;  // unique within the agent's life
};

// Idle time between two queries of an isolated pair, so that each has sensor intervals of its own.
struct QueryGuard {
  std::chrono::nanoseconds pause{0};  // 0 = none
  // A query that took longer needs none.
  std::chrono::nanoseconds skip_above{std::chrono::seconds(5)};
};

struct DriveOptions {
  Condition condition;
  Generation generation;
  Timeouts timeouts;
  std::int32_t tries = 3;  // of a unit, before it is given up
};

// What answers, and where its energy is booked; both outlive the driver's use of them.
struct DriveEngine {
  std::shared_ptr<InferenceBackend> backend;
  EnergyAccount* account = nullptr;
  Flags flags = 0;                        // of every result
  QueryGuard guard;                       // of an isolated pair
  WarmUp* warm_up = nullptr;              // where the engine needs one
  ContentionWatch* contention = nullptr;  // asked of every result; nullptr: nobody watches
  ContentionWatch::Stay stay = 0;         // the engine's, there
};

enum class DriveEnd {
  kFinished,      // every unit has a result or is among the failures
  kStopped,       // asked to
  kEngineFailed,  // nothing works any more, for several units: not their fault
  kBlocked,       // quota or authentication
};

struct DriveReport {
  DriveEnd end = DriveEnd::kFinished;
  std::string message;                // one line, unless all is well
  std::vector<UnitFailure> failures;  // units that used up their tries while others did well
};

// Drives the units of one lease through an engine: one request in flight (isolated) or c of them
// (served-c), the next as soon as one ends, energy never waited for. The slots may be shared with
// the drivers of the leases before and after, so that c are in flight across their border.
//
// A unit's transient failures are tried again after a pause in which nothing is sent. When the
// engine dies or hangs, the driver stops sending and asks for it to be looked after. Confined to
// the runner; backends may answer on any thread, also within Send: a reply never recurses, and
// every 2 ms or 256 units the runner gets its turn.
class Driver final : private EngineSlots::User {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnResult(Result result) = 0;
    // No unit waits to be sent any more, those in flight are the last; again after each retry.
    virtual void OnAllSent() {}
    // The engine needs looking after; nothing is in flight. Go on with Start, or Stop.
    virtual void OnEngineSuspect(const std::string& why) = 0;
    // Once, and the last call. The driver must outlive it.
    virtual void OnEnd(DriveReport report) = 0;
  };

  // `receiver` outlives this. `slots`, of the condition's concurrency, may be shared with other
  // drivers of the same pair on the same engine; nullptr: its own.
  Driver(DriveWorld& world, const DriveOptions& options, Receiver& receiver,
         std::shared_ptr<EngineSlots> slots = nullptr);
  ~Driver() override;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // More units, in the order to send them; no more come after `last`.
  void Add(std::vector<LeaseQuery> queries, bool last);
  // (Re)starts sending.
  void Start(const DriveEngine& engine);
  // While held, nothing is sent; what is in flight ends.
  void Hold(bool held);
  // Sends nothing more; what is in flight ends by itself.
  void Finish();
  // Sends nothing more and cancels what is in flight.
  void Stop();
  // Ends with kEngineFailed: the engine could not be brought back.
  void Abandon(const std::string& why);

  std::int64_t units_done() const { return units_done_; }  // results and failures
  bool has_all_queries() const { return has_last_; }
  bool has_sent_all() const { return has_last_ && waiting_.empty(); }
  std::size_t units_waiting() const { return waiting_.size(); }
  // A channel that carries what a recording said of energy follows the account's own.
  bool saw_recorded_energy() const { return recorded_total_.has_value(); }
  Microjoules recorded_total() const { return recorded_total_.value_or(0); }

 private:
  struct WaitingUnit {
    LeaseQuery query;
    std::int32_t tries = 0;  // failed ones
  };
  struct Flight {
    WaitingUnit unit;
    MonotonicTime scheduled{};
    std::int64_t sent_unix_ms = 0;
    double load_before = 0;
    Flags flags = 0;            // WARMUP, NOT_STEADY
    double in_flight_mean = 1;  // once it has ended
  };
  struct Mailbox;  // how replies find the driver, or find it gone

  void OnRoom() override;
  void OnDoubt(const std::string& why) override;

  bool CanSend() const;
  void Pump();
  void PostPump();
  void SendNext();
  void TakeInlineReplies();
  void OnReply(std::uint64_t request, InferenceReply reply);
  void EndWithResult(std::uint64_t request, Flight flight, InferenceReply reply);
  // Delivers once it is known whether the query was alone on the machine.
  void JudgeAndDeliver(Result result, MonotonicTime sent, MonotonicTime done);
  void EndUncounted(std::uint64_t request, const InferenceReply& reply);
  void Deliver(Result result);
  void RetryLater(Flight flight, const InferenceReply& reply, bool engine_is_suspect);
  void WaitForRate(Flight flight, const InferenceReply& reply);
  void Guard(const InferenceReply& reply);
  void TellWhenAllSent();
  void NoteSuccess();
  void BlameEngine(const std::string& why);
  void Conclude(DriveEnd end, std::string message);
  void MaybeEnd();

  DriveWorld& world_;
  const DriveOptions options_;
  Receiver& receiver_;
  const std::shared_ptr<EngineSlots> slots_;
  DriveEngine engine_;
  std::shared_ptr<Mailbox> mailbox_;

  std::deque<WaitingUnit> waiting_;
  absl::flat_hash_map<std::uint64_t, Flight> in_flight_;
  std::size_t settling_ = 0;  // ended requests whose energy is not in yet
  std::int64_t units_done_ = 0;
  bool has_last_ = false;

  bool is_running_ = false;  // has an engine that is not suspect
  bool is_held_ = false;
  bool is_pumping_ = false;
  bool pump_is_posted_ = false;
  bool has_told_all_sent_ = false;
  bool has_ended_ = false;
  std::optional<DriveReport> ending_;
  std::string suspicion_;  // why the engine is suspect, until it is started anew

  std::int32_t failures_in_a_row_ = 0;  // requests, since the last success
  std::chrono::nanoseconds rate_limited_for_{0};
  absl::flat_hash_set<Unit> failing_units_;  // since the last success
  std::vector<UnitFailure> failures_;
  std::size_t failures_before_streak_ = 0;  // of failures_, those before the last success

  std::optional<Microjoules> recorded_total_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_DRIVER_H_
