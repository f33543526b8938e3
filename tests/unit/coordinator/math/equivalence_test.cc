#include "coordinator/math/equivalence.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/math/parse.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

struct Pair {
  bool same = false;
  std::string one;
  std::string other;
};

std::vector<Pair> ReadPairs() {
  std::ifstream file(WF_SOURCE_DIR "/tests/data/latex_pairs.tsv");
  std::vector<Pair> pairs;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    std::istringstream fields(line);
    std::string verdict;
    Pair pair;
    std::getline(fields, verdict, '\t');
    std::getline(fields, pair.one, '\t');
    std::getline(fields, pair.other);
    pair.same = verdict == "same";
    pairs.push_back(pair);
  }
  return pairs;
}

bool Same(const std::string& one, const std::string& other) {
  const auto a = ParseMath(one);
  const auto b = ParseMath(other);
  EXPECT_TRUE(a.ok()) << one << ": " << a.status();
  EXPECT_TRUE(b.ok()) << other << ": " << b.status();
  return a.ok() && b.ok() && Equivalent(*a, *b);
}

TEST(EquivalentTest, TellsWhatSaysTheSameFromNearMisses) {
  const std::vector<Pair> pairs = ReadPairs();
  int near_misses = 0;

  for (const Pair& pair : pairs) {
    EXPECT_EQ(Same(pair.one, pair.other), pair.same) << pair.one << "   " << pair.other;
    EXPECT_EQ(Same(pair.other, pair.one), pair.same) << pair.other << "   " << pair.one;
    near_misses += pair.same ? 0 : 1;
  }

  EXPECT_GE(pairs.size(), 300U);
  EXPECT_GE(2 * static_cast<std::size_t>(near_misses), pairs.size() - 20);
}

TEST(EquivalentTest, FindsEveryAnswerOfThePairsEqualToItself) {
  for (const Pair& pair : ReadPairs()) {
    EXPECT_TRUE(Same(pair.one, pair.one + " ")) << pair.one;
    EXPECT_TRUE(Same(pair.other, "\\displaystyle " + pair.other)) << pair.other;
  }
}

// Anything exponential would run into the test's time limit.
TEST(EquivalentTest, StaysBoundedOnSetsOfSets) {
  std::string one = "\\{x, 1\\}";
  std::string other = "\\{y, 1\\}";
  for (int i = 0; i < 12; ++i) {
    one = "\\{x," + one + ",\\{x,2\\}\\}";
    other = "\\{x," + other + ",\\{x,2\\}\\}";
  }

  EXPECT_FALSE(Same(one, other));
}

TEST(EquivalentTest, HoldsNumbersThatNoMachineHoldsUnequalUnlessSpelledAlike) {
  EXPECT_FALSE(Same("10^{10^{10}}", "10^{10^{11}}"));
  EXPECT_TRUE(Same("10^{10^{10}}", "10^{10^{10}}"));
  EXPECT_FALSE(Same("9^{9^{9^{9}}}!", "1"));
  EXPECT_FALSE(Same("\\frac{1}{0}", "\\infty"));
  EXPECT_FALSE(Same("2^{1000000}", "2^{1000001}"));
  EXPECT_TRUE(Same("2^{2000}", "4^{1000}"));
}

}  // namespace
}  // namespace wattfleet::coordinator
