#include "agent/backend/replay/replay_backend.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "agent/backend/replay/line_reader.h"
#include "agent/backend/replay/recording.h"
#include "common/time/system_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::TempDir;

constexpr std::string_view kTwoRows =
    R"({"id": "q1", "response": "The answer is (A).", "input_tokens": 100, "tokens": 7,)"
    R"( "latency_s": 1.5, "energy_j": 2.25, "reasoning": "because"})"
    "\n"
    R"({"id": 17, "response": null, "tokens": null})"
    "\n";

std::string Gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string ManyRows(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    text += R"({"id": "q)" + std::to_string(i) + R"(", "response": ")" +
            std::string(static_cast<std::size_t>(i % 700), 'x') + "\"}\n";
  }
  return text;
}

InferenceReply Ask(InferenceBackend& backend, const std::string& id) {
  std::promise<InferenceReply> promise;
  InferenceRequest request;
  request.query_id = id;
  backend.Send(request, [&promise](InferenceReply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

class ReplayBackendTest : public ::testing::Test {
 protected:
  ReplayBackend Open(std::string_view text, ReplayPace pace = ReplayPace::kFastest) {
    return {dir_.Write("answers.jsonl", text), pace, clock_};
  }
  absl::Status StatusOfReading(std::string_view text) { return Open(text).Identify().status(); }

  SystemClock clock_;
  TempDir dir_;
};

TEST_F(ReplayBackendTest, AnswersByQueryIdWithAllThatWasRecorded) {
  ReplayBackend backend = Open(kTwoRows);
  WF_ASSERT_OK(backend.Identify());

  const InferenceReply reply = Ask(backend, "q1");

  EXPECT_EQ(reply.failure, Failure::kNone);
  EXPECT_EQ(reply.body.content, "The answer is (A).");
  EXPECT_EQ(reply.body.reasoning, "because");
  EXPECT_EQ(reply.input_tokens, 100);
  EXPECT_EQ(reply.output_tokens, 7);
  EXPECT_EQ(reply.token_source, TokenSource::kRecorded);
  EXPECT_EQ(reply.recorded_duration_ns, 1'500'000'000);
  EXPECT_EQ(reply.recorded_energy, 2'250'000);
  EXPECT_EQ(reply.flags, kFlagReplayed);
  EXPECT_LT(reply.done - reply.sent, std::chrono::seconds(1));
}

TEST_F(ReplayBackendTest, LeavesAbsentWhatWasNotRecorded) {
  ReplayBackend backend = Open(kTwoRows);
  WF_ASSERT_OK(backend.Identify());

  const InferenceReply reply = Ask(backend, "17");

  EXPECT_EQ(reply.failure, Failure::kNone);
  EXPECT_EQ(reply.body.content, "");
  EXPECT_EQ(reply.output_tokens, std::nullopt);
  EXPECT_EQ(reply.token_source, TokenSource::kNone);
  EXPECT_EQ(reply.recorded_duration_ns, std::nullopt);
  EXPECT_EQ(reply.recorded_energy, std::nullopt);
}

TEST_F(ReplayBackendTest, SaysNoRecordingForAnIdThatTheFileLacks) {
  ReplayBackend backend = Open(kTwoRows);
  WF_ASSERT_OK(backend.Identify());

  const InferenceReply reply = Ask(backend, "q9");

  EXPECT_EQ(reply.failure, Failure::kNoRecording);
  EXPECT_THAT(reply.error, EndsWith("answers.jsonl has no answer to query q9"));
}

TEST_F(ReplayBackendTest, NamesTheRecordedIdsThatWereNeverAskedFor) {
  ReplayBackend backend = Open(kTwoRows);
  WF_ASSERT_OK(backend.Identify());
  EXPECT_THAT(backend.Use().never_asked, ElementsAre("q1", "17"));

  Ask(backend, "q1");
  Ask(backend, "q1");

  EXPECT_EQ(backend.Use().rows, 2);
  EXPECT_THAT(backend.Use().never_asked, ElementsAre("17"));
}

TEST_F(ReplayBackendTest, IsIdentifiedByTheBytesOfItsFile) {
  ReplayBackend one(dir_.Write("a", kTwoRows), ReplayPace::kFastest, clock_);
  ReplayBackend copy(dir_.Write("b", kTwoRows), ReplayPace::kFastest, clock_);
  ReplayBackend other(dir_.Write("c", std::string(kTwoRows) + "\n"), ReplayPace::kFastest, clock_);

  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, one.Identify());
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity same, copy.Identify());
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity different, other.Identify());

  EXPECT_EQ(identity.engine_kind, "replay");
  EXPECT_EQ(identity.recorded_answers, 2);
  EXPECT_THAT(identity.model_digest, ::testing::MatchesRegex("xxh3:[0-9a-f]+"));
  EXPECT_EQ(identity.model_digest.size(), 21U);
  EXPECT_EQ(same.model_digest, identity.model_digest);
  EXPECT_NE(different.model_digest, identity.model_digest);
}

TEST_F(ReplayBackendTest, TakesItsTimeAtTheRecordedPace) {
  ReplayBackend backend =
      Open(R"({"id": "q", "response": "r", "latency": 0.05})", ReplayPace::kRecorded);
  WF_ASSERT_OK(backend.Identify());

  const InferenceReply reply = Ask(backend, "q");

  EXPECT_EQ(reply.body.content, "r");
  EXPECT_GE(reply.done - reply.sent, std::chrono::milliseconds(50));
}

TEST_F(ReplayBackendTest, FlagsARecordedAnswerThatWasCut) {
  ReplayBackend backend = Open(R"({"id": "q", "response": "r", "finish_reason": "length"})");
  WF_ASSERT_OK(backend.Identify());

  const InferenceReply reply = Ask(backend, "q");

  EXPECT_EQ(reply.finish, Finish::kLength);
  EXPECT_EQ(reply.flags, kFlagReplayed | kFlagTruncated);
}

TEST_F(ReplayBackendTest, RefusesToAnswerBeforeTheRecordingIsOpen) {
  ReplayBackend backend = Open(kTwoRows);

  EXPECT_EQ(Ask(backend, "q1").failure, Failure::kEngineDown);
}

TEST_F(ReplayBackendTest, NamesTheLineAndTheFaultOfAMalformedRow) {
  const std::string good = "{\"id\": \"a\", \"response\": \"r\"}\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"{\"id\": \"b\", ", "the row is not JSON: "},
      {"[1]", "the row is not a JSON object"},
      {R"({"response": "r"})", "the row has no \"id\""},
      {R"({"id": 1.5, "response": "r"})", "field \"id\" is not a string or a whole number"},
      {R"({"id": "b"})", "the row has no \"response\""},
      {R"({"id": "b", "response": 7})", "field \"response\" is not a string"},
      {R"({"id": "b", "response": "", "tokens": -1})",
       "field \"tokens\" is not a whole number from 0"},
      {R"({"id": "b", "response": "", "latency_s": -1})",
       "field \"latency_s\" is not a number from 0"},
      {R"({"id": "b", "response": "", "energy_j": "1"})",
       "field \"energy_j\" is not a number from 0"},
      {R"({"id": "b", "response": "", "finish_reason": "x"})",
       "field \"finish_reason\" is not \"stop\" or \"length\""},
      {R"({"id": "a", "response": "again"})", "id \"a\" is at line 1 already"},
      {"{\"id\": \"b\", \"response\": \"\xff\"}", "the row is not JSON: "},
  };
  for (const auto& [row, fault] : bad) {
    EXPECT_THAT(
        StatusOfReading(good + "\n" + row + "\n" + good),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("answers.jsonl:3: " + fault)))
        << row;
  }
}

