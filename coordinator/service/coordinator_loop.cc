#include "coordinator/service/coordinator_loop.h"

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "absl/synchronization/notification.h"
#include <spdlog/spdlog.h>

#include "common/check/check.h"
#include "common/status/status_macros.h"
#include "coordinator/service/open_served_sweep.h"
#include "coordinator/service/submission.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::seconds kTick{1};
constexpr std::size_t kRecentEventsMax = 200;

}  // namespace

CoordinatorLoop::CoordinatorLoop(Collaborators world, CoreOptions options,
                                 const StoreSnapshot& snapshot)
    : world_(std::move(world)),
      core_(options, snapshot, {world_.clock.MonotonicNow(), UnixMillis(world_.clock.WallNow())}),
      writer_(world_.store, {.committed =
                                 [this](Committed committed) {
                                   world_.runner.Post([this, committed = std::move(committed)] {
                                     for (const RecordEvent& event : committed.events) {
                                       Remember(event);
                                     }
                                     Apply(StoreCommitted{committed});
                                   });
                                 },
                             .health =
                                 [this](std::string text) {
                                   world_.runner.Post([this, text = std::move(text)] {
                                     if (!text.empty()) {
                                       spdlog::error("store: {}", text);
                                     }
                                     store_health_ = text;
                                   });
                                 }}) {}

CoordinatorLoop::~CoordinatorLoop() {
  Stop();
}

absl::Status CoordinatorLoop::Start() {
  std::vector<JudgeLimitsSet> limits;
  for (const auto& [id, sweep] : core_.sweeps()) {
    const SweepState state = sweep.record.state;
    if (state == SweepState::kComplete || state == SweepState::kCompleteWithGaps ||
        state == SweepState::kCancelled) {
      continue;
    }
    WF_ASSIGN_OR_RETURN(std::shared_ptr<const ServedSweep> served,
                        OpenServedSweep(world_.data_directory, sweep.record));
    limits.push_back(JudgeLimitsOf(id, *served));
    served_[id] = std::move(served);
  }
  for (const JudgeLimitsSet& event : limits) {
    Apply(event);
  }
  world_.runner.Post([this] { Tick(); });
  return absl::OkStatus();
}

void CoordinatorLoop::Stop() {
  if (!std::exchange(stopped_, true)) {
    writer_.Stop();
  }
}

Instant CoordinatorLoop::Now() const {
  return {world_.clock.MonotonicNow(), UnixMillis(world_.clock.WallNow())};
}

void CoordinatorLoop::Tick() {
  Apply(wattfleet::coordinator::Tick{});
  world_.runner.PostAfter(kTick, [this] { Tick(); });
}

SessionId CoordinatorLoop::OpenSession(AgentHello hello, std::shared_ptr<SessionChannel> channel) {
  const SessionId session{next_session_.fetch_add(1)};
  world_.runner.Post(
      [this, session, channel = std::move(channel)] { channels_[session] = channel; });
  writer_.RunOnWriter([this, session, hello = std::move(hello)](Store& store) {
    const absl::StatusOr<AgentId> agent = store.RegisterAgent(hello.agent_name);
    world_.runner.Post([this, session, hello, agent] {
      const auto found = channels_.find(session);
      if (found == channels_.end()) {
        return;
      }
      if (!agent.ok()) {
        found->second->Deliver(
            Refuse{.code = "UNAVAILABLE", .reason = std::string(agent.status().message())});
        found->second->Close();
        return;
      }
      spdlog::info("agent {} connected", hello.agent_name);
      Apply(SessionOpened{.session = session, .agent = *agent, .hello = hello});
      if (fleet_changed_) {
        fleet_changed_(*this);
      }
    });
  });
  return session;
}

void CoordinatorLoop::PostMessage(SessionId session, AgentMessage message) {
  world_.runner.Post([this, session, message = std::move(message)] {
    if (const auto* request = std::get_if<WorkRequest>(&message)) {
      Apply(WorkRequested{session, *request});
    } else if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
      Apply(HeartbeatReceived{session, *heartbeat});
    } else if (std::holds_alternative<Goodbye>(message)) {
      Apply(GoodbyeReceived{session});
    }
  });
}

