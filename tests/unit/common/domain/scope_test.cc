#include "common/domain/scope.h"

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

TEST(ScopeTest, IsFoundByItsName) {
  for (const ScopeRow& row : AllScopes()) {
    EXPECT_EQ(ScopeByName(row.name), row.scope);
  }
  EXPECT_EQ(ScopeByName("gpu"), std::nullopt);
}

TEST(ScopeTest, AWiderScopeContainsTheNarrowerOnes) {
  const auto contains = [](Scope wide, Scope narrow) {
    return (RowOf(wide).parts & RowOf(narrow).parts) == RowOf(narrow).parts;
  };
  EXPECT_TRUE(contains(Scope::kModule, Scope::kAccelerator));
  EXPECT_TRUE(contains(Scope::kModule, Scope::kDram));
  EXPECT_TRUE(contains(Scope::kSocCompute, Scope::kSocNeuralEngine));
  EXPECT_FALSE(contains(Scope::kSocCompute, Scope::kDram));
  EXPECT_FALSE(contains(Scope::kPlatform, Scope::kAccelerator));
  for (const ScopeRow& row : AllScopes()) {
    EXPECT_TRUE(contains(Scope::kWall, row.scope)) << row.name;
  }
}

TEST(ScopeTest, OnlyAModelCoversNothing) {
  for (const ScopeRow& row : AllScopes()) {
    EXPECT_EQ(row.parts != 0, IsSensorScope(row.scope)) << row.name;
  }
}

}  // namespace
}  // namespace wattfleet
