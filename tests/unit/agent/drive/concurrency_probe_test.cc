#include "agent/drive/concurrency_probe.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_energy_account.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using wattfleet::testing::Fails;
using wattfleet::testing::FakeEnergyAccount;
using wattfleet::testing::Says;
using wattfleet::testing::ScriptedBackend;
using wattfleet::testing::SimWorld;

InferenceReply Streamed(std::vector<int> chunk_seconds, int sent_s = 0) {
  InferenceReply reply;
  reply.sent = MonotonicTime(seconds(sent_s));
  for (const int s : chunk_seconds) {
    reply.body.chunks.push_back({.since_sent_ns = nanoseconds(seconds(s)).count()});
  }
  return reply;
}

TEST(MeasureOverlapTest, AnswersThatAreWrittenAtOnceOverlap) {
  const std::vector<InferenceReply> replies = {Streamed({1, 2, 9}), Streamed({3, 5}),
                                               Streamed({4, 6, 8})};

  EXPECT_EQ(MeasureOverlap(replies).most, 3);
  EXPECT_TRUE(MeasureOverlap(replies).is_proven());
}

TEST(MeasureOverlapTest, AnswersThatAreWrittenOneAfterTheOtherDoNotHoweverLongTheyWaited) {
  const std::vector<InferenceReply> replies = {Streamed({1, 2}), Streamed({2, 4}),
                                               Streamed({5, 7})};

  EXPECT_EQ(MeasureOverlap(replies).most, 1);
  EXPECT_EQ(MeasureOverlap(replies).Text(),
            "NOT_CONCURRENT: of 3 requests sent together at most 1 were answered at a time");
}

TEST(MeasureOverlapTest, AnEngineWithHalfTheSlotsShowsHalf) {
  const std::vector<InferenceReply> replies = {Streamed({1, 4}), Streamed({1, 4}), Streamed({4, 8}),
                                               Streamed({5, 8})};

  EXPECT_EQ(MeasureOverlap(replies).most, 2);
  EXPECT_FALSE(MeasureOverlap(replies).is_proven());
}

TEST(MeasureOverlapTest, TheClockOfTheHostCountsAndNotThatOfEachRequest) {
  const std::vector<InferenceReply> replies = {Streamed({1, 3}, 0), Streamed({1, 3}, 3)};

  EXPECT_EQ(MeasureOverlap(replies).most, 1);
}

TEST(MeasureOverlapTest, AnswersInOnePieceShowNothing) {
  const std::vector<InferenceReply> replies = {Streamed({3}), Streamed({3})};

  EXPECT_FALSE(MeasureOverlap(replies).is_proven());
  EXPECT_THAT(MeasureOverlap(replies).Text(),
              StartsWith("NOT_CONCURRENT: the answers come in one"));
}

class ConcurrencyProbeTest : public ::testing::Test {
 protected:
  void Probe(int concurrency, ScriptedBackend::Script script) {
    backend_ = std::make_shared<ScriptedBackend>(world_, world_, std::move(script));
    DriveOptions options;
    options.condition.concurrency = concurrency;
    probe_ = std::make_shared<ConcurrencyProbe>(
        drive_, options, DriveEngine{.backend = backend_, .account = &account_});
    probe_->Start([this](absl::StatusOr<Overlap> overlap) { found_ = std::move(overlap); });
  }
  void Finish() {
    ASSERT_TRUE(world_.RunUntil([this] { return found_.has_value(); }, seconds(100)));
    world_.RunFor(seconds(10));
  }

  SimWorld world_;
  DriveWorld drive_{.runner = world_, .clock = world_, .random = world_.random()};
  FakeEnergyAccount account_{world_, milliseconds(300)};
  std::shared_ptr<ScriptedBackend> backend_;
  std::shared_ptr<ConcurrencyProbe> probe_;
  std::optional<absl::StatusOr<Overlap>> found_;
};

TEST_F(ConcurrencyProbeTest, SendsAllAtOnceOutsideTheWorkloadAndBooksThemAsUncounted) {
  Probe(8, [](const auto& request, int) {
    EXPECT_THAT(request.query_id, StartsWith("warm-up-"));
    EXPECT_EQ(request.generation.max_output_tokens, 32);
    return Says("one, two");
  });

  Finish();

  EXPECT_TRUE((*found_)->is_proven());
  EXPECT_EQ((*found_)->most, 8);
  EXPECT_EQ(backend_->most_in_flight, 8);
  EXPECT_EQ(account_.ledger.uncounted, 8 * FakeEnergyAccount::kPerRequest);
  EXPECT_EQ(account_.ledger.attributed, 0);
}

TEST_F(ConcurrencyProbeTest, AsksForLongerAnswersBeforeItSaysNo) {
  std::vector<std::int64_t> lengths;
  Probe(2, [&lengths](const auto& request, int) {
    lengths.push_back(request.generation.max_output_tokens);
    // The second is not begun before the first, of 128 words or less, has ended.
    const bool is_long = request.generation.max_output_tokens > 128;
    auto answer = Says("x", seconds(10));
    answer.reply.body.chunks =
        lengths.size() % 2 == 1
            ? std::vector<ChunkStamp>{{.since_sent_ns = 1}, {.since_sent_ns = is_long ? 9 : 4}}
            : std::vector<ChunkStamp>{{.since_sent_ns = 5}, {.since_sent_ns = 9}};
    return answer;
  });

  Finish();

  EXPECT_THAT(lengths, ::testing::ElementsAre(32, 32, 128, 128, 512, 512));
  EXPECT_TRUE((*found_)->is_proven());
}

TEST_F(ConcurrencyProbeTest, AnEngineThatQueuesIsNotConcurrent) {
  int number = 0;
  Probe(3, [&number](const auto&, int) {
    auto answer = Says("x", seconds(1 + number++ % 3));
    answer.reply.body.chunks = {{.since_sent_ns = (answer.after - seconds(1)).count() + 1},
                                {.since_sent_ns = answer.after.count()}};
    return answer;
  });

  Finish();

  EXPECT_FALSE((*found_)->is_proven());
  EXPECT_EQ((*found_)->most, 1);
}

TEST_F(ConcurrencyProbeTest, ARequestThatIsTurnedAwayWhileOthersAreAnsweredDoesNotOverlap) {
  int number = 0;
  Probe(2, [&number](const auto&, int) {
    return number++ % 2 == 0 ? Says("x") : Fails(Failure::kServer);
  });

  Finish();

  EXPECT_EQ((*found_)->most, 1);
}

TEST_F(ConcurrencyProbeTest, AnEngineThatAnswersNothingIsBrokenAndNotJudged) {
  Probe(2, [](const auto&, int) { return Fails(Failure::kServer); });
  Finish();
  EXPECT_TRUE(absl::IsUnavailable(found_->status())) << found_->status();
  EXPECT_THAT(std::string(found_->status().message()),
              HasSubstr("warm-up: engine error: scripted"));

  found_.reset();
  Probe(2, [](const auto&, int) { return Fails(Failure::kAuthentication); });
  Finish();
  EXPECT_TRUE(absl::IsUnauthenticated(found_->status())) << found_->status();
}

TEST_F(ConcurrencyProbeTest, AnAbandonedProbeSaysNothing) {
  Probe(2, [](const auto&, int) { return Says("x"); });
  world_.RunFor(milliseconds(500));

  probe_->Abandon();
  probe_.reset();
  world_.RunFor(seconds(10));

  EXPECT_FALSE(found_.has_value());
  EXPECT_EQ(backend_->in_flight(), 0);
}

}  // namespace
}  // namespace wattfleet::agent
