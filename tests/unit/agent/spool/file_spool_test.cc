#include "agent/spool/file_spool.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/wire/session_wire.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

namespace fs = std::filesystem;

using ::testing::_;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wattfleet::testing::SimWorld;
using wattfleet::testing::StatusIs;
using wattfleet::testing::TempDir;

std::string Slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class FileSpoolTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<FileSpool>> Open() {
    return FileSpool::Open(options_, world_, world_.random());
  }

  // A frame whose lease tells which it is.
  std::string Frame(const Spool& spool, std::int64_t lease) {
    ResultBatch batch;
    batch.spool_id = spool.id();
    batch.seq = spool.next_seq();
    batch.lease = {lease};
    batch.pair = {1};
    batch.sweep = {1};
    batch.epoch = 1;
    batch.results.resize(1);
    batch.results[0].body_zstd = std::string(60, 'b');
    return SerializeBatch(batch);
  }

  void AppendLeases(Spool& spool, std::int64_t first, std::int64_t last) {
    for (std::int64_t lease = first; lease <= last; ++lease) {
      WF_ASSERT_OK(spool.Append(Frame(spool, lease)));
    }
  }

  // The leases of all frames, each checked to be addressed as the frame it is.
  std::vector<std::int64_t> Leases(FileSpool& spool) {
    std::vector<std::int64_t> leases;
    for (std::uint64_t seq = spool.retained_from(); seq < spool.next_seq(); ++seq) {
      const auto frame = spool.Read(seq);
      EXPECT_THAT(frame, wattfleet::testing::IsOk());
      const auto batch = ParseBatch(frame.ok() ? *frame : "");
      EXPECT_THAT(batch, wattfleet::testing::IsOk());
      if (batch.ok()) {
        EXPECT_EQ(batch->spool_id, spool.id());
        EXPECT_EQ(batch->seq, seq);
        leases.push_back(batch->lease.value);
      }
    }
    return leases;
  }

  fs::path SpoolDirectory() const {
    for (const auto& entry : fs::directory_iterator(options_.directory)) {
      if (entry.path().filename().string().starts_with("spool-")) {
        return entry.path();
      }
    }
    return {};
  }
  std::vector<fs::path> Segments() const {
    std::set<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(SpoolDirectory())) {
      paths.insert(entry.path());
    }
    return {paths.begin(), paths.end()};
  }
  std::vector<std::string> KeptAside() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(options_.directory)) {
      if (entry.path().filename().string().starts_with("damaged-")) {
        names.push_back(entry.path().filename().string());
      }
    }
    return names;
  }

  // As kill -9 leaves it: the directory as it is now, taken over by a new process.
  void TakeOver() {
    const std::string copy = options_.directory + "-after-" + std::to_string(++copies_);
    fs::copy(options_.directory, copy, fs::copy_options::recursive);
    options_.directory = copy;
  }

  SimWorld world_;
  TempDir directory_;
  int copies_ = 0;
  FileSpoolOptions options_{.directory = directory_.path() + "/a/b/spool",
                            .agent_name = "agent",
                            .limit_bytes = 1 << 20,
                            .segment_bytes = 8 << 20,
                            .boot_id = "boot 1"};
};

TEST_F(FileSpoolTest, FramesSurviveKillMinusNine) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 5);
  TakeOver();

  WF_ASSERT_OK_AND_ASSIGN(const auto second, Open());

  EXPECT_EQ(second->id(), first->id());
  EXPECT_EQ(second->next_seq(), 6);
  EXPECT_THAT(Leases(*second), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(second->notes(), IsEmpty());
}

TEST_F(FileSpoolTest, ACleanCloseSurvivesARebootUnchanged) {
  SpoolId id{};
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
    AppendLeases(*spool, 1, 3);
    id = spool->id();
  }
  options_.boot_id = "boot 2";

  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

  EXPECT_EQ(spool->id(), id);
  EXPECT_THAT(Leases(*spool), ElementsAre(1, 2, 3));
}

