#include "coordinator/exchange/bundle_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class BundleFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_.Path("out"));
    const BundleHeader header{.lab = "lab-1",
                              .sweep = "s",
                              .workload_id = "sha256:x",
                              .workload_name = "w",
                              .made_by = "1",
                              .made_unix_ms = 5,
                              .has_text = true,
                              .agents = {{3, "lab-1/agent-2"}}};
    large_ = std::string(3'000'000, 'a') + std::string(10, '\0');
    WF_ASSERT_OK(WriteBundle(directory_.Path("b"), header,
                             {{"one", directory_.Write("one", "first")},
                              {"two", directory_.Write("two", large_)},
                              {"none", directory_.Write("none", "")}}));
  }
  absl::StatusOr<UnpackedBundle> Read(const std::string& path) {
    return ReadBundle(path, directory_.Path("out"));
  }

  TempDir directory_;
  std::string large_;
};

TEST_F(BundleFileTest, GivesBackWhatWasPutIn) {
  WF_ASSERT_OK_AND_ASSIGN(const UnpackedBundle bundle, Read(directory_.Path("b")));

  EXPECT_EQ(ReadFile(bundle.members.at("one")), "first");
  EXPECT_EQ(ReadFile(bundle.members.at("two")), large_);
  EXPECT_EQ(ReadFile(bundle.members.at("none")), "");
  EXPECT_EQ(bundle.header.lab, "lab-1");
  EXPECT_TRUE(bundle.header.has_text);
  EXPECT_THAT(bundle.header.agents, ::testing::ElementsAre(BundleAgent{3, "lab-1/agent-2"}));
}

TEST_F(BundleFileTest, RefusesEveryCutInOneLine) {
  const std::string whole = ReadFile(directory_.Path("b"));
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97) {
    const auto read = Read(directory_.Write("cut", whole.substr(0, size)));
    EXPECT_THAT(read, StatusIs(absl::StatusCode::kInvalidArgument,
                               AnyOf(HasSubstr("cut is no whole bundle"),
                                     HasSubstr("cut is not a wattfleet bundle"))))
        << size;
    EXPECT_EQ(std::string(read.status().message()).find('\n'), std::string::npos);
  }
}

TEST_F(BundleFileTest, GivesNoOtherContentWhateverByteIsChanged) {
  int harmless = 0;
  const std::string whole = ReadFile(directory_.Path("b"));
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 211) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    const auto read = Read(directory_.Write("changed", changed));
    if (read.ok()) {  // zstd's frame header has bits that change no content
      EXPECT_EQ(ReadFile(read->members.at("one")), "first") << at;
      EXPECT_EQ(ReadFile(read->members.at("two")), large_) << at;
      ++harmless;
      continue;
    }
    EXPECT_TRUE(absl::IsInvalidArgument(read.status()) || absl::IsFailedPrecondition(read.status()))
        << read.status();
  }
  EXPECT_LE(harmless, 1);
  EXPECT_THAT(Read(directory_.Write("more", whole + "x")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("something follows")));
}

TEST_F(BundleFileTest, NamesANewerVersionAndAMissingFile) {
  std::string newer = ReadFile(directory_.Path("b"));
  newer.replace(newer.find(" 1 "), 3, " 2 ");

  EXPECT_THAT(Read(directory_.Write("newer", newer)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("version 2")));
  EXPECT_THAT(Read(directory_.Path("absent")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
}

}  // namespace
}  // namespace wattfleet::coordinator
