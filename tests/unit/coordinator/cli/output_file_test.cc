#include "coordinator/cli/output_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::testing {
namespace {

using coordinator::WriteOutputFile;
using ::testing::HasSubstr;

std::string Content(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::size_t FilesIn(const std::string& directory) {
  const std::filesystem::directory_iterator files(directory);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST(OutputFile, ReplacesWhatWasThereAndLeavesNothingElse) {
  const TempDir folder;
  const std::string path = folder.path() + "/report.csv";
  ASSERT_TRUE(WriteOutputFile(path, "first").ok());
  ASSERT_TRUE(WriteOutputFile(path, "second").ok());
  EXPECT_EQ(Content(path), "second");
  EXPECT_EQ(FilesIn(folder.path()), 1);
}

TEST(OutputFile, IsNeverADirectoryADeviceOrInAFolderThatIsNotThere) {
  const TempDir folder;
  EXPECT_THAT(WriteOutputFile(folder.path(), "x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no regular file")));
  EXPECT_THAT(WriteOutputFile("/dev/null", "x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no regular file")));
  EXPECT_THAT(WriteOutputFile("", "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(WriteOutputFile(folder.path() + "/not/there", "x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there is no directory")));
  EXPECT_EQ(FilesIn(folder.path()), 0);
}

}  // namespace
}  // namespace wattfleet::testing
