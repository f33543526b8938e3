#include "agent/drive/concurrency_probe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/drive/reply_judgement.h"

namespace wattfleet::agent {

namespace {

// The answers of the last round are long enough for the first of them to outlast the reading of
// the last prompt on any engine that overlaps them.
constexpr std::int64_t kFirstOutputTokens = 32;
constexpr std::int64_t kLastOutputTokens = 512;
constexpr std::int64_t kLonger = 4;

// A moment at which an answer begins or ends to be written.
struct Edge {
  std::chrono::nanoseconds at;
  int step;  // +1, -1
};

absl::Status FailureOf(const InferenceReply& reply) {
  const std::string what = absl::StrFormat("warm-up: %s: %s", FailureWords(reply.failure),
                                           reply.error.substr(0, kErrorBytesMax));
  switch (reply.failure) {
    case Failure::kAuthentication:
      return absl::UnauthenticatedError(what);
    case Failure::kQuota:
      return absl::ResourceExhaustedError(what);
    default:
      return absl::UnavailableError(what);
  }
}

// Every request says something else from its first words on, or a prefix cache would answer.
std::string Prompt(std::int32_t number) {
  return absl::StrFormat(
      "List %d: count from %d to %d, every number in words, separated by commas, nothing else.",
      number + 1, 100 * number + 1, 100 * number + 99);
}

}  // namespace

std::string Overlap::Text() const {
  if (is_proven()) {
    return absl::StrFormat("%d requests are answered at a time", asked);
  }
  if (!has_seen_streams) {
    return absl::StrFormat(
        "NOT_CONCURRENT: the answers come in one piece each, so that %d at a time cannot be shown",
        asked);
  }
  return absl::StrFormat(
      "NOT_CONCURRENT: of %d requests sent together at most %d were answered at a time", asked,
      most);
}

Overlap MeasureOverlap(std::span<const InferenceReply> replies) {
  Overlap overlap{.asked = static_cast<std::int32_t>(replies.size())};
  std::vector<Edge> edges;
  for (const InferenceReply& reply : replies) {
    if (reply.body.chunks.size() < 2) {
      continue;
    }
    overlap.has_seen_streams = true;
    const auto sent =
        std::chrono::duration_cast<std::chrono::nanoseconds>(reply.sent.time_since_epoch());
    const auto at = [&sent](const ChunkStamp& chunk) {
      return sent + std::chrono::nanoseconds(chunk.since_sent_ns);
    };
    if (at(reply.body.chunks.front()) < at(reply.body.chunks.back())) {
      edges.push_back({at(reply.body.chunks.front()), +1});
      edges.push_back({at(reply.body.chunks.back()), -1});
    }
  }
  // Of two at one moment the end comes first: they touch and do not overlap.
  std::ranges::sort(edges, [](const Edge& a, const Edge& b) {
    return a.at != b.at ? a.at < b.at : a.step < b.step;
  });
  std::int32_t open = 0;
  for (const Edge& edge : edges) {
    open += edge.step;
    overlap.most = std::max(overlap.most, open);
  }
  return overlap;
}

ConcurrencyProbe::ConcurrencyProbe(DriveWorld& world, const DriveOptions& options,
                                   DriveEngine engine)
    : world_(world),
      options_(options),
      engine_(std::move(engine)),
      output_tokens_(kFirstOutputTokens) {}

void ConcurrencyProbe::Start(Done done) {
  done_ = std::move(done);
  SendRound();
}

void ConcurrencyProbe::Abandon() {
  done_ = nullptr;
  engine_.account = nullptr;
  if (in_flight_ > 0) {
    engine_.backend->CancelAll();
  }
}

void ConcurrencyProbe::SendRound() {
  replies_.clear();
  in_flight_ = options_.condition.concurrency;
  for (std::int32_t i = 0; i < options_.condition.concurrency; ++i) {
    const std::uint64_t id = world_.next_request_id++;
    InferenceRequest request{.id = id,
                             .query_id = absl::StrFormat("warm-up-%d", id),
                             .system = {},
                             .prompt = Prompt(i),
                             .generation = options_.generation,
                             .timeouts = options_.timeouts};
    request.generation.max_output_tokens = output_tokens_;
    engine_.account->RequestStarted(id, world_.clock.MonotonicNow());
    engine_.backend->Send(std::move(request), [self = shared_from_this(), &runner = world_.runner,
                                               id](InferenceReply reply) {
      runner.Post(
          [self, id, reply = std::move(reply)]() mutable { self->OnReply(id, std::move(reply)); });
    });
  }
}

void ConcurrencyProbe::OnReply(std::uint64_t request, InferenceReply reply) {
  --in_flight_;
  if (engine_.account != nullptr) {
    engine_.account->RequestEnded(request, reply.done, RequestFate::kUncounted,
                                  [](const std::vector<ChannelEnergy>&) {});
  }
  replies_.push_back(std::move(reply));
  if (in_flight_ == 0 && done_ != nullptr) {
    EndRound();
  }
}

void ConcurrencyProbe::EndRound() {
  const auto is_answer = [](const InferenceReply& reply) {
    return reply.failure == Failure::kNone;
  };
  if (std::ranges::none_of(replies_, is_answer)) {
    std::exchange(done_, nullptr)(FailureOf(replies_.front()));
    return;
  }
  const Overlap overlap = MeasureOverlap(replies_);
  if (overlap.is_proven() || output_tokens_ >= kLastOutputTokens) {
    std::exchange(done_, nullptr)(overlap);
    return;
  }
  output_tokens_ *= kLonger;
  SendRound();
}

}  // namespace wattfleet::agent
