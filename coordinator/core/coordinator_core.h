#ifndef WF_COORDINATOR_CORE_COORDINATOR_CORE_H_
#define WF_COORDINATOR_CORE_COORDINATOR_CORE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/events.h"
#include "coordinator/fleet/roster.h"
#include "coordinator/lease/lease_table.h"
#include "coordinator/plan/shard_plan.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

struct CoreOptions {
  std::chrono::milliseconds heartbeat{5'000};
  std::chrono::milliseconds session_dead{45'000};
  // A lease's time without progress: three times its expected length within these bounds, plus what
  // its pair's slowest query may take.
  std::chrono::milliseconds lease_ttl_min{120'000};
  std::chrono::milliseconds lease_ttl_max{2'400'000};
  // Left to the leases of an agent whose connection broke.
  std::chrono::milliseconds detached_grace{120'000};
  std::chrono::milliseconds error_backoff{1'000};    // doubled per error, up to a hundred times
  std::chrono::milliseconds breaker_pause{300'000};  // doubled per quarantine, up to an hour
  std::int32_t breaker_failures = 3;                 // fruitless leases in a row
  // One running, one prefetched. Each lease of a served-c pair may still have its last units in
  // flight when the next one begins: c more.
  std::int64_t leases_per_instance = 2;
  std::int64_t ingest_budget_bytes = 64 << 20;
  std::int64_t session_credit_min = 256 << 10;
  std::int64_t session_credit_max = 4 << 20;
  ShardSizing sizing;
};

// One pair, as the core keeps it.
struct PairEntry {
  PairSpec spec;
  PairState state = PairState::kOpen;
  std::string reason;
  std::optional<Seal> seal;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  double units_per_second = 0;  // of the last minute's closed leases, summed over instances
  ShardPlan plan;
  std::optional<JudgeTask> judge;  // of a pair that judges another's answers
  TokenSums tokens;                // of judge pairs alone
};

// How fast a judge may be asked: a bucket of the requests that may be granted now; it starts empty.
struct JudgeRate {
  std::optional<std::int64_t> requests_per_minute;
  double bucket = 0;
  MonotonicTime filled{};
};

// What judging a sweep may cost, how fast it may go, and who judges the pairs that the judge
// cannot.
struct JudgeLimits {
  std::optional<double> budget_usd;
  JudgeRate rate;
  std::optional<JudgePlan> fallback;
  JudgeRate fallback_rate;
  JudgeRate& RateOf(const JudgeTask& judge) {
    return fallback && fallback->task.grader == judge.grader ? fallback_rate : rate;
  }
  // The newest lease when somebody last said that what blocked the judge is mended. What older
  // leases still tell of it is no news.
  LeaseId resumed_after{};
};

struct SweepEntry {
  SweepRecord record;
  std::vector<PairId> pairs;
  JudgeLimits judging;
};

// Who decides. A value: copy it and it lives on twice. Every decision is a pure function of the
// events so far, so a whole fleet can be driven through it from one seed.
//
// Uniqueness of rows and their counts belong to the store; everything else is decided here. Not
// thread-safe: confined to one task runner, which also keeps the order of the batches.
class CoordinatorCore {
 public:
  CoordinatorCore(CoreOptions options, const StoreSnapshot& snapshot, Instant now);

  Effects Step(const Event& event, Instant now);

  const std::map<SweepId, SweepEntry>& sweeps() const { return sweeps_; }
  const std::map<PairId, PairEntry>& pairs() const { return pairs_; }
  const Roster& roster() const { return roster_; }
  const LeaseTable& leases() const { return leases_; }
  const SweepEntry* FindSweep(const std::string& name) const;
  // The id that the next new sweep gets.
  SweepId NextSweepId() const { return SweepId{next_sweep_}; }
  // What all connected instances offer.
  std::vector<InstanceOffer> FleetOffers() const;

 private:
  enum class Charge { kNone, kError, kCrash };
  struct SpoolCursor {
    std::uint64_t received = 0;   // handed to the store
    std::uint64_t committed = 0;  // durable, or refused for good
  };

  // coordinator_core.cc: sessions and time
  void Restore(const SweepSnapshot& sweep, Instant now);
  void On(const SessionOpened& event, Instant now, Effects& fx);
  void On(const SessionClosed& event, Instant now, Effects& fx);
  void On(const WorkRequested& event, Instant now, Effects& fx);
  void On(const HeartbeatReceived& event, Instant now, Effects& fx);
  void On(const GoodbyeReceived& event, Instant now, Effects& fx);
  void On(const Tick& event, Instant now, Effects& fx);
  void On(const DrainStarted& event, Instant now, Effects& fx);
  std::vector<std::pair<LeaseId, LeaseVerdict>> Reconcile(RosterAgent& agent, bool crashed);
  void JudgeOrphans(RosterAgent& agent, Instant now, Effects& fx);
  void EndLost(const std::vector<LeaseId>& lost, bool crashed, const std::string& reason,
               Instant now, Effects& fx);
  void Detach(RosterAgent& agent, Instant now);
  void RefuseSession(SessionId session, const std::string& code, const std::string& reason,
                     bool permanent, Effects& fx);

  // core_sweeps.cc: sweeps and pairs
  void On(const SweepSubmitted& event, Instant now, Effects& fx);
  void On(const SweepExtended& event, Instant now, Effects& fx);
  void On(const SweepCommanded& event, Instant now, Effects& fx);
  void On(const SweepReason& event, Instant now, Effects& fx);
  void AddPairs(const std::vector<PairSpec>& specs, const std::optional<JudgePlan>& judge,
                SweepEntry& sweep, Effects& fx);
  PairId AddPair(PairSpec spec, const std::optional<JudgeTask>& judge, SweepEntry& sweep,
                 Effects& fx);
  void SetPair(PairEntry& pair, PairState state, const std::string& reason, Effects& fx);
  void SetSweep(SweepEntry& sweep, SweepState state, Effects& fx);
  void CompletePairIfDone(PairEntry& pair, Effects& fx);
  void CompleteSweepIfDone(SweepEntry& sweep, Effects& fx);
  void CancelPair(PairEntry& pair, const std::string& reason, Instant now, Effects& fx);

  // core_grants.cc: who gets which shard, and how it ends
  void GrantAll(Instant now, Effects& fx);
  void GrantWaiting(RosterAgent& agent, RosterInstance& instance, Instant now, Effects& fx);
  PairEntry* ChoosePair(const RosterAgent& agent, const RosterInstance& instance, Instant now);
  std::int64_t LeaseRoom(const RosterAgent& agent, const RosterInstance& instance) const;
  std::int64_t SlotsFor(const PairSpec& pair) const;
  void Grant(RosterAgent& agent, RosterInstance& instance, PairEntry& pair, Instant now,
             Effects& fx);
  std::chrono::milliseconds LeaseTtl(const PairEntry& pair, std::int64_t units,
                                     std::optional<double> speed) const;
  OpenShard& CutShard(PairEntry& pair, OpenShard& from, std::int64_t units, Effects& fx);
  void FinishGrant(OpenLease& lease, const MissingUnits& missing, Instant now, Effects& fx);
  void ReturnRequest(const OpenLease& lease);
  void EndLease(LeaseId id, LeaseState state, Charge charge, const std::string& reason, Instant now,
                Effects& fx);
  void ReopenShard(PairEntry& pair, OpenShard& shard, Charge charge, const OpenLease& lease,
                   Instant now, Effects& fx);
  void SplitPoisoned(PairEntry& pair, OpenShard& shard, Effects& fx);
  void QuarantineShard(PairEntry& pair, OpenShard& shard, const OpenLease& lease,
                       const std::string& reason, Effects& fx);
  void CountAgainst(RosterAgent& agent, Instant now);
  void Bar(const OpenLease& lease, const std::string& reason, Instant now, Effects& fx);
  void ReviewBlocked(PairEntry& pair, Effects& fx);
  void ReviewAllBlocked(Effects& fx);

  // core_judging.cc: when judge pairs have work, and what they may cost
  void On(const JudgeLimitsSet& event, Instant now, Effects& fx);
  void FindWaiting(const SweepEntry& sweep);
  void ShardEnded(const PairEntry& pair, UnitRange range, bool is_clear, Effects& fx);
  OpenShard& Isolate(PairEntry& judge, UnitRange range, Effects& fx);
  void FinishAttempts(PairEntry& judge, UnitRange range, std::int64_t from, Effects& fx);
  std::int64_t JudgeAllowance(const PairEntry& judge, Instant now);
  std::optional<double> BudgetLeft(const SweepEntry& sweep) const;
  double UsdPerJudgement(const SweepEntry& sweep, const PairEntry& judge) const;
  void ReviewBudget(SweepEntry& sweep, Instant now, Effects& fx);
  void BlockJudging(SweepEntry& sweep, const std::string& grader, const std::string& why,
                    Instant now, Effects& fx);
  void EndBlockedJudging(LeaseId lease, const PairEntry& judge, const std::string& why, Instant now,
                         Effects& fx);
  void ResumeJudging(SweepEntry& sweep, Effects& fx);
  // core_fallback.cc: who judges the pairs that the judge cannot
  bool MayHandOver(const PairEntry& judge) const;
  bool IsOffered(const PairSpec& pair) const;
  void HandOver(PairEntry& judge, const std::string& why, Instant now, Effects& fx);
  const PairEntry* TakenOverBy(const PairEntry& judge) const;
  void RenameVerdicts(const PairEntry& answers, const std::shared_ptr<const GradedBatch>& graded,
                      Effects& fx);

  // core_results.cc: results and commits
  void On(const ResultsReceived& event, Instant now, Effects& fx);
  void On(const StoreCommitted& event, Instant now, Effects& fx);
  void Append(RosterAgent& agent, PairEntry& pair, const ResultsReceived& event, Instant now,
              Effects& fx);
  void RefuseBatch(RosterAgent& agent, PairEntry& pair, const GradedBatch& graded,
                   const std::string& reason, Instant now, Effects& fx);
  void Acknowledge(const Committed& committed, Effects& fx);
  void CountRows(const Committed& committed, Instant now);
  void FinishClose(OpenLease lease, const MissingUnits& missing, Instant now, Effects& fx);
  void NoteSpeed(const OpenLease& lease, Instant now);
  RosterInstance* InstanceOf(LeaseId id);

  StoreBatch& BatchOf(SweepId sweep, Effects& fx);
  void NoteTrouble(RosterAgent& agent, Instant now, Effects& fx);
  void Note(SweepId sweep, const std::string& kind, const std::string& text, Instant now,
            Effects& fx);
  SpoolCursor& CursorOf(const RosterAgent& agent);
  std::int64_t SessionCredit() const;

  CoreOptions options_;
  std::string store_id_;
  Roster roster_;
  LeaseTable leases_;
  std::map<SweepId, SweepEntry> sweeps_;
  std::map<PairId, PairEntry> pairs_;
  std::map<std::pair<AgentId, SpoolId>, SpoolCursor> cursors_;
  std::map<LeaseId, LeaseClose> closing_;         // closes on their way to the disk
  std::map<std::uint64_t, PairId> quarantining_;  // batch -> the pair whose units it sets aside
  std::int64_t next_sweep_ = 1;
  std::int64_t next_pair_ = 1;
  std::int64_t next_shard_ = 1;
  std::int64_t next_lease_ = 1;
  std::uint64_t next_batch_ = 1;
  bool draining_ = false;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CORE_COORDINATOR_CORE_H_
