// What an agent costs per result: driver, body, batch, spool on a real disk, credit; everything but
// the engine and the socket. Bodies of 1.5 KB, as recorded answers have them.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "agent/core/agent_core.h"
#include "agent/spool/file_spool.h"
#include "common/random/random.h"
#include "common/time/system_clock.h"
#include "tests/support/fake_engine_supervisor.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

constexpr std::int64_t kUnitsPerLease = 4'096;

// Runs tasks on the calling thread, each when it falls due.
class BenchRunner final : public TaskRunner {
 public:
  explicit BenchRunner(const Clock& clock) : clock_(clock) {}
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) override {
    later_.emplace(clock_.MonotonicNow() + delay, std::move(task));
  }
  void RunUntil(const std::function<bool()>& done) {
    while (!done()) {
      if (!later_.empty() && later_.begin()->first <= clock_.MonotonicNow()) {
        tasks_.push_back(std::move(later_.extract(later_.begin()).mapped()));
      }
      if (!tasks_.empty()) {
        const std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        task();
      }
    }
  }

 private:
  const Clock& clock_;
  std::deque<std::function<void()>> tasks_;
  std::multimap<MonotonicTime, std::function<void()>> later_;
};

// Answers within Send, as replay does.
class InstantBackend final : public InferenceBackend {
 public:
  InstantBackend() {
    Random random(1);
    const char* const words[] = {"the ",    "answer ", "is ",      "therefore ", "because ",
                                 "option ", "energy ", "a ",       "of ",        "we ",
                                 "first ",  "must ",   "consider "};
    while (text_.size() < 1'500) {
      text_ += words[random.Below(std::size(words))];
      text_ += std::to_string(random.Below(1'000)) + " ";
    }
  }
  absl::StatusOr<EngineIdentity> Identify() override { return EngineIdentity{}; }
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override {
    InferenceReply reply;
    reply.sent = reply.done = clock_.MonotonicNow();
    reply.body.content = text_ + request.query_id;
    reply.flags = kFlagReplayed;
    done(std::move(reply));
  }
  void CancelAll() override {}

 private:
  SystemClock clock_;
  std::string text_;
};

// A coordinator that acknowledges at once and counts bytes.
class SinkLink final : public CoordinatorLink {
 public:
  explicit SinkLink(TaskRunner& runner) : runner_(runner) {}
  void Connect(const AgentHello& hello, Receiver& receiver) override {
    spool_id_ = hello.spool_id;
    receiver_ = &receiver;
    runner_.Post(
        [this] { receiver_->OnMessage(Welcome{.ack_through_seq = 0, .credit_bytes = 4 << 20}); });
  }
  void Send(AgentMessage message) override {
    if (const auto* frame = std::get_if<SpooledBatch>(&message)) {
      const auto size = static_cast<std::int64_t>(frame->bytes.size());
      bytes += size;
      runner_.Post([this, seq = frame->seq, size] {
        receiver_->OnMessage(
            ResultAck{.spool_id = spool_id_, .through_seq = seq, .credit_bytes = size});
      });
    } else if (const auto* request = std::get_if<WorkRequest>(&message)) {
      requests.push_back(request->request_id);
    }
  }
  void Disconnect() override {}
  void Deliver(CoordinatorMessage message) { receiver_->OnMessage(std::move(message)); }

  std::deque<std::uint64_t> requests;
  std::int64_t bytes = 0;

 private:
  TaskRunner& runner_;
  Receiver* receiver_ = nullptr;
  SpoolId spool_id_{};
};

void GrantLease(SinkLink& link, std::int64_t lease) {
  LeaseGrant grant;
  grant.lease = {lease};
  grant.shard = {lease};
  grant.epoch = 1;
  grant.pair.id = {1};
  grant.pair.sweep = {1};
  grant.pair.build.engine = "replay";
  grant.instance = "cpu";
  grant.units = {{.lo = lease * kUnitsPerLease, .hi = (lease + 1) * kUnitsPerLease}};
  grant.ttl = std::chrono::hours(1);
  grant.request_id = link.requests.front();
  link.requests.pop_front();
  LeaseQueries queries{.lease = grant.lease, .epoch = 1, .last = true};
  for (Unit unit = grant.units[0].lo; unit < grant.units[0].hi; ++unit) {
    queries.queries.push_back({.unit = unit, .query_id = std::to_string(unit)});
  }
  link.Deliver(std::move(grant));
  link.Deliver(std::move(queries));
}

void BM_AgentPipeline(benchmark::State& state) {
  const wattfleet::testing::TempDir directory;
  const SystemClock clock;
  Random random(1);
  BenchRunner runner(clock);
  SinkLink link(runner);
  const auto spool = *FileSpool::Open(
      {.directory = directory.path() + "/spool", .agent_name = "bench"}, clock, random);
  wattfleet::testing::FakeEngineSupervisor engines(runner, std::make_shared<InstantBackend>(),
                                                   {.engine_kind = "replay"});
  engines.load_time = {};
  NoEnergyMeter meter;
  std::int64_t closed = 0;
  AgentSettings settings{.name = "bench", .version = "0", .instances = {{.name = "cpu"}}};
  AgentCore core(
      settings,
      {.runner = runner,
       .clock = clock,
       .random = random,
       .link = link,
       .spool = *spool,
       .engines = engines,
       .meter = meter,
       .note =
           [&closed](const std::string& note) { closed += note.starts_with("lease ") ? 1 : 0; }},
      [](const absl::Status&) {});
  core.Start();
  runner.RunUntil([&] { return !link.requests.empty(); });
  std::int64_t lease = 0;
  for (auto _ : state) {
    GrantLease(link, ++lease);
    runner.RunUntil([&] { return closed == lease && !link.requests.empty(); });
  }
  state.SetItemsProcessed(lease * kUnitsPerLease);
  state.SetBytesProcessed(link.bytes);
}
BENCHMARK(BM_AgentPipeline)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wattfleet::agent
