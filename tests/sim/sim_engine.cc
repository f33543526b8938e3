#include "tests/sim/sim_engine.h"

#include <utility>

namespace wattfleet::testing {

using agent::EngineIdentity;
using agent::InferenceReply;
using agent::InferenceRequest;
using agent::ReadyEngine;

absl::StatusOr<EngineIdentity> SimBackend::Identify() {
  return EngineIdentity{.engine_kind = "synthetic", .engine_version = "1", .model_digest = "sim"};
}

void SimBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  const auto span = static_cast<std::uint64_t>((faults_.latency_max - faults_.latency_min).count());
  const auto latency =
      faults_.latency_min + std::chrono::milliseconds(world_.random().Below(span + 1));
  open_[request.id] = std::move(done);
  world_.PostAfter(latency, [this, alive = alive_, id = request.id,
                             query = std::move(request.query_id), sent = world_.MonotonicNow()] {
    if (*alive) {
      Answer(id, query, sent);
    }
  });
}

// Equal queries get equal answers, so that two answers to one unit never disagree.
void SimBackend::Answer(std::uint64_t id, const std::string& query_id, MonotonicTime sent) {
  auto node = open_.extract(id);
  if (node.empty()) {
    return;
  }
  InferenceReply reply{.sent = sent, .done = world_.MonotonicNow()};
  if (world_.random().Chance(faults_.fail_chance)) {
    reply.failure = Failure::kServer;
    reply.error = "simulated 500";
  } else {
    reply.finish = Finish::kStop;
    reply.body.content = "answer to " + query_id;
    reply.output_tokens = 3;
    reply.token_source = TokenSource::kEngine;
  }
  node.mapped()(std::move(reply));
}

void SimBackend::CancelAll() {
  for (auto& [id, done] : std::exchange(open_, {})) {
    InferenceReply reply{.failure = Failure::kCancelled, .done = world_.MonotonicNow()};
    reply.error = "cancelled";
    done(std::move(reply));
  }
}

void SimEngines::Offers(std::function<void(std::vector<EngineOffer>)> done) {
  world_.Post(
      [done = std::move(done)] { done({EngineOffer{.kind = "synthetic", .refs = {"*"}}}); });
}

void SimEngines::Acquire(const std::string& instance, const Build&, std::int32_t,
                         std::optional<std::int64_t>,
                         std::function<void(absl::StatusOr<ReadyEngine>)> done) {
  auto& engine = engines_[instance];
  if (engine == nullptr) {
    engine = std::make_shared<SimBackend>(world_, faults_);
  }
  world_.PostAfter(std::chrono::milliseconds(10), [engine, done = std::move(done)] {
    done(ReadyEngine{.backend = engine, .identity = engine->Identify().value()});
  });
}

void SimEngines::Distrust(const std::string& instance) {
  engines_.erase(instance);
}

}  // namespace wattfleet::testing
