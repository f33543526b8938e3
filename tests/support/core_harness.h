#ifndef WF_TESTS_SUPPORT_CORE_HARNESS_H_
#define WF_TESTS_SUPPORT_CORE_HARNESS_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/core/coordinator_core.h"
#include "coordinator/store/memory_store.h"

namespace wattfleet::testing {

// The production core over a MemoryStore, driven one event at a time by a test that plays the
// agents. Commits happen at once unless the test holds them back.
class CoreHarness {
 public:
  explicit CoreHarness(coordinator::CoreOptions options = {})
      : options_(options), core_(options, store_.Load().value(), Now()) {}

  coordinator::Instant Now() const {
    return {
        MonotonicTime(std::chrono::duration_cast<MonotonicTime::duration>(now_)),
        1'700'000'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count()};
  }

  // Gives the core an event, then commits what it wrote, until nothing is left to commit.
  void Do(const coordinator::Event& event) {
    Take(core_.Step(event, Now()));
    if (!hold_commits_) {
      CommitAll();
    }
  }
  void CommitAll() {
    while (!uncommitted_.empty()) {
      CommitOne();
    }
  }
  void CommitOne() {
    const coordinator::StoreBatch batch = std::move(uncommitted_.front());
    for (const coordinator::StoreOp& op : batch.ops) {
      if (const auto* event = std::get_if<coordinator::RecordEvent>(&op)) {
        events_.push_back(*event);
      }
    }
    uncommitted_.pop_front();
    auto committed = store_.Apply({&batch, 1});
    ASSERT_TRUE(committed.ok()) << committed.status().ToString();
    Take(core_.Step(coordinator::StoreCommitted{committed->front()}, Now()));
  }
  void HoldCommits(bool hold) { hold_commits_ = hold; }
  std::size_t uncommitted() const { return uncommitted_.size(); }

  // The process dies: what was not committed is gone; a new core starts from the store.
  void Restart() {
    uncommitted_.clear();
    core_ = coordinator::CoordinatorCore(options_, store_.Load().value(), Now());
  }
  // Time passes in seconds, a tick at each.
  void Pass(std::chrono::seconds span) {
    for (std::chrono::seconds t{0}; t < span; t += std::chrono::seconds(1)) {
      now_ += std::chrono::seconds(1);
      Do(coordinator::Tick{});
    }
  }

  // Connects an agent with one instance "gpu0" that can run anything; returns its session.
  SessionId Connect(const std::string& name, std::uint64_t incarnation = 1,
                    std::vector<HeldLease> held = {}, std::uint64_t spool_next = 1) {
    const SessionId session{next_session_++};
    AgentHello hello{.agent_name = name,
                     .incarnation = incarnation,
                     .spool_id = SpoolOf(name),
                     .spool_retained_from = 1,
                     .spool_next = spool_next,
                     .instances = {{.name = "gpu0",
                                    .accelerator = "test-gpu",
                                    .engines = {{.kind = "synthetic", .refs = {"*"}}}}},
                     .held = std::move(held)};
    Do(coordinator::SessionOpened{session, store_.RegisterAgent(name).value(), std::move(hello)});
    return session;
  }
  static SpoolId SpoolOf(const std::string& name) {
    SpoolId id{};
    std::copy_n(name.begin(), std::min(name.size(), id.size()), id.begin());
    return id;
  }

  void Submit(std::int64_t queries, std::int64_t pairs = 1, RetryLimits retry = {},
              Condition condition = {}) {
    coordinator::SweepSubmitted submitted;
    submitted.sweep.name = "sweep";
    submitted.sweep.n_queries = queries;
    for (std::int64_t i = 0; i < queries; ++i) {
      submitted.sample.push_back(i);
    }
    for (std::int64_t i = 0; i < pairs; ++i) {
      submitted.pairs.push_back({.model = "model-" + std::to_string(i),
                                 .build = {.engine = "synthetic", .ref = "x"},
                                 .accelerator = "any",
                                 .condition = condition,
                                 .retry = retry,
                                 .n_units = queries,
                                 .plan_hash = std::string(32, 'p')});
    }
    Do(submitted);
  }

  void AskForWork(SessionId session) {
    Do(coordinator::WorkRequested{session, {.request_id = next_request_++, .instance = "gpu0"}});
  }

  // All messages of that type sent to `session` since the last call, oldest first.
  template <typename T>
  std::vector<T> Sent(SessionId session) {
    std::vector<T> found;
    std::vector<coordinator::OutgoingMessage> rest;
    for (coordinator::OutgoingMessage& out : sent_) {
      if (out.session == session && std::holds_alternative<T>(out.message)) {
        found.push_back(std::get<T>(out.message));
      } else {
        rest.push_back(std::move(out));
      }
    }
    sent_ = std::move(rest);
    return found;
  }
  // The texts of the stored events of that kind, oldest first.
  std::vector<std::string> Events(const std::string& kind) const {
    std::vector<std::string> texts;
    for (const coordinator::RecordEvent& event : events_) {
      if (event.kind == kind) {
        texts.push_back(event.text);
      }
    }
    return texts;
  }
  bool WasClosed(SessionId session) const {
    return std::find(closed_.begin(), closed_.end(), session) != closed_.end();
  }

  // A frame with one result for each unit of [lo, hi) under `grant`.
  static ResultBatch Results(const LeaseGrant& grant, const std::string& agent, std::uint64_t seq,
                             Unit lo, Unit hi) {
    ResultBatch batch{.spool_id = SpoolOf(agent),
                      .seq = seq,
                      .lease = grant.lease,
                      .pair = grant.pair.id,
                      .sweep = grant.pair.sweep,
                      .epoch = grant.epoch,
                      .environment = {.seal = {"digest", "synthetic", ""}, .facts_json = "{}"}};
    for (Unit unit = lo; unit < hi; ++unit) {
      batch.results.push_back({.unit = unit, .body_digest = static_cast<std::uint64_t>(unit)});
    }
    return batch;
  }
  void Deliver(SessionId session, ResultBatch batch) {
    auto graded = std::make_shared<coordinator::GradedBatch>();
    graded->batch = std::move(batch);
    graded->wire_bytes = 1000;
    Do(coordinator::ResultsReceived{session, std::move(graded)});
  }

  coordinator::CoordinatorCore& core() { return core_; }
  coordinator::MemoryStore& store() { return store_; }
  const coordinator::PairEntry& pair(std::int64_t id = 1) const {
    return core_.pairs().at(PairId{id});
  }
  std::size_t StoredResults() const {
    return store_.tables().sweeps.begin()->second.results.size();
  }

 private:
  void Take(coordinator::Effects effects) {
    for (auto& batch : effects.batches) {
      uncommitted_.push_back(std::move(batch));
    }
    for (auto& message : effects.messages) {
      sent_.push_back(std::move(message));
    }
    for (const SessionId session : effects.closing) {
      closed_.push_back(session);
    }
  }

  coordinator::CoreOptions options_;
  coordinator::MemoryStore store_;
  std::chrono::nanoseconds now_ = std::chrono::hours(1);
  coordinator::CoordinatorCore core_;
  std::deque<coordinator::StoreBatch> uncommitted_;
  std::vector<coordinator::OutgoingMessage> sent_;
  std::vector<coordinator::RecordEvent> events_;
  std::vector<SessionId> closed_;
  bool hold_commits_ = false;
  std::int64_t next_session_ = 1;
  std::uint64_t next_request_ = 1;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_CORE_HARNESS_H_
