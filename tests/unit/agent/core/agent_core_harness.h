#ifndef WF_TESTS_UNIT_AGENT_CORE_AGENT_CORE_HARNESS_H_
#define WF_TESTS_UNIT_AGENT_CORE_AGENT_CORE_HARNESS_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/core/agent_core.h"
#include "agent/spool/memory_spool.h"
#include "common/wire/session_wire.h"
#include "tests/support/fake_energy_account.h"
#include "tests/support/fake_engine_supervisor.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/scripted_link.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {

// A host whose sensors see what its test says.
class FakeEnergyMeter final : public EnergyMeter {
 public:
  MeasuredChannels Measured(const std::vector<std::string>&) const override {
    return is_measured ? MeasuredChannels{.names = {"fake"},
                                          .update_periods = update_periods,
                                          .of_devices = 1,
                                          .with_temperature = has_temperature ? 1U : 0U}
                       : MeasuredChannels{};
  }
  std::vector<std::string> ChannelNames() const override { return {"fake"}; }
  std::unique_ptr<EnergyAccount> OpenAccount(const std::vector<std::string>&,
                                             TaskRunner& runner) override {
    ++accounts;
    auto account = std::make_unique<wattfleet::testing::FakeEnergyAccount>(
        runner, std::chrono::milliseconds(300));
    account->trace = trace;
    account->is_heat_steady = is_heat_steady;
    return account;
  }
  void MeasureBaseline(const std::vector<std::string>&, TaskRunner& runner,
                       std::function<void()> done) override {
    ++baselines;
    runner.PostAfter(std::chrono::seconds(10), std::move(done));
  }

  std::uint64_t HeatChanges(const std::vector<std::string>&) const override { return heat_changes; }

  bool is_measured = false;
  std::uint64_t heat_changes = 0;
  bool has_temperature = false;
  bool is_heat_steady = true;  // of every account
  std::string trace;           // of every account
  std::vector<std::chrono::nanoseconds> update_periods = {std::chrono::milliseconds(100)};
  int accounts = 0;
  int baselines = 0;
};

// An agent in virtual time; the test is its coordinator. Every unit takes a second unless the
// script says otherwise.
class AgentCoreHarness : public ::testing::Test {
 protected:
  using Seconds = std::chrono::seconds;

  explicit AgentCoreHarness(std::uint64_t spool_limit = 64 << 20)
      : spool_(SpoolId{7}, spool_limit) {
    settings_.name = "agent";
    settings_.version = "test";
    settings_.incarnation = 5;
    settings_.instances = {{.name = "gpu0", .accelerator = "nvidia-h200", .device_ids = {"GPU-0"}}};
  }

  // As main does; `engine` is what the supervisor hands out.
  void Build() {
    AgentParts parts{.runner = world_,
                     .clock = world_,
                     .random = world_.random(),
                     .link = link_,
                     .spool = spool_,
                     .engines = engines_,
                     .meter = *used_meter_,
                     .contention = contention_,
                     .note = [this](const std::string& note) { notes_.push_back(note); }};
    core_ = std::make_unique<AgentCore>(settings_, parts,
                                        [this](absl::Status status) { exits_.push_back(status); });
    core_->Start();
    world_.RunFor(std::chrono::milliseconds(10));
  }
  void BuildAndWelcome() {
    Build();
    Welcome();
  }

  void Welcome(std::uint64_t ack_through = 0, std::int64_t credit = 1 << 20,
               std::vector<std::pair<LeaseId, LeaseVerdict>> held = {}) {
    link_.Deliver(wattfleet::Welcome{.agent = 1,
                                     .store_id = "store",
                                     .ack_through_seq = ack_through,
                                     .heartbeat = Seconds(5),
                                     .session_dead = Seconds(45),
                                     .credit_bytes = credit,
                                     .held = std::move(held)});
  }
  // Waits for a dial after a broken connection.
  void AwaitHello() {
    const std::size_t before = link_.hellos.size();
    ASSERT_TRUE(
        world_.RunUntil([&] { return link_.hellos.size() > before; }, std::chrono::minutes(5)));
  }

