#include "coordinator/math/rational.h"

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

TEST(RationalTest, KeepsLowestTermsAndAPositiveDenominator) {
  EXPECT_EQ(MakeRational(6, -4), (Rational{-3, 2}));
  EXPECT_EQ(MakeRational(0, -7), (Rational{0, 1}));
  EXPECT_EQ(MakeRational(1, 0), std::nullopt);
}

TEST(RationalTest, ReadsDecimals) {
  EXPECT_EQ(ParseRational("3.250"), (Rational{13, 4}));
  EXPECT_EQ(ParseRational(".5"), (Rational{1, 2}));
  EXPECT_EQ(ParseRational("1.2.3"), std::nullopt);
  EXPECT_EQ(ParseRational(""), std::nullopt);
  EXPECT_EQ(ParseRational("99999999999999999999999999999999999999999"), std::nullopt);
}

TEST(RationalTest, ComputesExactly) {
  EXPECT_EQ(Add({1, 3}, {1, 6}), (Rational{1, 2}));
  EXPECT_EQ(Multiply({2, 3}, {-3, 4}), (Rational{-1, 2}));
  EXPECT_EQ(Divide({1, 2}, {-1, 4}), (Rational{-2, 1}));
  EXPECT_EQ(Divide({1, 2}, {0, 1}), std::nullopt);
  EXPECT_EQ(Power({-2, 3}, 3), (Rational{-8, 27}));
  EXPECT_EQ(Power({2, 1}, -2), (Rational{1, 4}));
  EXPECT_EQ(Power({1, 1}, 1024), (Rational{1, 1}));
  EXPECT_EQ(Power({-1, 1}, 1023), (Rational{-1, 1}));
}

TEST(RationalTest, GivesNothingWhereAResultDoesNotFit) {
  const Rational large{static_cast<Int128>(1) << 100, 1};

  EXPECT_EQ(Multiply(large, large), std::nullopt);
  EXPECT_EQ(Power({2, 1}, 127), std::nullopt);
  EXPECT_EQ(Power({2, 1}, 5000), std::nullopt);
  EXPECT_EQ(Add(large, {1, static_cast<Int128>(1) << 100}), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::coordinator