TEST_F(ReplayBackendTest, RefusesAnEmptyOrMissingRecording) {
  EXPECT_THAT(StatusOfReading("\n \r\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, EndsWith("has no rows")));
  EXPECT_THAT(StatusOfReading(""),
              StatusIs(absl::StatusCode::kInvalidArgument, EndsWith("has no rows")));
  EXPECT_THAT(Recording::Read(dir_.Path("absent")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir_.Path("absent"))));
  EXPECT_THAT(Recording::Read(dir_.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, EndsWith("is not a file")));
}

TEST_F(ReplayBackendTest, ReadsEveryCompressionWhateverTheName) {
  const std::string text = ManyRows(3000);
  const std::string half = text.substr(0, text.find('\n', text.size() / 2) + 1);
  const std::string rest = text.substr(half.size());
  const std::vector<std::pair<std::string, std::string>> files = {
      {"plain.gz", text},
      {"gzip", Gzip(text)},
      {"zstd.jsonl", Zstd(text)},
      {"members.gz", Gzip(half) + Gzip(rest)},
      {"frames.zst", Zstd(half) + Zstd(rest)},
      {"marked.jsonl", "\xef\xbb\xbf" + text},
      {"unended.jsonl", text.substr(0, text.size() - 1)},
  };
  for (const auto& [name, bytes] : files) {
    WF_ASSERT_OK_AND_ASSIGN(const auto recording, Recording::Read(dir_.Write(name, bytes)));
    ASSERT_EQ(recording->answers().size(), 3000U) << name;
    for (std::size_t i = 0; i < 3000; ++i) {
      EXPECT_EQ(recording->Find("q" + std::to_string(i)), i);
      EXPECT_EQ(recording->answers()[i].response.size(), i % 700);
    }
  }
}

TEST_F(ReplayBackendTest, NamesAFileWhoseCompressionIsDamagedOrCut) {
  const std::string text = ManyRows(3000);
  std::string damaged = Gzip(text);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  const std::vector<std::pair<std::string, std::string>> files = {
      {damaged, ": "},
      {Gzip(text).substr(0, 1000), "gzip data stops short"},
      {Zstd(text).substr(0, 1000), "zstd data stops short"},
      {Zstd(text).substr(0, 4) + "garbage and more garbage", "damaged zstd data"}};
  for (const auto& [bytes, fault] : files) {
    EXPECT_THAT(StatusOfReading(bytes),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         ::testing::AllOf(HasSubstr("answers.jsonl:"), HasSubstr(fault))));
  }
}

