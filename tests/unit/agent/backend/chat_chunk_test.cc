#include "agent/backend/openai/chat_chunk.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

// A chunk with copies of what the parser only lends.
struct Kept {
  std::string content;
  std::string reasoning;
  std::string refusal;
  std::string finish_reason;
  ChatChunk chunk;
};

Kept Parse(const std::string& data) {
  ChatChunkParser parser;
  const absl::StatusOr<ChatChunk> chunk = parser.Parse(data);
  EXPECT_THAT(chunk, testing::IsOk()) << data;
  return {std::string(chunk->content), std::string(chunk->reasoning), std::string(chunk->refusal),
          std::string(chunk->finish_reason), *chunk};
}

std::string Delta(const std::string& delta) {
  return R"({"choices": [{"index": 0, "delta": )" + delta + R"(, "finish_reason": null}]})";
}

TEST(ChatChunkTest, TakesTextUnderEveryNameItGoesBy) {
  EXPECT_EQ(Parse(Delta(R"({"content": "a"})")).content, "a");
  EXPECT_EQ(Parse(Delta(R"({"reasoning_content": "r"})")).reasoning, "r");
  EXPECT_EQ(Parse(Delta(R"({"reasoning": "r"})")).reasoning, "r");
  EXPECT_EQ(Parse(Delta(R"({"reasoning": "same", "reasoning_content": "same"})")).reasoning,
            "same");
  EXPECT_EQ(Parse(Delta(R"({"refusal": "no"})")).refusal, "no");
  EXPECT_EQ(Parse(R"({"choices": [{"text": "t", "finish_reason": "stop"}]})").content, "t");
  const Kept parts = Parse(
      Delta(R"({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},)"
            R"( {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})"));
  EXPECT_EQ(parts.content, "ab");
  EXPECT_EQ(parts.reasoning, "r");
}

TEST(ChatChunkTest, ARoleAloneOrNullsAreNoText) {
  const std::vector<std::string> deltas = {
      R"({"role": "assistant"})", R"({"role": "assistant", "content": ""})",
      R"({"content": null, "reasoning": null, "refusal": null, "tool_calls": null})", "{}"};
  for (const std::string& delta : deltas) {
    const Kept kept = Parse(Delta(delta));
    EXPECT_EQ(kept.content + kept.reasoning + kept.refusal + kept.finish_reason, "") << delta;
    EXPECT_FALSE(kept.chunk.has_tool_calls);
  }
}

TEST(ChatChunkTest, SeesToolCallsWithoutContent) {
  EXPECT_TRUE(Parse(Delta(R"({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]})"))
                  .chunk.has_tool_calls);
  EXPECT_TRUE(Parse(Delta(R"({"function_call": {"name": "f"}})")).chunk.has_tool_calls);
  EXPECT_FALSE(Parse(Delta(R"({"tool_calls": []})")).chunk.has_tool_calls);
}

TEST(ChatChunkTest, ReadsUsageFromAChunkWithoutChoices) {
  const ChatChunk chunk =
      Parse(R"({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 12,)"
            R"( "prompt_tokens_details": {"cached_tokens": 4},)"
            R"( "completion_tokens_details": {"reasoning_tokens": 8}}})")
          .chunk;

  EXPECT_EQ(chunk.tokens.input, 9);
  EXPECT_EQ(chunk.tokens.output, 12);
  EXPECT_EQ(chunk.tokens.cached, 4);
  EXPECT_EQ(chunk.tokens.reasoning, 8);
}

TEST(ChatChunkTest, ReadsTheTokenCountsOfEnginesWithTheirOwnWay) {
  const ChatChunk llama =
      Parse(R"({"choices": [], "timings": {"prompt_n": 3, "cache_n": 6, "predicted_n": 5,)"
            R"( "prompt_ms": 1.5, "predicted_ms": 250}})")
          .chunk;
  const ChatChunk groq =
      Parse(R"({"choices": [], "x_groq": {"usage": {"completion_tokens": 2}}})").chunk;
  const ChatChunk deepseek =
      Parse(R"({"choices": [], "usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 7}})")
          .chunk;

  EXPECT_EQ(llama.tokens.input, 9);
  EXPECT_EQ(llama.tokens.cached, 6);
  EXPECT_EQ(llama.tokens.output, 5);
  EXPECT_EQ(llama.durations, (EngineDurations{.prefill_ns = 1'500'000, .decode_ns = 250'000'000}));
  EXPECT_EQ(groq.tokens.output, 2);
  EXPECT_EQ(deepseek.tokens.cached, 7);
}

TEST(ChatChunkTest, LeavesTokensAbsentThatTheEngineDoesNotCount) {
  const ChatChunk chunk = Parse(R"({"choices": [], "usage": null})").chunk;

  EXPECT_EQ(chunk.tokens.input, std::nullopt);
  EXPECT_EQ(chunk.tokens.output, std::nullopt);
}

TEST(ChatChunkTest, KnowsAnErrorFromAChoice) {
  EXPECT_TRUE(Parse(R"({"error": {"message": "m"}})").chunk.is_error);
  EXPECT_TRUE(Parse(R"({"error": "m"})").chunk.is_error);
  EXPECT_TRUE(Parse(R"({"object": "error", "message": "m"})").chunk.is_error);
  EXPECT_FALSE(Parse(R"({"error": null, "choices": []})").chunk.is_error);
}

TEST(ChatChunkTest, SurvivesAnyShape) {
  ChatChunkParser parser;
  for (const char* data : {R"({"choices": {}})", R"({"choices": [7]})", R"({"choices": [{}]})",
                           R"({"choices": [{"delta": 7}]})", R"({"usage": 7, "timings": []})",
                           R"({"usage": {"prompt_tokens": -1, "completion_tokens": "x"}})"}) {
    WF_EXPECT_OK(parser.Parse(data)) << data;
  }
  for (const char* data : {"", "[]", "7", "{", "garbage", "\xff"}) {
    EXPECT_EQ(parser.Parse(data).status().code(), absl::StatusCode::kInvalidArgument) << data;
  }
}

}  // namespace
}  // namespace wattfleet::agent
