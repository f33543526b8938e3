#include "tests/support/status_matchers.h"
#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using wattfleet::testing::Says;

class AgentCoreSpoolTest : public AgentCoreHarness {
 protected:
  std::vector<std::uint64_t> SentSeqs() const {
    std::vector<std::uint64_t> seqs;
    for (const SpooledBatch& frame : link_.Sent<SpooledBatch>()) {
      seqs.push_back(frame.seq);
    }
    return seqs;
  }
};

TEST_F(AgentCoreSpoolTest, AFrameIsInTheSpoolBeforeItIsSentAndLeavesOnItsAck) {
  BuildAndWelcome();
  Grant(GrantOf(1, 1));
  ASSERT_TRUE(world_.RunUntil([this] { return !SentSeqs().empty(); }, minutes(1)));

  const SpooledBatch frame = link_.Sent<SpooledBatch>()[0];
  WF_ASSERT_OK_AND_ASSIGN(const std::string stored, spool_.Read(frame.seq));
  EXPECT_EQ(stored, frame.bytes);
  Ack(frame);

  EXPECT_EQ(spool_.retained_from(), frame.seq + 1);
}

TEST_F(AgentCoreSpoolTest, WithoutAnAckFramesAreSentOnceAndAgainAfterAReconnect) {
  BuildAndWelcome();
  Grant(GrantOf(1, 3));
  world_.RunFor(seconds(10));
  const std::vector<std::uint64_t> first = SentSeqs();
  EXPECT_THAT(first, ElementsAre(1, 2, 3));
  const auto frames = link_.Sent<SpooledBatch>();

  link_.Break();
  AwaitHello();
  link_.sent.clear();
  Welcome(1);

  EXPECT_THAT(SentSeqs(), ElementsAre(2, 3));
  EXPECT_EQ(link_.Sent<SpooledBatch>()[0], frames[1]);
}

TEST_F(AgentCoreSpoolTest, WhatAnEarlierProcessLeftInTheSpoolIsSentFirst) {
  BuildAndWelcome();
  Grant(GrantOf(1, 3));
  world_.RunFor(seconds(10));
  core_.reset();
  link_.Disconnect();
  link_.sent.clear();

  BuildAndWelcome();

  EXPECT_THAT(SentSeqs(), ElementsAre(1, 2, 3));
}

TEST_F(AgentCoreSpoolTest, NumbersThatTheCoordinatorKnowsAreNotUsedAgain) {
  Build();
  Welcome(41);

  Grant(GrantOf(1, 1));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(SentSeqs()[0], 42);
}

TEST_F(AgentCoreSpoolTest, WithoutCreditFramesWaitInTheSpool) {
  Build();
  Welcome(0, /*credit=*/300);
  Grant(GrantOf(1, 10));
  world_.RunFor(seconds(20));

  std::int64_t outstanding = 0;
  for (const SpooledBatch& frame : link_.Sent<SpooledBatch>()) {
    outstanding += static_cast<std::int64_t>(frame.bytes.size());
  }
  const auto sent = link_.Sent<SpooledBatch>();
  EXPECT_TRUE(outstanding <= 300 || sent.size() == 1) << outstanding;
  EXPECT_GT(spool_.next_seq(), sent.size() + 1);

  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  EXPECT_THAT(Results(), SizeIs(10));
}

TEST_F(AgentCoreSpoolTest, AFrameOverTheWholeCreditGoesAlone) {
  Build();
  Welcome(0, /*credit=*/1);
  Grant(GrantOf(1, 3));
  world_.RunFor(seconds(20));
  EXPECT_THAT(SentSeqs(), ElementsAre(1));

  Ack(link_.Sent<SpooledBatch>()[0]);
  EXPECT_THAT(SentSeqs(), ElementsAre(1, 2));
}

TEST_F(AgentCoreSpoolTest, AnAckOfAnotherSpoolChangesNothing) {
  BuildAndWelcome();
  Grant(GrantOf(1, 1));
  ASSERT_TRUE(world_.RunUntil([this] { return !SentSeqs().empty(); }, minutes(1)));

  link_.Deliver(ResultAck{.spool_id = SpoolId{99}, .through_seq = 100});

  EXPECT_EQ(spool_.retained_from(), 1);
}

class AgentCoreSmallSpoolTest : public AgentCoreSpoolTest {
 protected:
  static constexpr std::uint64_t kLimit = 40'000;
  AgentCoreSmallSpoolTest() { spool_ = MemorySpool(SpoolId{7}, kLimit); }
  // Text that does not compress.
  std::string Noise(int size) {
    std::string text;
    for (int i = 0; i < size; ++i) {
      text.push_back(static_cast<char>('!' + world_.random().Below(90)));
    }
    return text;
  }
};

TEST_F(AgentCoreSmallSpoolTest, ANearlyFullSpoolAsksForNothingUntilItIsAcknowledged) {
  script_ = [this](const auto&, int) { return Says(Noise(1'000)); };
  BuildAndWelcome();
  Grant(GrantOf(1, 26));
  world_.RunFor(seconds(40));
  ASSERT_GT(spool_.fullness(), kSpoolNoMoreWork);
  ASSERT_LT(spool_.fullness(), kSpoolHold);
  Grant(GrantOf(2, 1));
  AnswerHeartbeats();
  world_.RunFor(seconds(5));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));

  AckAll();
  world_.RunFor(seconds(1));

  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(3));
}

TEST_F(AgentCoreSmallSpoolTest, AFullSpoolTakesNoWorkThenHoldsThenGoesOnWithNothingLost) {
  script_ = [this](const auto&, int) { return Says(Noise(1'000)); };
  BuildAndWelcome();
  Grant(GrantOf(1, 60));
  world_.RunFor(seconds(25));
  ASSERT_GT(spool_.fullness(), 0.8);
  Grant(GrantOf(2, 2));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));

  world_.RunFor(seconds(15));
  const std::size_t sent = backend_->sent.size();
  EXPECT_LT(sent, 60);
  world_.RunFor(seconds(5));
  EXPECT_EQ(backend_->sent.size(), sent);

  AnswerHeartbeats();
  ASSERT_TRUE(ServeUntilClosed(2, minutes(5)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(Results(), SizeIs(62));
  Serve(seconds(2));
  EXPECT_GT(link_.Sent<WorkRequest>().size(), 2);
}

TEST_F(AgentCoreSpoolTest, ANewStartNamesTheLeasesWhoseCloseIsStillInTheSpool) {
  BuildAndWelcome();
  Grant(GrantOf(1, 2));
  Grant(GrantOf(2, 100));
  world_.RunFor(Seconds(10));  // nothing is acknowledged
  ASSERT_TRUE(CloseOf(1).has_value());

  core_.reset();
  Build();

  EXPECT_THAT(link_.hellos.back().held,
              ::testing::ElementsAre(HeldLease{.lease = {1}, .epoch = 1, .finished = true}));
}

}  // namespace
}  // namespace wattfleet::agent