void CoordinatorLoop::PostBatch(SessionId session, ResultBatch batch, std::int64_t wire_bytes) {
  auto graded = std::make_shared<GradedBatch>();
  graded->batch = std::move(batch);
  if (!world_.keep_traces) {
    graded->batch.trace.reset();
  }
  graded->wire_bytes = wire_bytes;
  world_.runner.Post([this, session, graded] {
    if (const auto it = served_.find(graded->batch.sweep); it != served_.end()) {
      auto done = std::make_shared<absl::Notification>();
      grading_[graded.get()] = done;
      const auto pair = core_.pairs().find(graded->batch.pair);
      const auto judge = pair == core_.pairs().end() ? std::nullopt : pair->second.judge;
      world_.pool.Post([served = it->second, judge, graded, done] {
        GradeBatch(*served, judge, *graded);
        done->Notify();
      });
    }
    Apply(ResultsReceived{.session = session, .graded = graded});
    grading_.erase(graded.get());
  });
}

void CoordinatorLoop::PostClosed(SessionId session) {
  world_.runner.Post([this, session] {
    channels_.erase(session);
    Apply(SessionClosed{session});
  });
}

void CoordinatorLoop::OnRunner(std::function<void(CoordinatorLoop&)> task) {
  world_.runner.Post([this, task = std::move(task)] { task(*this); });
}

void CoordinatorLoop::Apply(const Event& event) {
  Effects effects = core_.Step(event, Now());
  for (StoreBatch& batch : effects.batches) {
    Enqueue(std::move(batch));
  }
  for (const OutgoingMessage& outgoing : effects.messages) {
    if (const auto it = channels_.find(outgoing.session); it != channels_.end()) {
      it->second->Deliver(outgoing.message);
    }
  }
  for (QueryOrder& order : effects.queries) {
    Load(std::move(order));
  }
  for (const SessionId session : effects.closing) {
    if (const auto it = channels_.find(session); it != channels_.end()) {
      it->second->Close();
    }
  }
}

void CoordinatorLoop::Enqueue(StoreBatch batch) {
  std::vector<std::shared_ptr<absl::Notification>> ready;
  for (const StoreOp& op : batch.ops) {
    if (const auto* append = std::get_if<AppendResults>(&op)) {
      if (const auto it = grading_.find(append->graded.get()); it != grading_.end()) {
        ready.push_back(it->second);
      }
    } else if (const auto* event = std::get_if<RecordEvent>(&op)) {
      Remember(*event);
    }
  }
  writer_.Enqueue(std::move(batch), std::move(ready));
}

void CoordinatorLoop::Remember(const RecordEvent& event) {
  spdlog::warn("{}: {}", event.kind, event.text);
  recent_events_.push_back(event);
  if (recent_events_.size() > kRecentEventsMax) {
    recent_events_.pop_front();
  }
}

void CoordinatorLoop::OnceDurable(std::function<void()> then) {
  writer_.RunOnWriter([then = std::move(then)](Store&) { then(); });
}

void CoordinatorLoop::Load(QueryOrder order) {
  const auto served = served_.find(order.pair.sweep);
  const auto channel = channels_.find(order.session);
  if (channel == channels_.end()) {
    return;
  }
  WF_CHECK(served != served_.end());
  world_.pool.Post([served = served->second, channel = channel->second, order = std::move(order),
                    data_directory = world_.data_directory] {
    const auto emit = [&channel](LeaseQueries chunk) { channel->Deliver(std::move(chunk)); };
    const absl::Status status = order.judge ? LoadJudgeQueries(*served, data_directory, order, emit)
                                            : LoadQueries(*served, order, emit);
    if (!status.ok()) {
      spdlog::error("queries of lease {}: {}", order.lease.value, std::string(status.message()));
      channel->Deliver(LeaseOrder{order.lease, LeaseVerdict::kStop});
    }
  });
}

void CoordinatorLoop::PutServed(SweepId sweep, std::shared_ptr<const ServedSweep> served) {
  served_[sweep] = std::move(served);
}

const ServedSweep* CoordinatorLoop::ServedOf(SweepId sweep) const {
  const auto it = served_.find(sweep);
  return it == served_.end() ? nullptr : it->second.get();
}

void CoordinatorLoop::SetFleetChanged(std::function<void(CoordinatorLoop&)> callback) {
  fleet_changed_ = std::move(callback);
}

}  // namespace wattfleet::coordinator
