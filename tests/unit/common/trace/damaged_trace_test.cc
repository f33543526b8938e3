// Whatever bytes a store or a peer hands over: a status, never a crash, and never a figure that
// cannot be.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "common/random/random.h"
#include "common/trace/replay_trace.h"
#include "common/trace/trace_reader.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/common/trace/simulated_books.h"

namespace wattfleet {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

std::string Unpacked(const std::string& packed) {
  std::string bytes(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  return bytes;
}

std::string Packed(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

// Reads and replays; says whether there was something to replay.
bool Survives(const std::string& packed) {
  const auto trace = ReadTrace(packed);
  if (!trace.ok()) {
    EXPECT_FALSE(trace.status().message().empty());
    return false;
  }
  const auto replay = ReplayTrace(*trace, ReplayMethod::kAllocV1);
  if (!replay.ok()) {
    return false;
  }
  for (const LedgerEntry& entry : replay->ledger) {
    EXPECT_TRUE(entry.Balances());
  }
  for (const ReplayedUnit& unit : replay->units) {
    EXPECT_GE(unit.energy.gross.value_or(0), 0);
  }
  return true;
}

TEST(DamagedTraceTest, ABrokenFrameIsRefused) {
  const std::string packed = testing::SimulateLease(1).packed;
  EXPECT_THAT(ReadTrace(""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a trace")));
  EXPECT_THAT(ReadTrace("plain text, no frame"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a trace")));
  EXPECT_THAT(ReadTrace(packed.substr(0, packed.size() / 2)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged")));
  EXPECT_THAT(ReadTrace(Packed("something else")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a trace")));
  EXPECT_THAT(ReadTrace(Packed("WFT9")),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("version")));
  EXPECT_THAT(ReadTrace(Packed(std::string(17U << 20, '\0'))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size")));
}

TEST(DamagedTraceTest, EveryShortenedTraceIsRefused) {
  const std::string bytes = Unpacked(testing::SimulateLease(2).packed);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
    EXPECT_FALSE(ReadTrace(Packed(bytes.substr(0, size))).ok()) << size;
  }
  EXPECT_FALSE(ReadTrace(Packed(bytes + '\0')).ok());
}

TEST(DamagedTraceTest, ChangedBytesNeverCrash) {
  Random random(7);
  int read = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string bytes = Unpacked(testing::SimulateLease(seed).packed);
    for (int i = 0; i < 1'000; ++i) {
      std::string changed = bytes;
      const std::uint64_t changes = 1 + random.Below(4);
      for (std::uint64_t n = 0; n < changes; ++n) {
        // Mostly near the start, where specs and states are.
        const std::uint64_t reach = random.Chance(0.5) ? 400 : changed.size();
        changed[random.Below(reach)] = static_cast<char>(random.Next64());
      }
      read += Survives(Packed(changed)) ? 1 : 0;
    }
  }
  EXPECT_GT(read, 100);  // not all were refused at the door
}

}  // namespace
}  // namespace wattfleet
