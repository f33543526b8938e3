#include "coordinator/math/rational.h"

namespace wattfleet::coordinator {
namespace {

constexpr Int128 kHalf = static_cast<Int128>(1) << 126;
constexpr Int128 kMost = kHalf - 1 + kHalf;

Int128 Magnitude(Int128 value) {
  return value < 0 ? -value : value;
}

Int128 GreatestCommonDivisor(Int128 a, Int128 b) {
  while (b != 0) {
    const Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

std::optional<Int128> Product(Int128 a, Int128 b) {
  Int128 result = 0;
  if (__builtin_mul_overflow(a, b, &result) || result == -kMost - 1) {
    return std::nullopt;
  }
  return result;
}

}  // namespace

std::optional<Rational> MakeRational(Int128 above, Int128 below) {
  if (below == 0) {
    return std::nullopt;
  }
  const Int128 divisor = GreatestCommonDivisor(Magnitude(above), Magnitude(below));
  above /= divisor;
  below /= divisor;
  return below < 0 ? Rational{-above, -below} : Rational{above, below};
}

std::optional<Rational> ParseRational(std::string_view decimal) {
  Int128 above = 0;
  Int128 below = 1;
  bool behind_point = false;
  for (const char c : decimal) {
    if (c == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (c < '0' || c > '9' || above > (kMost - 9) / 10 || below > kMost / 10) {
      return std::nullopt;
    }
    above = above * 10 + (c - '0');
    below *= behind_point ? 10 : 1;
  }
  return decimal.empty() ? std::nullopt : MakeRational(above, below);
}

std::optional<Rational> Add(const Rational& a, const Rational& b) {
  const auto left = Product(a.above, b.below);
  const auto right = Product(b.above, a.below);
  const auto below = Product(a.below, b.below);
  Int128 above = 0;
  if (!left || !right || !below || __builtin_add_overflow(*left, *right, &above) ||
      above == -kMost - 1) {
    return std::nullopt;
  }
  return MakeRational(above, *below);
}

std::optional<Rational> Multiply(const Rational& a, const Rational& b) {
  const auto above = Product(a.above, b.above);
  const auto below = Product(a.below, b.below);
  return above && below ? MakeRational(*above, *below) : std::nullopt;
}

std::optional<Rational> Divide(const Rational& a, const Rational& b) {
  return b.above == 0 ? std::nullopt : Multiply(a, Rational{b.below, b.above});
}

std::optional<Rational> Power(const Rational& base, std::int64_t exponent) {
  constexpr std::int64_t kMostExponent = 1024;
  if (exponent < -kMostExponent || exponent > kMostExponent) {
    return std::nullopt;
  }
  if (exponent < 0) {
    const std::optional<Rational> inverse = Divide(Rational{1, 1}, base);
    return inverse ? Power(*inverse, -exponent) : std::nullopt;
  }
  std::optional<Rational> result = Rational{1, 1};
  for (std::int64_t i = 0; i < exponent && result; ++i) {
    result = Multiply(*result, base);
    if (result == base && i > 0) {
      return result;  // 0 and 1 stay what they are
    }
  }
  return result;
}

}  // namespace wattfleet::coordinator
