#include <functional>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/spool/file_spool.h"
#include "agent/spool/memory_spool.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using ::testing::_;
using wattfleet::testing::SimWorld;
using wattfleet::testing::StatusIs;
using wattfleet::testing::TempDir;

constexpr std::uint64_t kLimit = 20'000;

struct SpoolKind {
  const char* name;
  std::function<std::unique_ptr<Spool>(const std::string& directory, SimWorld& world)> open;
};

class SpoolContractTest : public ::testing::TestWithParam<SpoolKind> {
 protected:
  SimWorld world_;
  TempDir directory_;
  std::unique_ptr<Spool> spool_ = GetParam().open(directory_.path(), world_);
};

TEST_P(SpoolContractTest, StartsEmptyAtFrameOne) {
  EXPECT_EQ(spool_->next_seq(), 1);
  EXPECT_EQ(spool_->retained_from(), 1);
  EXPECT_LT(spool_->fullness(), 0.01);
  EXPECT_THAT(spool_->Read(1), StatusIs(absl::StatusCode::kNotFound, _));
}

TEST_P(SpoolContractTest, NumbersFramesFromOneWithoutGapsAndReadsThemBack) {
  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    WF_ASSERT_OK_AND_ASSIGN(const std::uint64_t got,
                            spool_->Append("frame " + std::to_string(seq)));
    EXPECT_EQ(got, seq);
  }

  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    WF_ASSERT_OK_AND_ASSIGN(const std::string frame, spool_->Read(seq));
    EXPECT_EQ(frame, "frame " + std::to_string(seq));
  }
  EXPECT_THAT(spool_->Read(31), StatusIs(absl::StatusCode::kNotFound, _));
  EXPECT_THAT(spool_->Read(0), StatusIs(absl::StatusCode::kNotFound, _));
}

TEST_P(SpoolContractTest, KeepsEmptyAndBinaryFrames) {
  WF_ASSERT_OK(spool_->Append(""));
  WF_ASSERT_OK(spool_->Append(std::string("\0\xFF\n", 3)));

  EXPECT_EQ(*spool_->Read(1), "");
  EXPECT_EQ(*spool_->Read(2), std::string("\0\xFF\n", 3));
}

TEST_P(SpoolContractTest, EveryFrameAfterTheAcknowledgedOnesCanStillBeRead) {
  for (int i = 1; i <= 40; ++i) {
    WF_ASSERT_OK(spool_->Append(std::string(400, static_cast<char>('a' + i % 26))));
  }

  spool_->Acknowledge(17);

  EXPECT_LE(spool_->retained_from(), 18);
  EXPECT_EQ(spool_->next_seq(), 41);
  for (std::uint64_t seq = 18; seq <= 40; ++seq) {
    WF_ASSERT_OK_AND_ASSIGN(const std::string frame, spool_->Read(seq));
    EXPECT_EQ(frame, std::string(400, static_cast<char>('a' + seq % 26)));
  }
}

TEST_P(SpoolContractTest, AnOldAcknowledgementChangesNothing) {
  for (int i = 0; i < 5; ++i) {
    WF_ASSERT_OK(spool_->Append("frame"));
  }
  spool_->Acknowledge(3);
  const std::uint64_t retained = spool_->retained_from();

  spool_->Acknowledge(2);
  spool_->Acknowledge(0);

  EXPECT_EQ(spool_->retained_from(), retained);
  EXPECT_EQ(spool_->next_seq(), 6);
}

TEST_P(SpoolContractTest, RefusesFramesAtTheQuotaAndTakesThemAgainOnceAcknowledged) {
  std::uint64_t last = 0;
  while (true) {
    const auto seq = spool_->Append(std::string(500, 'x'));
    if (!seq.ok()) {
      EXPECT_THAT(seq, StatusIs(absl::StatusCode::kResourceExhausted, _));
      break;
    }
    last = *seq;
    ASSERT_LT(last, 1000);
  }
  EXPECT_GT(spool_->fullness(), 0.9);
  EXPECT_EQ(spool_->next_seq(), last + 1);
  WF_EXPECT_OK(spool_->Read(1));

  spool_->Acknowledge(last);

  EXPECT_LT(spool_->fullness(), 0.3);
  WF_ASSERT_OK_AND_ASSIGN(const std::uint64_t seq, spool_->Append(std::string(500, 'y')));
  EXPECT_EQ(seq, last + 1);
}

TEST_P(SpoolContractTest, NumbersThatOnlyTheCoordinatorKnowsAreSpent) {
  WF_ASSERT_OK(spool_->Append("frame 1"));

  spool_->Acknowledge(9);

  EXPECT_EQ(spool_->next_seq(), 10);
  EXPECT_EQ(spool_->retained_from(), 10);
  WF_ASSERT_OK_AND_ASSIGN(const std::uint64_t seq, spool_->Append("frame 10"));
  EXPECT_EQ(seq, 10);
  EXPECT_EQ(*spool_->Read(10), "frame 10");
}

TEST_P(SpoolContractTest, SyncsAtAnyTime) {
  WF_EXPECT_OK(spool_->Sync());
  WF_ASSERT_OK(spool_->Append("frame"));
  WF_EXPECT_OK(spool_->Sync());
  WF_EXPECT_OK(spool_->Sync());
}

std::unique_ptr<Spool> OpenFileSpool(const std::string& directory, SimWorld& world) {
  return *FileSpool::Open({.directory = directory + "/spool",
                           .agent_name = "agent",
                           .limit_bytes = kLimit,
                           .boot_id = "boot"},
                          world, world.random());
}

INSTANTIATE_TEST_SUITE_P(
    Spools, SpoolContractTest,
    ::testing::Values(SpoolKind{"File", OpenFileSpool},
                      SpoolKind{"Memory",
                                [](const std::string&, SimWorld&) -> std::unique_ptr<Spool> {
                                  return std::make_unique<MemorySpool>(SpoolId{1}, kLimit);
                                }}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace wattfleet::agent
