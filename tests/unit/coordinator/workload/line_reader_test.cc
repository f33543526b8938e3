#include "coordinator/workload/line_reader.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/coordinator/workload/compressed.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::wattfleet::testing::Gzip;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;
using ::wattfleet::testing::Zstd;

constexpr std::size_t kPadding = 64;

struct LinesRead {
  std::vector<std::string> lines;
  absl::Status status;
};

LinesRead ReadAll(const std::string& path) {
  LinesRead read;
  auto stream = OpenByteStream(path);
  if (!stream.ok()) {
    read.status = stream.status();
    return read;
  }
  LineReader reader(*std::move(stream), kPadding);
  Line line;
  while (true) {
    const auto more = reader.Next(line);
    if (!more.ok() || !*more) {
      read.status = more.status();
      return read;
    }
    EXPECT_EQ(line.number, static_cast<std::int64_t>(read.lines.size()) + 1);
    read.lines.emplace_back(line.too_long ? std::string_view("(too long)") : line.text);
  }
}

class LineReaderTest : public ::testing::Test {
 protected:
  LinesRead ReadBytes(const std::string& bytes) { return ReadAll(directory_.Write("rows", bytes)); }
  TempDir directory_;
};

TEST_F(LineReaderTest, ReadsLinesWithAndWithoutALastNewline) {
  EXPECT_THAT(ReadBytes("a\nb\n").lines, ElementsAre("a", "b"));
  EXPECT_THAT(ReadBytes("a\nb").lines, ElementsAre("a", "b"));
  EXPECT_THAT(ReadBytes("a\n\nb").lines, ElementsAre("a", "", "b"));
  EXPECT_THAT(ReadBytes("").lines, IsEmpty());
}

TEST_F(LineReaderTest, DropsCarriageReturnsAtTheEndOfLines) {
  EXPECT_THAT(ReadBytes("a\r\nb\rc\r\n").lines, ElementsAre("a", "b\rc"));
}

TEST_F(LineReaderTest, TellsCompressionByContentNotByName) {
  EXPECT_THAT(ReadBytes(Gzip("a\nb\n")).lines, ElementsAre("a", "b"));
  EXPECT_THAT(ReadBytes(Zstd("a\nb\n")).lines, ElementsAre("a", "b"));
  EXPECT_THAT(ReadAll(directory_.Write("plain.gz", "a\nb\n")).lines, ElementsAre("a", "b"));
}

TEST_F(LineReaderTest, ReadsOnThroughMembersAndFrames) {
  EXPECT_THAT(ReadBytes(Gzip("a\nb") + Gzip("c\nd")).lines, ElementsAre("a", "bc", "d"));
  EXPECT_THAT(ReadBytes(Zstd("a\nb") + Zstd("c\nd")).lines, ElementsAre("a", "bc", "d"));
}

TEST_F(LineReaderTest, ReadsLinesLongerThanItsBuffer) {
  const std::string big(3 << 20, 'x');
  for (const std::string& bytes : {big + "\nend", Gzip(big + "\nend"), Zstd(big + "\nend")}) {
    EXPECT_THAT(ReadBytes(bytes).lines, ElementsAre(big, "end"));
  }
}

TEST_F(LineReaderTest, SkipsALineThatUnfoldsBeyondItsLimit) {
  const std::string bomb = Zstd("a\n" + std::string(kMaxLineBytes + (1 << 20), 'x') + "\nb\n");
  ASSERT_LT(bomb.size(), 1U << 20);

  EXPECT_THAT(ReadBytes(bomb).lines, ElementsAre("a", "(too long)", "b"));
}

TEST_F(LineReaderTest, ReportsCutAndDamagedCompression) {
  const std::string text(100'000, 'x');
  std::string damaged = Gzip(text + "\n" + text);
  damaged[20] = static_cast<char>(~damaged[20]);

  for (const std::string& whole : {Gzip(text), Zstd(text)}) {
    const LinesRead cut = ReadBytes(whole.substr(0, whole.size() - 5));
    EXPECT_THAT(cut.status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cut short")));
  }
  EXPECT_THAT(ReadBytes(damaged).status,
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("broken gzip")));
}

TEST_F(LineReaderTest, SaysWhatIsWrongWithAPath) {
  EXPECT_THAT(ReadAll(directory_.Path("absent")).status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
  EXPECT_THAT(ReadAll(directory_.path()).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
}

}  // namespace
}  // namespace wattfleet::coordinator
