#include "common/domain/nearest_name.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(EditDistanceTest, CountsInsertionsDeletionsSubstitutionsAndNeighbourSwaps) {
  EXPECT_EQ(EditDistance("models", "models"), 0U);
  EXPECT_EQ(EditDistance("model", "models"), 1U);
  EXPECT_EQ(EditDistance("models", "model"), 1U);
  EXPECT_EQ(EditDistance("modals", "models"), 1U);
  EXPECT_EQ(EditDistance("modles", "models"), 1U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("", "abc"), 3U);
}

TEST(EditDistanceTest, IgnoresLetterCase) {
  EXPECT_EQ(EditDistance("Ollama", "ollama"), 0U);
}

TEST(NearestNameTest, FindsAMisspeltName) {
  const std::vector<std::string> names = {"accelerators", "conditions", "models"};

  EXPECT_THAT(NearestName("acelerators", names), Optional(Eq("accelerators")));
  EXPECT_THAT(NearestName("Model", names), Optional(Eq("models")));
}

TEST(NearestNameTest, FindsANameByItsBeginning) {
  EXPECT_THAT(NearestName("api_key", {"base_url", "api_key_file"}), Optional(Eq("api_key_file")));
  EXPECT_EQ(NearestName("a", {"api_key_file"}), std::nullopt);
}

TEST(NearestNameTest, FindsNothingWhereNothingIsNear) {
  EXPECT_EQ(NearestName("zzz", {"accelerators", "conditions"}), std::nullopt);
  EXPECT_EQ(NearestName("a", {"b"}), std::nullopt);
  EXPECT_EQ(NearestName("", {"b"}), std::nullopt);
  EXPECT_EQ(NearestName("models", {}), std::nullopt);
}

TEST(NearestTextTest, NamesTheNearestElseAFewOfThem) {
  EXPECT_EQ(NearestText("olama", {"vllm", "ollama"}), "nearest is \"ollama\"");
  EXPECT_EQ(NearestText("something", {"vllm", "ollama"}), "one of vllm, ollama");
  EXPECT_EQ(NearestText("zzzzz", {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}),
            "one of a, b, c, d, e, f, g, h and 2 more");
  EXPECT_EQ(NearestText("anything", {}), "");
}

}  // namespace
}  // namespace wattfleet
