#include "agent/backend/synthetic/synthetic_backend.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include <xxhash.h>

#include "common/random/random.h"

namespace wattfleet::agent {

namespace {

constexpr std::int64_t kChunksMax = 64;

double Spread(Random& random, double mean, double spread) {
  return mean * (1 + spread * (2 * random.Unit() - 1));
}

std::uint64_t Hash(const std::string& text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

InferenceReply Failed(MonotonicTime sent) {
  InferenceReply reply;
  reply.sent = sent;
  reply.flags = kFlagSynthetic;
  reply.failure = Failure::kServer;
  reply.error = "synthetic server error";
  return reply;
}

InferenceReply Answer(const SyntheticOptions& options, Random& random, MonotonicTime sent,
                      std::int64_t latency_ns) {
  InferenceReply reply;
  reply.sent = sent;
  reply.flags = kFlagSynthetic;
  reply.finish = Finish::kStop;
  const std::string& choice = random.Chance(options.correct) ? options.right : options.wrong;
  reply.body.content = absl::StrFormat("The answer is (%s).", choice);
  reply.token_source = TokenSource::kEngine;
  reply.output_tokens = std::max<std::int64_t>(
      1, std::llround(Spread(random, static_cast<double>(options.tokens), options.spread)));
  const std::int64_t chunks = latency_ns == 0 ? 1 : std::min(kChunksMax, *reply.output_tokens);
  for (std::int64_t i = 1; i <= chunks; ++i) {
    reply.body.chunks.push_back({latency_ns / chunks * i, ChunkKind::kContent});
  }
  reply.ttft_ns = reply.ttfo_ns = reply.body.chunks.front().since_sent_ns;
  return reply;
}

}  // namespace

SyntheticBackend::SyntheticBackend(SyntheticOptions options, std::uint64_t seed, const Clock& clock)
    : options_(std::move(options)), seed_(seed), clock_(clock) {
  if (options_.latency.count() > 0) {
    delayed_ = std::make_unique<DelayedReplies>(clock);
  }
}

absl::StatusOr<EngineIdentity> SyntheticBackend::Identify() {
  EngineIdentity identity;
  identity.engine_kind = "synthetic";
  identity.model_digest = absl::StrFormat("synthetic:%d", seed_);
  identity.prefix_cache_controlled = true;
  return identity;
}

void SyntheticBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  const MonotonicTime sent = clock_.MonotonicNow();
  Random random(Hash(request.query_id, seed_));
  const auto latency_ns =
      std::llround(Spread(random, static_cast<double>(options_.latency.count()), options_.spread));
  InferenceReply reply = Random(Hash(request.query_id, seed_ ^ request.id)).Chance(options_.fail)
                             ? Failed(sent)
                             : Answer(options_, random, sent, latency_ns);
  if (delayed_ != nullptr) {
    delayed_->DeliverAfter(std::chrono::nanoseconds(latency_ns), std::move(reply), std::move(done));
    return;
  }
  reply.done = clock_.MonotonicNow();
  done(std::move(reply));
}

void SyntheticBackend::CancelAll() {
  if (delayed_ != nullptr) {
    delayed_->CancelAll();
  }
}

}  // namespace wattfleet::agent