TEST_F(FileSpoolTest, AfterAPowerCutFramesMoveToANewSpoolSoThatNoNumberIsUsedTwice) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 3);
  TakeOver();
  options_.boot_id = "boot 2";

  WF_ASSERT_OK_AND_ASSIGN(const auto second, Open());

  EXPECT_NE(second->id(), first->id());
  EXPECT_THAT(Leases(*second), ElementsAre(1, 2, 3));
  EXPECT_THAT(second->notes(), Contains(HasSubstr("went down")));
  EXPECT_THAT(KeptAside(), IsEmpty());
}

TEST_F(FileSpoolTest, IncarnationsGrowEvenWhenTheClockGoesBack) {
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
    EXPECT_GT(spool->incarnation(), last);
    last = spool->incarnation();
    world_.StepWallClock(-std::chrono::hours(24));
  }
}

TEST_F(FileSpoolTest, ASecondOwnerIsRefused) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("locked by another process")));
}

TEST_F(FileSpoolTest, AnotherAgentsSpoolIsRefused) {
  WF_ASSERT_OK(Open());
  options_.agent_name = "other";

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("belongs to agent \"agent\", not \"other\"")));
}

TEST_F(FileSpoolTest, ANewerFormatIsRefusedAndLeftAsItIs) {
  WF_ASSERT_OK(Open());
  Write(options_.directory + "/identity", "wattfleet-spool 2\n");

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer agent")));
  EXPECT_EQ(Slurp(options_.directory + "/identity"), "wattfleet-spool 2\n");
}

TEST_F(FileSpoolTest, AcknowledgedSegmentsLeaveTheDisk) {
  options_.segment_bytes = 1000;
  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
  AppendLeases(*spool, 1, 50);
  const std::size_t segments = Segments().size();
  ASSERT_GT(segments, 3);

  spool->Acknowledge(49);
  EXPECT_THAT(Segments(), SizeIs(1));
  EXPECT_LE(spool->retained_from(), 50);

  spool->Acknowledge(50);
  EXPECT_EQ(spool->next_seq(), 51);
}

TEST_F(FileSpoolTest, NumbersGoOnAfterEverythingWasAcknowledged) {
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
    AppendLeases(*spool, 1, 3);
    spool->Acknowledge(3);
  }

  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

  EXPECT_EQ(spool->next_seq(), 4);
}

TEST_F(FileSpoolTest, AFileCutAtAnyByteLosesNothingBeforeTheCut) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  std::vector<std::uintmax_t> ends;
  for (std::int64_t lease = 1; lease <= 4; ++lease) {
    AppendLeases(*first, lease, lease);
    ends.push_back(fs::file_size(Segments()[0]));
  }
  const std::string whole = Slurp(Segments()[0]);
  const std::string original = options_.directory;

  for (std::size_t size = 0; size < whole.size(); ++size) {
    options_.directory = original;
    TakeOver();
    Write(Segments()[0], whole.substr(0, size));

    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

    std::vector<std::int64_t> expected;
    for (std::size_t i = 0; i < ends.size() && ends[i] <= size; ++i) {
      expected.push_back(static_cast<std::int64_t>(i) + 1);
    }
    ASSERT_EQ(Leases(*spool), expected) << "cut at " << size;
    const bool at_a_border = size == Segment::kHeaderBytes || std::ranges::count(ends, size) == 1;
    ASSERT_EQ(spool->id() == first->id(), at_a_border) << "cut at " << size;
    ASSERT_THAT(KeptAside(), IsEmpty());
    WF_ASSERT_OK(spool->Append(Frame(*spool, 9)));
    fs::remove_all(options_.directory);
  }
}

TEST_F(FileSpoolTest, AFlippedBitAnywhereIsFoundAndWhatPrecedesItIsKept) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 3);
  const std::string whole = Slurp(Segments()[0]);
  const std::size_t record = (whole.size() - Segment::kHeaderBytes) / 3;
  const std::string original = options_.directory;

  for (std::size_t at = 0; at < whole.size(); ++at) {
    options_.directory = original;
    TakeOver();
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    Write(Segments()[0], damaged);

    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

    ASSERT_NE(spool->id(), first->id()) << "byte " << at;
    const std::size_t kept = at < Segment::kHeaderBytes ? 0 : (at - Segment::kHeaderBytes) / record;
    ASSERT_EQ(Leases(*spool).size(), kept) << "byte " << at;
    fs::remove_all(options_.directory);
  }
}

