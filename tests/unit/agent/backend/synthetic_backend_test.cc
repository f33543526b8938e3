#include "agent/backend/synthetic/synthetic_backend.h"

#include <chrono>
#include <cstdint>
#include <future>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/backend/synthetic/synthetic_options.h"
#include "common/time/system_clock.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

InferenceReply Ask(InferenceBackend& backend, const std::string& query_id, std::uint64_t id = 1) {
  std::promise<InferenceReply> promise;
  InferenceRequest request;
  request.id = id;
  request.query_id = query_id;
  backend.Send(request, [&promise](InferenceReply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

class SyntheticBackendTest : public ::testing::Test {
 protected:
  SyntheticBackend Open(std::string_view ref, std::uint64_t seed = 1) {
    return {*ParseSyntheticOptions(ref), seed, clock_};
  }
  SystemClock clock_;
};

TEST_F(SyntheticBackendTest, MarksEveryReply) {
  SyntheticBackend backend = Open("fail=0.5");

  for (std::uint64_t id = 0; id < 20; ++id) {
    EXPECT_EQ(Ask(backend, "q", id).flags & kFlagSynthetic, kFlagSynthetic);
  }
}

TEST_F(SyntheticBackendTest, GivesOneQueryTheSameAnswerInAnyOrder) {
  SyntheticBackend one = Open("correct=0.5,tokens=1000");
  SyntheticBackend two = Open("correct=0.5,tokens=1000");
  std::vector<std::pair<std::string, std::int64_t>> forward;
  std::vector<std::pair<std::string, std::int64_t>> backward;

  for (int i = 0; i < 50; ++i) {
    const InferenceReply reply = Ask(one, std::to_string(i));
    forward.emplace_back(reply.body.content, *reply.output_tokens);
  }
  for (int i = 49; i >= 0; --i) {
    const InferenceReply reply = Ask(two, std::to_string(i), 77);
    backward.emplace(backward.begin(), reply.body.content, *reply.output_tokens);
  }

  EXPECT_EQ(forward, backward);
}

TEST_F(SyntheticBackendTest, AnswersDifferentlyUnderAnotherSeed) {
  SyntheticBackend one = Open("correct=0.5,tokens=1000", 1);
  SyntheticBackend two = Open("correct=0.5,tokens=1000", 2);

  EXPECT_NE(Ask(one, "q").output_tokens, Ask(two, "q").output_tokens);
}

TEST_F(SyntheticBackendTest, IsRightAsOftenAsAsked) {
  SyntheticBackend backend = Open("correct=0.7,right=42,wrong=7");
  int right = 0;

  for (int i = 0; i < 2000; ++i) {
    right += Ask(backend, std::to_string(i)).body.content == "The answer is (42)." ? 1 : 0;
  }

  EXPECT_NEAR(right, 1400, 5 * 20.5);  // 5 standard deviations
}

TEST_F(SyntheticBackendTest, SpreadsTokensAroundTheirMean) {
  SyntheticBackend backend = Open("tokens=100,spread=0.1");
  std::set<std::int64_t> seen;

  for (int i = 0; i < 500; ++i) {
    seen.insert(*Ask(backend, std::to_string(i)).output_tokens);
  }

  EXPECT_GE(*seen.begin(), 90);
  EXPECT_LE(*seen.rbegin(), 110);
  EXPECT_GT(seen.size(), 15U);
}

TEST_F(SyntheticBackendTest, TakesTheLatencyAskedForAndStampsChunksWithinIt) {
  SyntheticBackend backend = Open("latency_ms=20,spread=0,tokens=4");

  const InferenceReply reply = Ask(backend, "q");

  EXPECT_GE(reply.done - reply.sent, std::chrono::milliseconds(20));
  ASSERT_EQ(reply.body.chunks.size(), 4U);
  EXPECT_EQ(reply.ttft_ns, 5'000'000);
  EXPECT_EQ(reply.body.chunks.back().since_sent_ns, 20'000'000);
}

TEST_F(SyntheticBackendTest, CanFailOnceAndSucceedWhenTriedAgain) {
  SyntheticBackend backend = Open("fail=0.5");
  std::set<Failure> seen;

  for (std::uint64_t attempt = 0; attempt < 64; ++attempt) {
    seen.insert(Ask(backend, "q", attempt).failure);
  }

  EXPECT_EQ(seen, (std::set<Failure>{Failure::kNone, Failure::kServer}));
}

TEST(SyntheticOptionsTest, AllKeysAreOptional) {
  WF_ASSERT_OK_AND_ASSIGN(const SyntheticOptions some,
                          ParseSyntheticOptions("latency_ms=1.5,correct=0.25"));

  EXPECT_EQ(some.latency, std::chrono::microseconds(1500));
  EXPECT_EQ(some.correct, 0.25);
  EXPECT_EQ(some.tokens, SyntheticOptions().tokens);
  EXPECT_EQ(*ParseSyntheticOptions(""), SyntheticOptions());
  EXPECT_EQ(*ParseSyntheticOptions("*"), SyntheticOptions());
}

TEST(SyntheticOptionsTest, NamesTheKeyThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"latency=20", "no option \"latency\"; there are latency_ms"},
      {"tokens", "tokens is \"\""},
      {"correct=1.1", "correct is \"1.1\", not a number from 0 to 1"},
      {"latency_ms=-1", "latency_ms is \"-1\""},
      {"spread=nan", "spread is \"nan\""}};
  for (const auto& [ref, fault] : bad) {
    EXPECT_THAT(ParseSyntheticOptions(ref),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(fault)));
  }
}

}  // namespace
}  // namespace wattfleet::agent
