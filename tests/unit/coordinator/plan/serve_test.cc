#include "coordinator/plan/serve.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/plan/sweep_examples.h"

namespace wattfleet::coordinator {
namespace {

TEST(GlobMatchTest, AStarStandsForAnyTextAndAQuestionMarkForOneCharacter) {
  EXPECT_TRUE(GlobMatch("apple-m4-max-*", "apple-m4-max-40c-128gb"));
  EXPECT_TRUE(GlobMatch("*70b*", "llama-3.1-70b-instruct"));
  EXPECT_TRUE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("nvidia-h?00", "nvidia-h200"));
  EXPECT_TRUE(GlobMatch("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(GlobMatch("*a", "*a"));

  EXPECT_FALSE(GlobMatch("apple-m4-max-*", "apple-m4-pro"));
  EXPECT_FALSE(GlobMatch("nvidia-h?00", "nvidia-h00"));
  EXPECT_FALSE(GlobMatch("a*b", "a-b-c"));
  EXPECT_FALSE(GlobMatch("", "a"));
}

TEST(GlobMatchTest, ManyStarsDoNotExplode) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "*a";
  }

  EXPECT_FALSE(GlobMatch(pattern + "b", std::string(2'000, 'a')));
}

TEST(CanServeTest, AnInstanceServesTheRefsItNamesOrAny) {
  const InstanceOffer named = Instance("cpu", {Engine("vllm", {"org/small"})});
  const InstanceOffer any = Instance("cpu", {Engine("replay", {"*"})});

  EXPECT_TRUE(CanServe(named, Serve("vllm", "org/small").build));
  EXPECT_FALSE(CanServe(named, Serve("vllm", "org/large").build));
  EXPECT_FALSE(CanServe(named, Serve("ollama", "org/small").build));
  EXPECT_TRUE(CanServe(any, Serve("replay", "/data/x.jsonl").build));
}

TEST(CanServeTest, AnOllamaModelWithoutATagIsItsLatest) {
  const InstanceOffer instance = Instance("cpu", {Engine("ollama", {"mistral:latest"})});

  EXPECT_TRUE(CanServe(instance, Serve("ollama", "mistral").build));
  EXPECT_TRUE(CanServe(instance, Serve("ollama", "mistral:latest").build));
  EXPECT_FALSE(CanServe(instance, Serve("ollama", "mistral:7b").build));
}

TEST(CanServePairTest, APairOnAnyGoesToEveryAccelerator) {
  PairSpec pair;
  pair.build = Serve("replay", "x").build;
  const InstanceOffer instance = Instance("cpu", {Engine("replay", {"*"})});

  pair.accelerator = "any";
  EXPECT_TRUE(CanServePair(instance, pair));
  pair.accelerator = "nvidia-h200";
  EXPECT_FALSE(CanServePair(instance, pair));
}

}  // namespace
}  // namespace wattfleet::coordinator
