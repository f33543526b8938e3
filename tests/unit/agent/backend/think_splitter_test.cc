#include "agent/backend/think_splitter.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

struct Parts {
  std::string reasoning;
  std::string content;
  bool operator==(const Parts&) const = default;
};

Parts Split(const std::vector<std::string>& pieces) {
  Parts parts;
  const auto emit = [&parts](ChunkKind kind, std::string_view text) {
    (kind == ChunkKind::kContent ? parts.content : parts.reasoning).append(text);
  };
  ThinkSplitter splitter;
  for (const std::string& piece : pieces) {
    splitter.Feed(piece, emit);
  }
  splitter.Finish(emit);
  return parts;
}

struct Case {
  std::string text;
  Parts parts;
};
const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"The answer is (A).", {"", "The answer is (A)."}},
      {"<think>two\nlines</think>\n\nanswer", {"two\nlines", "answer"}},
      {" \n<think>a</think>b", {"a", "b"}},
      {"<think></think>b", {"", "b"}},
      {"<think>a < b </thin k></think>b", {"a < b </thin k>", "b"}},
      {"<think>cut while thin", {"cut while thin", ""}},
      {"<think>cut in the tag</thi", {"cut in the tag</thi", ""}},
      {"<think>a</think>  ", {"a", ""}},
      {"<thinking> is another tag", {"", "<thinking> is another tag"}},
      {"<thi", {"", "<thi"}},
      {"  spaced", {"", "  spaced"}},
      {"in the middle <think>b</think>", {"", "in the middle <think>b</think>"}},
      {"", {"", ""}},
  };
  return cases;
}

TEST(ThinkSplitterTest, TakesALeadingSpanForReasoning) {
  for (const Case& c : Cases()) {
    EXPECT_EQ(Split({c.text}), c.parts) << c.text;
  }
}

TEST(ThinkSplitterTest, DoesNotDependOnWhereTheTextIsCut) {
  for (const Case& c : Cases()) {
    std::vector<std::string> bytes;
    for (const char byte : c.text) {
      bytes.emplace_back(1, byte);
    }
    EXPECT_EQ(Split(bytes), c.parts) << c.text;
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      EXPECT_EQ(Split({c.text.substr(0, cut), c.text.substr(cut)}), c.parts) << c.text << cut;
    }
  }
}

TEST(ThinkSplitterTest, GivesOutTextAsSoonAsItsKindIsCertain) {
  std::vector<std::pair<ChunkKind, std::string>> seen;
  const auto emit = [&seen](ChunkKind kind, std::string_view text) {
    seen.emplace_back(kind, text);
  };
  using Seen = std::vector<std::pair<ChunkKind, std::string>>;
  ThinkSplitter splitter;

  splitter.Feed("<think>a", emit);
  EXPECT_EQ(seen, (Seen{{ChunkKind::kReasoning, "a"}}));
  splitter.Feed("b<", emit);
  EXPECT_EQ(seen.back().second, "b");
  splitter.Feed("/think>", emit);
  EXPECT_EQ(seen.size(), 2U);
  splitter.Feed("c", emit);
  EXPECT_EQ(seen.back(), (std::pair{ChunkKind::kContent, std::string("c")}));
}

}  // namespace
}  // namespace wattfleet::agent
