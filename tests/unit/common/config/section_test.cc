#include "common/config/section.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/load.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;

// Reads `text` with `read` and says what was wrong with it.
absl::Status Read(const std::string& text, const std::function<void(Section&)>& read) {
  const auto document = LoadText(text, "f.yaml");
  if (!document.ok()) {
    return document.status();
  }
  Problems problems("f.yaml");
  ReadMap(document->root, problems, "a sweep", read);
  return problems.ToStatus();
}

TEST(SectionTest, ReadsEveryType) {
  std::string text;
  bool flag = false;
  std::int64_t whole = 0;
  std::uint64_t seed = 0;
  double number = 0;
  std::chrono::milliseconds wait{0};
  std::int64_t bytes = 0;
  std::vector<std::string> words;
  std::vector<std::string> one_word;

  WF_ASSERT_OK(
      Read("text: hello\nflag: true\nwhole: 12\nseed: 18446744073709551615\nnumber: 8.03e9\n"
           "wait: 90s\nbytes: 1KiB\nwords: [a, b]\none_word: c\n",
           [&](Section& s) {
             s.Read("text", text);
             s.Read("flag", flag);
             s.Read("whole", whole);
             s.Read("seed", seed);
             s.Read("number", number);
             s.Read("wait", wait);
             s.ReadSize("bytes", bytes);
             s.Read("words", words);
             s.Read("one_word", one_word);
           }));

  EXPECT_EQ(text, "hello");
  EXPECT_TRUE(flag);
  EXPECT_EQ(whole, 12);
  EXPECT_EQ(seed, 18446744073709551615ULL);
  EXPECT_EQ(number, 8.03e9);
  EXPECT_EQ(wait, std::chrono::seconds(90));
  EXPECT_EQ(bytes, 1024);
  EXPECT_THAT(words, ElementsAre("a", "b"));
  EXPECT_THAT(one_word, ElementsAre("c"));
}

TEST(SectionTest, LeavesTheDefaultWhereAKeyIsAbsentOrNull) {
  std::int64_t limit = 7;
  std::optional<std::int64_t> top_k;
  std::string system = "default";

  WF_ASSERT_OK(Read("system: null\n", [&](Section& s) {
    s.Read("limit", limit);
    s.Read("top_k", top_k);
    s.Read("system", system);
  }));

  EXPECT_EQ(limit, 7);
  EXPECT_EQ(top_k, std::nullopt);
  EXPECT_EQ(system, "default");
}

TEST(SectionTest, ReportsAnUnknownKeyWithItsPlaceAndTheNearest) {
  EXPECT_THAT(Read("sweep: x\nmodles: []\n",
                   [](Section& s) {
                     std::string name;
                     s.Read("sweep", name);
                     s.ReadList("models", [](const Value&) {});
                   }),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "f.yaml:2:1: unknown key \"modles\"; nearest is \"models\""));
}

TEST(SectionTest, AMisspeltRequiredKeyIsCalledMisspeltNotMissing) {
  EXPECT_THAT(Read("a: 1\nswep: x\n",
                   [](Section& s) {
                     std::string text;
                     s.Read("a", text);
                     s.Require("sweep").Read("sweep", text);
                   }),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "f.yaml:2:1: unknown key \"swep\"; nearest is \"sweep\""));
}

TEST(SectionTest, ReportsAMissingKeyAtItsMapping) {
  EXPECT_THAT(Read("a: {b: 1}\n",
                   [](Section& s) {
                     s.ReadMap("a", [](Section& inner) {
                       std::string text;
                       inner.Read("b", text);
                       inner.Require("ref").Read("ref", text);
                     });
                   }),
              StatusIs(absl::StatusCode::kInvalidArgument, "f.yaml:1:4: key \"ref\" is missing"));
}

TEST(SectionTest, ReportsWrongTypesWithWhatWouldBeRight) {
  std::int64_t whole = 0;
  double number = 0;
  bool flag = false;
  std::string text;
  std::chrono::milliseconds wait{0};
  std::int64_t bytes = 0;
  std::vector<std::string> words;
  const auto read = [&](Section& s) {
    s.Read("whole", whole, {.least = 1});
    s.Read("share", number, {.least = 0, .most = 1});
    s.Read("flag", flag);
    s.Read("text", text);
    s.Read("wait", wait);
    s.ReadSize("bytes", bytes);
    s.Read("words", words);
    s.ReadMap("map", [](Section&) {});
    s.ReadList("list", [](const Value&) {});
  };
  const struct {
    const char* file;
    const char* message;
  } cases[] = {
      {"whole: many", "whole: expected a whole number of at least 1, got \"many\""},
      {"whole: 0", "whole: expected a whole number of at least 1, got \"0\""},
      {"whole: '5'", "whole: expected a whole number of at least 1, got \"5\""},
      {"whole: [1]", "whole: expected a whole number of at least 1, got a list"},
      {"share: 1.5", "share: expected a number from 0 to 1, got \"1.5\""},
      {"flag: maybe", "flag: expected true or false, got \"maybe\""},
      {"text: {a: b}", "text: expected text, got a mapping"},
      {"wait: 90", "wait: expected a duration such as 500ms, 90s, 10m or 2h, got \"90\""},
      {"bytes: lots", "bytes: expected a size such as 64MiB or 8GiB, got \"lots\""},
      {"words: {a: b}", "words: expected a list of words, got a mapping"},
      {"words: [[a]]", "words: expected a word, got a list"},
      {"map: 5", "map: expected a mapping, got \"5\""},
      {"list: 5", "list: expected a list, got \"5\""},
      {"- a", "a sweep: expected a mapping, got a list"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Read(c.file, read),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
}

TEST(SectionTest, AChoiceNamesTheNearestAndAll) {
  enum class Colour { kRed, kGreen };
  Colour colour = Colour::kRed;
  const auto read = [&](Section& s) {
    s.ReadChoice<Colour>("colour", {{"red", Colour::kRed}, {"green", Colour::kGreen}}, colour);
  };

  WF_EXPECT_OK(Read("colour: green", read));
  EXPECT_EQ(colour, Colour::kGreen);
  EXPECT_THAT(Read("colour: gren", read),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "f.yaml:1:9: colour: \"gren\" is not known; nearest is \"green\", "
                       "one of red, green"));
}

TEST(SectionTest, ReportsTheProblemThatStandsFirst) {
  std::int64_t whole = 0;
  EXPECT_THAT(Read("b: 1\na: x\n", [&](Section& s) { s.Read("a", whole); }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f.yaml:1:1")));
}

TEST(SectionTest, ARefusedKeySaysWhyOnlyWhenItIsSet) {
  const auto read = [](Section& s) { s.Refuse("window", "not supported yet"); };

  WF_EXPECT_OK(Read("window: null", read));
  EXPECT_THAT(Read("window: x", read), StatusIs(absl::StatusCode::kInvalidArgument,
                                                "f.yaml:1:9: window: not supported yet"));
}

}  // namespace
}  // namespace wattfleet::config
