#include "common/process/command_line.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

TEST(SplitCommandTest, SplitsAsAShellWould) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"a b\tc\n d ", {"a", "b", "c", "d"}},
      {R"(a 'b c' "d e" f\ g)", {"a", "b c", "d e", "f g"}},
      {R"(a'b'"c"d)", {"abcd"}},
      {R"('' "")", {"", ""}},
      {R"('a\b' "a\"b\\c\d" \'x\')", {"a\\b", "a\"b\\c\\d", "'x'"}},
      {R"(echo $HOME *.txt > out; rm)", {"echo", "$HOME", "*.txt", ">", "out;", "rm"}},
  };
  for (const auto& [command, words] : cases) {
    WF_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> split, SplitCommand(command));
    EXPECT_EQ(split, words) << command;
  }
}

TEST(SplitCommandTest, RefusesWhatIsNotClosed) {
  EXPECT_THAT(SplitCommand("a 'b"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("' that is never closed")));
  EXPECT_THAT(SplitCommand("a \"b\\\""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\" that is never closed")));
  EXPECT_THAT(SplitCommand("a\\"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ends in a backslash")));
  EXPECT_THAT(SplitCommand(" \t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

TEST(ExpandCommandTest, KeepsAValueInOneWord) {
  WF_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> words,
                          ExpandCommand("serve -m {ref} --listen=127.0.0.1:{port}",
                                        {{"ref", "/my models/a 'b'.gguf"}, {"port", "8080"}}));

  EXPECT_THAT(words,
              ElementsAre("serve", "-m", "/my models/a 'b'.gguf", "--listen=127.0.0.1:8080"));
}

TEST(ExpandCommandTest, DoesNotExpandAValueAgain) {
  WF_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> words,
                          ExpandCommand("{ref}", {{"ref", "{port}"}, {"port", "1"}}));

  EXPECT_THAT(words, ElementsAre("{port}"));
}

TEST(ExpandCommandTest, LeavesOtherBracesAlone) {
  WF_ASSERT_OK_AND_ASSIGN(
      const std::vector<std::string> words,
      ExpandCommand(R"(--json '{"n": {port}, "x": {}, "y": {A}}' {)", {{"port", "1"}}));

  EXPECT_THAT(words, ElementsAre("--json", R"({"n": 1, "x": {}, "y": {A}})", "{"));
}

TEST(ExpandCommandTest, NamesWhatThereIsForAnUnknownName) {
  EXPECT_THAT(ExpandCommand("serve {model}", {{"ref", "a"}, {"port", "1"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "the command has {model}; there are {port}, {ref}"));
}

}  // namespace
}  // namespace wattfleet
