#include "agent/drive/result_making.h"

#include <algorithm>
#include <utility>

#include "agent/drive/reply_judgement.h"
#include "common/wire/body.h"

namespace wattfleet::agent {

namespace {

// Below this share of the condition's concurrency a result is not one of the condition.
constexpr double kFilledShare = 0.9;

void Halve(std::string& text) {
  std::size_t size = text.size() / 2;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;  // not within a UTF-8 sequence
  }
  text.resize(size);
}

std::int64_t Nanoseconds(MonotonicTime::duration span) {
  return std::max<std::int64_t>(0,
                                std::chrono::duration_cast<std::chrono::nanoseconds>(span).count());
}

Flags FlagsOf(const RequestRecord& record, const InferenceReply& reply) {
  Flags flags = record.flags | reply.flags;
  if (reply.finish == Finish::kLength) {
    flags |= kFlagTruncated;
  }
  if (reply.token_source == TokenSource::kEstimated) {
    flags |= kFlagTokensEstimated;
  }
  if (record.in_flight_mean < kFilledShare * record.concurrency) {
    flags |= kFlagUnderfilled;
  }
  // How fast a recording is read says nothing of the engine that was recorded.
  if ((reply.flags & kFlagReplayed) != 0 && !reply.recorded_duration_ns) {
    flags |= kFlagUntimed;
  }
  return flags;
}

}  // namespace

Result MakeResult(const RequestRecord& record, InferenceReply reply) {
  Result result;
  result.unit = record.unit;
  result.status = StatusOfResult(reply.failure);
  result.failure = reply.failure;
  result.finish = reply.failure == Failure::kTimedOut ? Finish::kTimeout : reply.finish;
  result.sent_unix_ms = record.sent_unix_ms;
  result.duration_ns = reply.recorded_duration_ns.value_or(Nanoseconds(reply.done - reply.sent));
  result.ttft_ns = reply.ttft_ns;
  result.ttfo_ns = reply.ttfo_ns;
  result.queue_ns = Nanoseconds(reply.sent - record.scheduled);
  result.input_tokens = reply.input_tokens;
  result.cached_tokens = reply.cached_tokens;
  result.output_tokens = reply.output_tokens;
  result.reasoning_tokens = reply.reasoning_tokens;
  result.token_source = reply.token_source;
  result.in_flight_mean = record.in_flight_mean;
  result.flags = FlagsOf(record, reply);
  result.body_digest = ContentDigest(reply.body.content);
  bool was_cut = false;
  result.body_zstd = PackWithinLimit(std::move(reply.body), was_cut);
  result.flags |= was_cut ? kFlagResponseCut : 0;
  return result;
}

std::string PackWithinLimit(ResponseBody body, bool& was_cut) {
  std::string packed = PackBody(body);
  was_cut = packed.size() > kBodyZstdBytesMax;
  while (packed.size() > kBodyZstdBytesMax) {
    std::string& longer =
        body.reasoning.size() > body.content.size() ? body.reasoning : body.content;
    if (longer.empty()) {
      body.chunks.clear();
    } else {
      Halve(longer);
    }
    packed = PackBody(body);
  }
  return packed;
}

}  // namespace wattfleet::agent
