#include "coordinator/report/latex_text.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

TEST(LatexEscaped, LeavesWordsAlone) {
  EXPECT_EQ(LatexEscaped("llama 3.1 (8B)"), "llama 3.1 (8B)");
}

TEST(LatexEscaped, TakesEverySpecialCharacterLiterally) {
  EXPECT_EQ(LatexEscaped("a_b & 5% #1 $x$ {y}"), "a\\_b \\& 5\\% \\#1 \\$x\\$ \\{y\\}");
  EXPECT_EQ(LatexEscaped("\\input"), "\\textbackslash{}input");
  EXPECT_EQ(LatexEscaped("~^"), "\\textasciitilde{}\\textasciicircum{}");
  EXPECT_EQ(LatexEscaped("<|>"), "\\textless{}\\textbar{}\\textgreater{}");
}

TEST(LatexEscaped, MakesNoLigatureAndNoOptionalArgument) {
  EXPECT_EQ(LatexEscaped("q4--k"), "q4-{}-k");
  EXPECT_EQ(LatexEscaped("[1]"), "{[}1{]}");
}

TEST(LatexEscaped, StaysOnOneLine) {
  EXPECT_EQ(LatexEscaped("a\nb\r\tc\x7f"), "a b  c ");
}

TEST(LatexEscaped, KeepsEuropeanLettersAndNamesOtherCharacters) {
  EXPECT_EQ(LatexEscaped("Köln \u201cé\u201d"), "Köln \u201cé\u201d");
  EXPECT_EQ(LatexEscaped("模"), "{[}U+6A21{]}");
  EXPECT_EQ(LatexEscaped("\U0001F600"), "{[}U+1F600{]}");
}

TEST(LatexEscaped, MarksBytesThatAreNotUtf8) {
  EXPECT_EQ(LatexEscaped("a\xff\xc3"), "a??");
  EXPECT_EQ(LatexEscaped("\xe6\xa8"), "??");
}

// Whatever goes in, what comes out opens as many groups as it closes and has no active character.
TEST(LatexEscaped, IsBalancedForAnyBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text) {
      c = static_cast<char>(random() % 256);
    }
    const std::string escaped = LatexEscaped(text);
    int depth = 0;
    for (std::size_t at = 0; at < escaped.size(); ++at) {
      const char c = escaped[at];
      ASSERT_EQ(std::string("$&#%~^_\n").find(c) != std::string::npos &&
                    (at == 0 || escaped[at - 1] != '\\'),
                false)
          << escaped;
      if (c == '\\' && at + 1 < escaped.size() &&
          (escaped[at + 1] == '{' || escaped[at + 1] == '}')) {
        ++at;
        continue;
      }
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      ASSERT_GE(depth, 0) << escaped;
    }
    ASSERT_EQ(depth, 0) << escaped;
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
