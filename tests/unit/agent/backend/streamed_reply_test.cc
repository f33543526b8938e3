#include "agent/backend/streamed_reply.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;

constexpr ChunkKind kContent = ChunkKind::kContent;
constexpr ChunkKind kReasoning = ChunkKind::kReasoning;

MonotonicTime At(int ms) {
  return MonotonicTime(std::chrono::hours(1) + std::chrono::milliseconds(ms));
}

ChunkStamp Stamp(int ms, ChunkKind kind) {
  return {ms * 1'000'000LL, kind};
}

StreamedReply Sent() {
  StreamedReply reply;
  reply.Sending(At(0));
  return reply;
}

TEST(StreamedReplyTest, StampsEveryPieceSinceSending) {
  StreamedReply streamed = Sent();
  streamed.AddReasoning("hm", At(10));
  streamed.AddContent("The answer", At(20));
  streamed.AddContent("", At(25));
  streamed.AddContent(" is (A).", At(30));
  streamed.SetFinish("stop", At(31));

  const InferenceReply reply = streamed.Take(At(99));

  EXPECT_EQ(reply.sent, At(0));
  EXPECT_EQ(reply.done, At(30));
  EXPECT_EQ(reply.body.content, "The answer is (A).");
  EXPECT_EQ(reply.body.reasoning, "hm");
  EXPECT_THAT(reply.body.chunks,
              ElementsAre(Stamp(10, kReasoning), Stamp(20, kContent), Stamp(30, kContent)));
  EXPECT_EQ(reply.ttft_ns, 10'000'000);
  EXPECT_EQ(reply.ttfo_ns, 20'000'000);
  EXPECT_EQ(reply.finish, Finish::kStop);
}

TEST(StreamedReplyTest, StampsHeldBackTextWhenItArrived) {
  StreamedReply streamed = Sent();
  streamed.AddContent("<thi", At(1));
  streamed.AddContent("nk>", At(2));
  streamed.AddContent("why", At(3));
  streamed.AddContent("</think>", At(4));
  streamed.AddContent("\n", At(5));
  streamed.AddContent("so", At(6));

  const InferenceReply reply = streamed.Take(At(99));

  EXPECT_EQ(reply.body.reasoning, "why");
  EXPECT_EQ(reply.body.content, "so");
  EXPECT_THAT(reply.body.chunks,
              ElementsAre(Stamp(1, kReasoning), Stamp(2, kReasoning), Stamp(3, kReasoning),
                          Stamp(4, kContent), Stamp(5, kContent), Stamp(6, kContent)));
}

TEST(StreamedReplyTest, KeepsTextThatOnlyLookedLikeATag) {
  StreamedReply streamed = Sent();
  streamed.AddContent("<th", At(1));

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.body.content, "<th");
  EXPECT_THAT(reply.body.chunks, ElementsAre(Stamp(1, kContent)));
  EXPECT_EQ(reply.done, At(1));
}

TEST(StreamedReplyTest, FindsReasoningWhoseOpeningTagWasInThePrompt) {
  StreamedReply streamed = Sent();
  streamed.AddContent("I think so", At(1));
  streamed.AddContent("</think>", At(2));
  streamed.AddContent("\n\n(A)", At(3));

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.body.reasoning, "I think so");
  EXPECT_EQ(reply.body.content, "(A)");
  EXPECT_THAT(reply.body.chunks,
              ElementsAre(Stamp(1, kReasoning), Stamp(2, kReasoning), Stamp(3, kContent)));
  EXPECT_EQ(reply.ttft_ns, 1'000'000);
  EXPECT_EQ(reply.ttfo_ns, 3'000'000);
}

TEST(StreamedReplyTest, ThoughtsAloneAreNoContent) {
  StreamedReply streamed = Sent();
  streamed.AddContent("all of it was thinking</think>", At(1));

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.body.content, "");
  EXPECT_EQ(reply.body.reasoning, "all of it was thinking");
  EXPECT_EQ(reply.ttfo_ns, std::nullopt);
}

TEST(StreamedReplyTest, TakesTheEnginesTokenCounts) {
  StreamedReply streamed = Sent();
  streamed.AddContent("one chunk of many tokens", At(1));
  streamed.SetTokens({.input = 100, .cached = 64});
  streamed.SetTokens({.output = 7, .reasoning = 3});

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.input_tokens, 100);
  EXPECT_EQ(reply.cached_tokens, 64);
  EXPECT_EQ(reply.output_tokens, 7);
  EXPECT_EQ(reply.reasoning_tokens, 3);
  EXPECT_EQ(reply.token_source, TokenSource::kEngine);
  EXPECT_EQ(reply.flags, 0U);
}

TEST(StreamedReplyTest, EstimatesTokensByChunksAndSaysSo) {
  StreamedReply streamed = Sent();
  streamed.AddContent("a", At(1));
  streamed.AddContent("b", At(2));
  streamed.SetTokens({.output = 0});

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.output_tokens, 2);
  EXPECT_EQ(reply.token_source, TokenSource::kEstimated);
  EXPECT_EQ(reply.flags, kFlagTokensEstimated);
}

TEST(StreamedReplyTest, EmptyAnswersHaveNoTimesAndNoTokens) {
  StreamedReply streamed = Sent();
  streamed.SetFinish("stop", At(5));

  const InferenceReply reply = streamed.Take(At(9));

  EXPECT_EQ(reply.done, At(5));
  EXPECT_EQ(reply.ttft_ns, std::nullopt);
  EXPECT_EQ(reply.output_tokens, std::nullopt);
  EXPECT_EQ(reply.token_source, TokenSource::kNone);
}

TEST(StreamedReplyTest, SaysHowItEnded) {
  const std::vector<std::pair<std::string, Finish>> reasons = {
      {"stop", Finish::kStop},         {"eos", Finish::kStop},
      {"tool_calls", Finish::kStop},   {"length", Finish::kLength},
      {"max_tokens", Finish::kLength}, {"content_filter", Finish::kFiltered}};
  for (const auto& [reason, finish] : reasons) {
    StreamedReply streamed = Sent();
    streamed.SetFinish(reason, At(5));
    const InferenceReply reply = streamed.Take(At(9));
    EXPECT_EQ(reply.finish, finish) << reason;
    EXPECT_EQ(reply.flags, finish == Finish::kLength ? kFlagTruncated : 0) << reason;
  }
}

TEST(StreamedReplyTest, ForgetsAnAttemptOverADeadConnection) {
  StreamedReply streamed = Sent();
  streamed.AddContent("a", At(1));
  streamed.Sending(At(50));
  streamed.AddContent("b", At(60));

  const InferenceReply reply = streamed.Take(At(99));

  EXPECT_EQ(reply.body.content, "b");
  EXPECT_EQ(reply.ttft_ns, 10'000'000);
}

}  // namespace
}  // namespace wattfleet::agent