  LeaseGrant GrantOf(std::int64_t lease, std::int64_t units, const std::string& instance = "gpu0") {
    LeaseGrant grant;
    grant.lease = {lease};
    grant.shard = {lease};
    grant.epoch = 1;
    grant.pair.id = {3};
    grant.pair.sweep = {2};
    grant.pair.model = "m";
    grant.pair.build.engine = "scripted";
    grant.instance = instance;
    grant.units = {{.lo = lease * 1'000, .hi = lease * 1'000 + units}};
    grant.ttl = Seconds(120);
    for (const WorkRequest& request : link_.Sent<WorkRequest>()) {
      if (request.instance == instance) {
        grant.request_id = request.request_id;
      }
    }
    return grant;
  }
  LeaseQueries QueriesOf(const LeaseGrant& grant, bool last = true) {
    LeaseQueries queries{.lease = grant.lease, .epoch = grant.epoch, .last = last};
    for (Unit unit = grant.units[0].lo; unit < grant.units[0].hi; ++unit) {
      queries.queries.push_back(
          {.unit = unit, .query_id = "q" + std::to_string(unit), .prompt = "?"});
    }
    return queries;
  }
  void Grant(const LeaseGrant& grant) {
    link_.Deliver(grant);
    link_.Deliver(QueriesOf(grant));
  }

  // A coordinator that is well: answers heartbeats and acknowledges every frame, once a second.
  void Serve(std::chrono::nanoseconds span) {
    const auto end = world_.MonotonicNow() + span;
    while (world_.MonotonicNow() < end) {
      world_.RunFor(std::chrono::milliseconds(100));
      AnswerHeartbeats();
      AckAll();
    }
  }
  void AnswerHeartbeats() {
    const auto beats = link_.Sent<Heartbeat>();
    for (; link_.is_connected() && heartbeats_answered_ < beats.size(); ++heartbeats_answered_) {
      link_.Deliver(HeartbeatAck{.seq = beats[heartbeats_answered_].seq});
    }
  }
  void AckAll() {
    const auto frames = link_.Sent<SpooledBatch>();
    for (; link_.is_connected() && frames_acked_ < frames.size(); ++frames_acked_) {
      Ack(frames[frames_acked_]);
    }
  }
  void Ack(const SpooledBatch& frame) {
    link_.Deliver(ResultAck{.spool_id = spool_.id(),
                            .through_seq = frame.seq,
                            .credit_bytes = static_cast<std::int64_t>(frame.bytes.size())});
  }

  std::vector<ResultBatch> Batches() const {
    std::vector<ResultBatch> batches;
    for (const SpooledBatch& frame : link_.Sent<SpooledBatch>()) {
      auto batch = ParseBatch(frame.bytes);
      EXPECT_TRUE(batch.ok()) << batch.status();
      EXPECT_EQ(batch->seq, frame.seq);
      batches.push_back(*std::move(batch));
    }
    return batches;
  }
  std::vector<Result> Results() const {
    std::vector<Result> results;
    for (const ResultBatch& batch : Batches()) {
      results.insert(results.end(), batch.results.begin(), batch.results.end());
    }
    return results;
  }
  std::optional<LeaseClose> CloseOf(std::int64_t lease) const {
    std::optional<LeaseClose> close;
    for (const ResultBatch& batch : Batches()) {
      if (batch.lease.value == lease && batch.close) {
        EXPECT_FALSE(close.has_value()) << "closed twice";
        close = batch.close;
      }
    }
    return close;
  }
  bool ServeUntilClosed(std::int64_t lease, std::chrono::nanoseconds limit) {
    const auto end = world_.MonotonicNow() + limit;
    while (!CloseOf(lease) && world_.MonotonicNow() < end) {
      Serve(Seconds(1));
    }
    return CloseOf(lease).has_value();
  }

  wattfleet::testing::SimWorld world_;
  MemorySpool spool_;
  wattfleet::testing::ScriptedLink link_;
  wattfleet::testing::ScriptedBackend::Script script_ = [](const auto&, int) {
    return wattfleet::testing::Says("a");
  };
  std::shared_ptr<wattfleet::testing::ScriptedBackend> backend_ =
      std::make_shared<wattfleet::testing::ScriptedBackend>(
          world_, world_,
          [this](const auto& request, int attempt) { return script_(request, attempt); });
  wattfleet::testing::FakeEngineSupervisor engines_{
      world_, backend_,
      EngineIdentity{.engine_kind = "scripted",
                     .model_digest = "sha256:1",
                     .quantization = "q4",
                     .prefix_cache_controlled = true}};
  FakeEnergyMeter meter_;
  EnergyMeter* used_meter_ = &meter_;
  ContentionWatch* contention_ = nullptr;
  AgentSettings settings_;
  std::vector<std::string> notes_;
  std::vector<absl::Status> exits_;
  std::size_t heartbeats_answered_ = 0;
  std::size_t frames_acked_ = 0;
  std::unique_ptr<AgentCore> core_;
};

}  // namespace wattfleet::agent

#endif  // WF_TESTS_UNIT_AGENT_CORE_AGENT_CORE_HARNESS_H_
