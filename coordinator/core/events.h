#ifndef WF_COORDINATOR_CORE_EVENTS_H_
#define WF_COORDINATOR_CORE_EVENTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/domain/session.h"
#include "common/time/clock.h"
#include "coordinator/plan/judge_plan.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// When an event happened: decisions use `monotonic` only; `unix_ms` is written down for people.
struct Instant {
  MonotonicTime monotonic{};
  std::int64_t unix_ms = 0;
};

// A connection said Hello, and the store named its agent.
struct SessionOpened {
  SessionId session;
  AgentId agent;
  AgentHello hello;
};
struct SessionClosed {
  SessionId session;
};
struct WorkRequested {
  SessionId session;
  WorkRequest request;
};
// A batch was parsed; its grading may still be under way.
struct ResultsReceived {
  SessionId session;
  std::shared_ptr<const GradedBatch> graded;
};
struct HeartbeatReceived {
  SessionId session;
  Heartbeat heartbeat;
};
struct GoodbyeReceived {
  SessionId session;
};
// A new sweep with its first pairs; `sweep.id` and the pairs' ids are given out here.
struct SweepSubmitted {
  SweepRecord sweep;
  std::vector<std::int64_t> sample;
  std::vector<PairSpec> pairs;
  std::optional<JudgePlan> judge = std::nullopt;
};
// More pairs, or more units of a pair (matched by name), of a known sweep.
struct SweepExtended {
  SweepId sweep;
  std::string resolved;
  std::vector<PairSpec> pairs;
  std::optional<JudgePlan> judge = std::nullopt;  // of the new pairs
};
// What judging may cost, and who judges where the judge cannot; said at each start and submit,
// since only the sweep's file keeps it.
struct JudgeLimitsSet {
  SweepId sweep;
  std::optional<double> budget_usd;
  std::optional<std::int64_t> requests_per_minute;
  std::optional<JudgePlan> fallback = std::nullopt;
  std::optional<std::int64_t> fallback_requests_per_minute = std::nullopt;
};
// kResumeJudge opens blocked judge pairs again and touches nothing else.
enum class SweepVerb { kPause, kResume, kCancel, kResumeJudge };
struct SweepCommanded {
  SweepId sweep;
  SweepVerb verb = SweepVerb::kPause;
};
// Names what the sweep waits for (UNSATISFIABLE ...), or clears it when empty.
struct SweepReason {
  SweepId sweep;
  std::string reason;
};
struct StoreCommitted {
  Committed committed;
};
// Time passes; about once a second.
struct Tick {};
// No more grants from now on.
struct DrainStarted {};

using Event =
    std::variant<SessionOpened, SessionClosed, WorkRequested, ResultsReceived, HeartbeatReceived,
                 GoodbyeReceived, SweepSubmitted, SweepExtended, SweepCommanded, SweepReason,
                 JudgeLimitsSet, StoreCommitted, Tick, DrainStarted>;

struct OutgoingMessage {
  SessionId session;
  CoordinatorMessage message;
};
// Load these units' prompts and send them as LeaseQueries.
struct QueryOrder {
  SessionId session;
  LeaseId lease;
  std::int64_t epoch = 0;
  PairSpec pair;
  std::vector<UnitRange> units;
  std::optional<JudgeTask> judge = std::nullopt;
};

// What the world must do, in this order: enqueue the batches, send the messages, load the queries,
// close the sessions. What depends on a commit is not here until its StoreCommitted came back.
struct Effects {
  std::vector<StoreBatch> batches;
  std::vector<OutgoingMessage> messages;
  std::vector<QueryOrder> queries;
  std::vector<SessionId> closing;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CORE_EVENTS_H_
