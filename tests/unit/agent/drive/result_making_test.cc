#include "agent/drive/result_making.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/drive/backoff.h"
#include "agent/drive/reply_judgement.h"
#include "common/wire/body.h"
#include "common/wire/utf8.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;

InferenceReply AnsweredReply() {
  InferenceReply reply;
  reply.sent = MonotonicTime(milliseconds(1'010));
  reply.done = MonotonicTime(milliseconds(3'510));
  reply.finish = Finish::kStop;
  reply.body.content = "42";
  return reply;
}

RequestRecord RecordOf(Unit unit) {
  return {.unit = unit, .scheduled = MonotonicTime(milliseconds(1'000)), .sent_unix_ms = 77};
}

TEST(ResultMakingTest, TimesAreThoseOfTheReply) {
  InferenceReply reply = AnsweredReply();
  reply.ttft_ns = 5;
  reply.ttfo_ns = 6;

  const Result result = MakeResult(RecordOf(9), reply);

  EXPECT_EQ(result.unit, 9);
  EXPECT_EQ(result.duration_ns, 2'500'000'000);
  EXPECT_EQ(result.queue_ns, 10'000'000);
  EXPECT_EQ(result.ttft_ns, 5);
  EXPECT_EQ(result.ttfo_ns, 6);
  EXPECT_EQ(result.sent_unix_ms, 77);
  EXPECT_EQ(result.status, ResultStatus::kCompleted);
  EXPECT_EQ(result.flags, 0);
}

TEST(ResultMakingTest, ARecordedDurationStandsForTheMeasuredOne) {
  InferenceReply reply = AnsweredReply();
  reply.recorded_duration_ns = 123;
  reply.flags = kFlagReplayed;

  const Result result = MakeResult(RecordOf(1), reply);

  EXPECT_EQ(result.duration_ns, 123);
  EXPECT_EQ(result.flags, kFlagReplayed);
}

TEST(ResultMakingTest, ARecordingWithoutADurationIsUntimed) {
  InferenceReply reply = AnsweredReply();
  reply.flags = kFlagReplayed;

  EXPECT_EQ(MakeResult(RecordOf(1), reply).flags, kFlagReplayed | kFlagUntimed);
}

TEST(ResultMakingTest, TheDigestIsOfTheTextAndTheBodyUnpacksToIt) {
  const Result result = MakeResult(RecordOf(1), AnsweredReply());

  EXPECT_EQ(result.body_digest, ContentDigest("42"));
  WF_ASSERT_OK_AND_ASSIGN(const ResponseBody body, UnpackBody(result.body_zstd));
  EXPECT_EQ(body.content, "42");
}

TEST(ResultMakingTest, AnAnswerCutAtItsLengthIsCompletedAndTruncated) {
  InferenceReply reply = AnsweredReply();
  reply.finish = Finish::kLength;

  const Result result = MakeResult(RecordOf(1), reply);

  EXPECT_EQ(result.status, ResultStatus::kCompleted);
  EXPECT_EQ(result.flags, kFlagTruncated);
}

TEST(ResultMakingTest, TooFewRequestsInFlightAreUnderfilled) {
  RequestRecord record = RecordOf(1);
  record.concurrency = 16;
  record.in_flight_mean = 14.0;
  EXPECT_EQ(MakeResult(record, AnsweredReply()).flags, kFlagUnderfilled);

  record.in_flight_mean = 15.5;
  EXPECT_EQ(MakeResult(record, AnsweredReply()).flags, 0);

  record.concurrency = 0;
  record.in_flight_mean = 1;
  EXPECT_EQ(MakeResult(record, AnsweredReply()).flags, 0);
}

TEST(ResultMakingTest, EveryFailureThatEndsAUnitHasItsStatus) {
  EXPECT_EQ(StatusOfResult(Failure::kNone), ResultStatus::kCompleted);
  EXPECT_EQ(StatusOfResult(Failure::kContextOverflow), ResultStatus::kCompleted);
  EXPECT_EQ(StatusOfResult(Failure::kRefused), ResultStatus::kCompleted);
  EXPECT_EQ(StatusOfResult(Failure::kNoRecording), ResultStatus::kFailed);
  EXPECT_EQ(StatusOfResult(Failure::kInvalidRequest), ResultStatus::kFailed);
  EXPECT_EQ(StatusOfResult(Failure::kTimedOut), ResultStatus::kTimeout);
}

TEST(ResultMakingTest, ABodyOverTheLimitIsCutAtACharacterAndFlagged) {
  InferenceReply reply = AnsweredReply();
  Random random(1);
  for (int i = 0; i < 400'000; ++i) {
    const std::uint64_t letter = 0x4E00 + random.Below(0x5000);  // three bytes each
    reply.body.content.push_back(static_cast<char>(0xE0 | letter >> 12));
    reply.body.content.push_back(static_cast<char>(0x80 | (letter >> 6 & 0x3F)));
    reply.body.content.push_back(static_cast<char>(0x80 | (letter & 0x3F)));
  }
  const std::string whole = reply.body.content;

  const Result result = MakeResult(RecordOf(1), reply);

  EXPECT_LE(result.body_zstd.size(), kBodyZstdBytesMax);
  EXPECT_EQ(result.flags, kFlagResponseCut);
  EXPECT_EQ(result.body_digest, ContentDigest(whole));
  WF_ASSERT_OK_AND_ASSIGN(const ResponseBody body, UnpackBody(result.body_zstd));
  EXPECT_EQ(body.content, whole.substr(0, body.content.size()));
  EXPECT_GT(body.content.size(), whole.size() / 4);
}

TEST(BackoffTest, GrowsToItsCapAndSpreadsWithinItsBounds) {
  const Backoff backoff{.first = milliseconds(500), .factor = 1.7, .cap = std::chrono::seconds(30)};
  Random random(3);

  EXPECT_EQ(backoff.Step(0), milliseconds(500));
  EXPECT_EQ(backoff.Step(1), milliseconds(850));
  EXPECT_EQ(backoff.Step(1'000), std::chrono::seconds(30));
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_LT(backoff.FullJitter(2, random), backoff.Step(2));
    EXPECT_GE(backoff.Spread(2, random), backoff.Step(2) * 8 / 10);
    EXPECT_LE(backoff.Spread(2, random), backoff.Step(2) * 12 / 10);
  }
}

}  // namespace
}  // namespace wattfleet::agent
