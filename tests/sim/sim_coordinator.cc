#include "tests/sim/sim_coordinator.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "common/check/check.h"
#include "common/wire/session_wire.h"
#include "tests/sim/invariants.h"

namespace wattfleet::testing {

namespace {

using namespace std::chrono_literals;
using coordinator::Committed;
using coordinator::CoordinatorCore;
using coordinator::CoreOptions;
using coordinator::Effects;
using coordinator::Event;
using coordinator::GoodbyeReceived;
using coordinator::GradedBatch;
using coordinator::HeartbeatReceived;
using coordinator::Instant;
using coordinator::MemorySweep;
using coordinator::OutgoingMessage;
using coordinator::QueryOrder;
using coordinator::ResultsReceived;
using coordinator::SessionClosed;
using coordinator::SessionOpened;
using coordinator::StoreBatch;
using coordinator::StoreCommitted;
using coordinator::SweepState;
using coordinator::SweepSubmitted;
using coordinator::WorkRequested;

constexpr std::size_t kViolationsMax = 20;

}  // namespace

SimCoordinator::SimCoordinator(SimWorld& world, CoreOptions options)
    : world_(world), options_(options) {
  Start();
}

void SimCoordinator::Start() {
  core_.emplace(options_, store_.Load().value(),
                Instant{world_.MonotonicNow(), UnixMillis(world_.WallNow())});
  Tick(generation_);
}

void SimCoordinator::Tick(std::uint64_t generation) {
  if (generation != generation_ || !is_up()) {
    return;
  }
  Step(coordinator::Tick{});
  world_.PostAfter(1s, [this, generation] { Tick(generation); });
}

void SimCoordinator::Crash(std::chrono::nanoseconds down) {
  ++generation_;
  core_.reset();
  uncommitted_.clear();
  committing_ = false;
  for (const auto& [session, peer] : std::exchange(peers_, {})) {
    peer->Closed();
  }
  world_.PostAfter(down, [this] { Start(); });
}

void SimCoordinator::Submit(SweepSubmitted sweep) {
  Step(sweep);
}

std::optional<SessionId> SimCoordinator::Open(const AgentHello& hello, Peer& peer) {
  if (!is_up()) {
    return std::nullopt;
  }
  const SessionId session{next_session_++};
  peers_[session] = &peer;
  names_[session] = hello.agent_name;
  Step(SessionOpened{session, store_.RegisterAgent(hello.agent_name).value(), hello});
  return session;
}

void SimCoordinator::Deliver(SessionId session, AgentMessage message) {
  if (!is_up() || !peers_.contains(session)) {
    return;
  }
  if (const auto* request = std::get_if<WorkRequest>(&message)) {
    Step(WorkRequested{session, *request});
  } else if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
    Step(HeartbeatReceived{session, *heartbeat});
  } else if (std::holds_alternative<Goodbye>(message)) {
    Step(GoodbyeReceived{session});
  } else if (const auto* spooled = std::get_if<SpooledBatch>(&message)) {
    auto graded = std::make_shared<GradedBatch>();
    graded->batch = ParseBatch(spooled->bytes).value();
    graded->wire_bytes = static_cast<std::int64_t>(spooled->bytes.size());
    Frame& frame = frames_[{names_.at(session), graded->batch.seq}];
    frame.pair = graded->batch.pair;
    frame.units.clear();
    for (const Result& result : graded->batch.results) {
      frame.units.push_back(result.unit);
    }
    Step(ResultsReceived{session, std::move(graded)});
  }
}

void SimCoordinator::Broken(SessionId session) {
  if (is_up() && peers_.erase(session) > 0) {
    Step(SessionClosed{session});
  }
}

