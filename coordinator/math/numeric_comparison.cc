#include "coordinator/math/numeric_comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace wattfleet::coordinator {
namespace {

constexpr int kPoints = 16;
constexpr int kFewestPoints = 3;
constexpr long double kTolerance = 1e-11L;
// Of the largest term of a sum: what rounding leaves where terms cancel.
constexpr long double kRounding = 1e-16L;

// A fixed number in [0, 1) for each symbol and point (FNV-1a and an avalanche).
long double Fraction(const std::string& name, int point) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  hash ^= static_cast<std::uint64_t>(point) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<long double>((hash ^ (hash >> 31)) >> 11) * 0x1p-53L;
}

// The value of a symbol at a point: 0-4 positive, 5-6 below one, 7-9 of both signs, 10-15 whole.
long double ValueAt(const std::string& name, int point) {
  const long double fraction = Fraction(name, point);
  if (point < 5) {
    return 0.3L + 3 * fraction;
  }
  if (point < 7) {
    return 0.05L + 0.9L * fraction;
  }
  if (point < 10) {
    return 6 * fraction - (point == 7 ? 6 : 3);
  }
  return std::floor(1 + 9 * fraction);
}

bool HasSymbol(const PlacedExpression& expression) {
  return Contains(expression.arena, expression.root, [](const Node& node) {
    return node.operation == Operation::kSymbol || node.operation == Operation::kBased;
  });
}

bool HasImaginary(const PlacedExpression& expression) {
  return Contains(expression.arena, expression.root,
                  [](const Node& node) { return node.operation == Operation::kImaginary; });
}

// The values of both at a point, or nothing where they say nothing about the reals.
struct Pair {
  Evaluated a;
  Evaluated b;
};

std::optional<Pair> PairAt(const PlacedExpression& a, const PlacedExpression& b, int point,
                           bool complex) {
  const Point at = [point](const std::string& name) { return ValueAt(name, point); };
  const std::optional<Evaluated> one = Evaluate(a.arena, a.root, at, a.plus);
  const std::optional<Evaluated> other = one ? Evaluate(b.arena, b.root, at, b.plus) : std::nullopt;
  if (!other || (!complex && (one->left_the_reals || other->left_the_reals))) {
    return std::nullopt;
  }
  return Pair{*one, *other};
}

// Whether `holds` for enough points, and for all where it can be told.
bool HoldsEverywhere(const PlacedExpression& a, const PlacedExpression& b,
                     const std::function<bool(const Pair&)>& holds) {
  const bool constant = !HasSymbol(a) && !HasSymbol(b);
  const bool imaginary = HasImaginary(a) || HasImaginary(b) || constant;
  for (const bool complex : {imaginary, true}) {
    int told = 0;
    for (int point = 0; point < (constant ? 1 : kPoints); ++point) {
      const std::optional<Pair> pair = PairAt(a, b, point, complex);
      if (!pair) {
        continue;
      }
      if (!holds(*pair)) {
        return false;
      }
      ++told;
    }
    if (told >= (constant ? 1 : kFewestPoints)) {
      return true;
    }
  }
  return false;
}

bool Close(const Complex& a, const Complex& b, long double scale) {
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b)) + kRounding * scale;
}

}  // namespace

bool SameFunction(const PlacedExpression& a, const PlacedExpression& b, const Rational& factor) {
  const std::optional<Rational> one = EvaluateExactly(a.arena, a.root, a.plus);
  const std::optional<Rational> other = EvaluateExactly(b.arena, b.root, b.plus);
  if (one && other) {
    return Multiply(factor, *other) == one;
  }
  const long double times = factor.value();
  return HoldsEverywhere(a, b, [times](const Pair& pair) {
    return Close(pair.a.value, times * pair.b.value, std::max(pair.a.scale, times * pair.b.scale));
  });
}

bool Proportional(const PlacedExpression& a, const PlacedExpression& b) {
  std::optional<Complex> ratio;
  const bool same_ratio = HoldsEverywhere(a, b, [&ratio](const Pair& pair) {
    const bool a_is_zero = Close(pair.a.value, 0, pair.a.scale);
    const bool b_is_zero = Close(pair.b.value, 0, pair.b.scale);
    if (a_is_zero || b_is_zero) {
      return a_is_zero && b_is_zero;
    }
    const Complex here = pair.a.value / pair.b.value;
    const bool same = !ratio || Close(here, *ratio, 0);
    ratio = here;
    return same;
  });
  return same_ratio && ratio.has_value();
}

}  // namespace wattfleet::coordinator