TEST_F(FileSpoolTest, DamageInTheMiddleKeepsTheOldSpoolAsideAndItsOtherFramesInTheNew) {
  options_.segment_bytes = 700;
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 20);
  TakeOver();
  ASSERT_GT(Segments().size(), 2);
  const fs::path victim = Segments()[1];
  const auto lost_from = std::stoll(victim.stem().string());
  const auto whole_from = std::stoll(Segments()[2].stem().string());
  std::string bytes = Slurp(victim);
  bytes[Segment::kHeaderBytes + Segment::kRecordBytes + 3] ^= 0x10;
  Write(victim, bytes);

  WF_ASSERT_OK_AND_ASSIGN(const auto second, Open());

  std::vector<std::int64_t> expected;
  for (std::int64_t lease = 1; lease <= 20; ++lease) {
    if (lease < lost_from || lease >= whole_from) {
      expected.push_back(lease);
    }
  }
  EXPECT_EQ(Leases(*second), expected);
  EXPECT_THAT(KeptAside(), ElementsAre("damaged-" + SpoolIdHex(first->id())));
  EXPECT_THAT(second->notes(), Contains(HasSubstr("kept in")));
}

TEST_F(FileSpoolTest, AMissingSegmentIsDamage) {
  options_.segment_bytes = 700;
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 20);
  TakeOver();
  fs::remove(Segments()[1]);

  WF_ASSERT_OK_AND_ASSIGN(const auto second, Open());

  EXPECT_NE(second->id(), first->id());
  EXPECT_THAT(second->notes(), Contains(HasSubstr("frames are missing")));
  EXPECT_THAT(KeptAside(), SizeIs(1));
}

TEST_F(FileSpoolTest, ADamagedIdentityStartsANewSpoolAndSaysSo) {
  SpoolId id{};
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
    id = spool->id();
  }
  Write(options_.directory + "/identity", "garbage");

  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

  EXPECT_NE(spool->id(), id);
  EXPECT_THAT(spool->notes(), ElementsAre(HasSubstr("identity is damaged")));
  EXPECT_TRUE(fs::exists(options_.directory + "/spool-" + SpoolIdHex(id)));
}

TEST_F(FileSpoolTest, ARecordThatChangesUnderARunningAgentIsDataLossNotGarbage) {
  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
  AppendLeases(*spool, 1, 2);
  std::string bytes = Slurp(Segments()[0]);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  Write(Segments()[0], bytes);

  WF_EXPECT_OK(spool->Read(1));
  EXPECT_THAT(spool->Read(2), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("record 2")));
}

// The file size limit stands in for a full disk: both cut a write short.
TEST_F(FileSpoolTest, AFullDiskStoresNothingAndRecovers) {
  options_.segment_bytes = 64 << 20;
  options_.limit_bytes = 1ULL << 30;
  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());
  AppendLeases(*spool, 1, 3);
  const auto before = fs::file_size(Segments()[0]);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit tight = old_limit;
  tight.rlim_cur = before + 100;

  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto refused = spool->Append(std::string(5'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);

  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("cannot write")));
  EXPECT_EQ(fs::file_size(Segments()[0]), before);
  AppendLeases(*spool, 4, 4);
  EXPECT_THAT(Leases(*spool), ElementsAre(1, 2, 3, 4));
}

TEST_F(FileSpoolTest, ALeftoverOfAnUnfinishedRenewalIsRemovedAtTheNextOne) {
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Open());
  AppendLeases(*first, 1, 2);
  TakeOver();
  fs::create_directory(options_.directory + "/spool-leftover");
  options_.boot_id = "boot 2";

  WF_ASSERT_OK_AND_ASSIGN(const auto second, Open());

  EXPECT_FALSE(fs::exists(options_.directory + "/spool-leftover"));
  EXPECT_THAT(Leases(*second), ElementsAre(1, 2));
}

TEST_F(FileSpoolTest, SpoolFilesAreTheirOwnersAlone) {
  WF_ASSERT_OK_AND_ASSIGN(const auto spool, Open());

  EXPECT_EQ(fs::status(options_.directory).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(Segments()[0]).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace wattfleet::agent