void SimCoordinator::Step(const Event& event) {
  Effects effects = core_->Step(event, {world_.MonotonicNow(), UnixMillis(world_.WallNow())});
  for (StoreBatch& batch : effects.batches) {
    uncommitted_.push_back(std::move(batch));
  }
  if (!uncommitted_.empty() && !committing_) {
    committing_ = true;
    const auto delay = std::chrono::microseconds(200 + world_.random().Below(5'000));
    world_.PostAfter(delay, [this, generation = generation_] { Commit(generation); });
  }
  for (OutgoingMessage& outgoing : effects.messages) {
    if (const auto* ack = std::get_if<ResultAck>(&outgoing.message)) {
      CheckAck(outgoing.session, *ack);
    }
    if (const auto it = peers_.find(outgoing.session); it != peers_.end()) {
      it->second->Receive(std::move(outgoing.message));
    }
  }
  for (const QueryOrder& order : effects.queries) {
    LeaseQueries queries{.lease = order.lease, .epoch = order.epoch, .last = true};
    for (const UnitRange& range : order.units) {
      for (Unit unit = range.lo; unit < range.hi; ++unit) {
        queries.queries.push_back({.unit = unit, .query_id = absl::StrCat("q", unit)});
      }
    }
    if (const auto it = peers_.find(order.session); it != peers_.end()) {
      it->second->Receive(std::move(queries));
    }
  }
  for (const SessionId session : effects.closing) {
    if (const auto it = peers_.find(session); it != peers_.end()) {
      Peer* peer = it->second;
      peers_.erase(it);
      peer->Closed();
    }
  }
}

// Group commit: everything that is waiting goes into one transaction per sweep, in order.
void SimCoordinator::Commit(std::uint64_t generation) {
  if (generation != generation_ || !is_up()) {
    return;
  }
  std::vector<StoreBatch> group;
  while (!uncommitted_.empty() &&
         (group.empty() || uncommitted_.front().sweep == group.front().sweep)) {
    group.push_back(std::move(uncommitted_.front()));
    uncommitted_.pop_front();
  }
  committing_ = false;
  const absl::StatusOr<std::vector<Committed>> committed = store_.Apply(group);
  if (!committed.ok()) {
    violations_.push_back(absl::StrCat("guard: ", std::string(committed.status().message())));
    return;
  }
  for (const Committed& one : *committed) {
    Step(StoreCommitted{one});
  }
  if (!uncommitted_.empty() && !committing_) {
    committing_ = true;
    world_.PostAfter(200us, [this, generation] { Commit(generation); });
  }
}

// I9 and I17: what is acknowledged is in the store, without a hole.
void SimCoordinator::CheckAck(SessionId session, const ResultAck& ack) {
  const std::string& name = names_.at(session);
  std::uint64_t& through = acknowledged_[name];
  for (; through < ack.through_seq; ++through) {
    ++acknowledged_frames_;
    const auto it = frames_.find({name, through + 1});
    if (it == frames_.end()) {
      violations_.push_back(
          absl::StrCat("I17: ", name, " frame ", through + 1, " acknowledged, never received"));
      continue;
    }
    for (const Unit unit : it->second.units) {
      const MemorySweep& sweep = store_.tables().sweeps.begin()->second;
      if (!sweep.results.contains({it->second.pair, unit}) && violations_.size() < kViolationsMax) {
        violations_.push_back(absl::StrCat("I9: unit ", unit, " of ", name, " frame ", through + 1,
                                           " acknowledged, not stored"));
      }
    }
  }
}

bool SimCoordinator::SweepDone() const {
  if (!is_up() || core_->sweeps().empty()) {
    return false;
  }
  const SweepState state = core_->sweeps().begin()->second.record.state;
  return state == SweepState::kComplete || state == SweepState::kCompleteWithGaps;
}

void SimCoordinator::CheckStore() {
  for (std::string& violation : StoreViolations(store_.tables())) {
    violations_.push_back(std::move(violation));
  }
  if (is_up() && uncommitted_.empty()) {
    CheckCounts();
  }
}

// I10 on the core's side: what it counted is what there is.
void SimCoordinator::CheckCounts() {
  for (const auto& [id, pair] : core_->pairs()) {
    std::int64_t rows = 0;
    for (const auto& [key, result] : store_.tables().sweeps.begin()->second.results) {
      rows += key.first == id ? 1 : 0;
    }
    if (pair.completed + pair.failed != rows) {
      violations_.push_back(absl::StrCat("I10: pair ", id.value, " counts ",
                                         pair.completed + pair.failed, " results, has ", rows));
    }
  }
}

}  // namespace wattfleet::testing