TEST_F(ReplayBackendTest, KeepsARowLargerThanABlock) {
  const std::string large(3U << 20, 'y');
  const std::string text = R"({"id": "a", "response": "first"})"
                           "\n"
                           R"({"id": "b", "response": ")" +
                           large + "\"}\n" + R"({"id": "c", "response": "last"})";

  WF_ASSERT_OK_AND_ASSIGN(const auto recording, Recording::Read(dir_.Write("f", text)));

  EXPECT_EQ(recording->answers()[0].response, "first");
  EXPECT_EQ(recording->answers()[1].response, large);
  EXPECT_EQ(recording->answers()[2].response, "last");
}

TEST_F(ReplayBackendTest, RefusesALineOverTheLimit) {
  const std::string text =
      "{\"id\": \"a\", \"response\": \"" + std::string(kRecordingLineBytesMax, 'y') + "\"}";

  EXPECT_THAT(StatusOfReading(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                              HasSubstr("answers.jsonl:1: line is longer than")));
}

TEST_F(ReplayBackendTest, SharesOneCopyUntilTheFileChanges) {
  const std::string path = dir_.Write("f", kTwoRows);
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Recording::Share(path));
  WF_ASSERT_OK_AND_ASSIGN(const auto second, Recording::Share(path));
  EXPECT_EQ(first, second);

  dir_.Write("f", std::string(kTwoRows) + R"({"id": "new", "response": ""})");
  WF_ASSERT_OK_AND_ASSIGN(const auto changed, Recording::Share(path));

  EXPECT_NE(changed, first);
  EXPECT_TRUE(changed->Find("new").has_value());
}

TEST_F(ReplayBackendTest, ReadsAPublishedRecording) {
  const char* set = std::getenv("WF_SHARED_DATA");
  const std::string data = set != nullptr ? set : WF_SOURCE_DIR "/../shared/data";
  const std::string path = data + "/mmlu-pro/outputs/gemini-1.5-pro-002.jsonl.gz";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << path << " is not here";
  }
  ReplayBackend backend(path, ReplayPace::kFastest, clock_);
  WF_ASSERT_OK(backend.Identify());

  EXPECT_EQ(backend.Use().rows, 12'020);
  EXPECT_THAT(Ask(backend, "70").body.content, EndsWith("The answer is (I).\n"));
  EXPECT_EQ(backend.Use().never_asked.size(), 12'019U);
}

}  // namespace
}  // namespace wattfleet::agent
