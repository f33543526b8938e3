#include "coordinator/math/expression.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace wattfleet::coordinator {
namespace {

constexpr long double kPi = 3.141592653589793238462643383279502884L;
constexpr long double kEuler = 2.718281828459045235360287471352662498L;
// Beyond it every number is whole, and what is rounded to the next one is noise.
constexpr long double kLargestFactorial = 1000;

using MaybeEvaluated = std::optional<Evaluated>;

bool IsReal(const Complex& value) {
  return value.imag() == 0;
}

bool IsFinite(const Complex& value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

bool IsWhole(const Complex& value) {
  return IsReal(value) && std::abs(value.real() - std::round(value.real())) <
                              1e-15L * std::max<long double>(1, std::abs(value.real()));
}

Evaluated Joined(Complex value, const Evaluated& a, const Evaluated& b) {
  return {.value = value,
          .scale = std::max(a.scale, b.scale),
          .left_the_reals = a.left_the_reals || b.left_the_reals};
}

Complex ToThePower(const Complex& base, const Complex& exponent) {
  if (IsWhole(exponent) && std::abs(exponent.real()) < 1e6L) {
    if (IsReal(base)) {
      return std::pow(base.real(), std::round(exponent.real()));
    }
    return std::pow(base, Complex(std::round(exponent.real())));
  }
  if (IsReal(base) && IsReal(exponent) && base.real() >= 0) {
    return std::pow(base.real(), exponent.real());
  }
  return std::pow(base, exponent);
}

// Walks the expression bottom up; each node is visited once.
class Evaluation {
 public:
  Evaluation(const Arena& arena, const Point& point, bool plus)
      : arena_(arena), point_(point), plus_(plus) {}

  MaybeEvaluated Of(NodeIndex index) const {
    const Node& node = arena_.at(index);
    MaybeEvaluated result = IsLeaf(node) ? Leaf(node) : Inner(node);
    if (!result || !IsFinite(result->value)) {
      return std::nullopt;
    }
    if (IsReal(result->value)) {
      result->value = result->value.real();  // a negative zero would choose the other branch
    }
    return result;
  }

 private:
  static bool IsLeaf(const Node& node) { return node.a == kNoNode; }

  MaybeEvaluated Leaf(const Node& node) const {
    switch (node.operation) {
      case Operation::kNumber:
        return Evaluated{.value = node.value};
      case Operation::kSymbol:
      case Operation::kBased:
        return Evaluated{.value = point_(node.name)};
      case Operation::kImaginary:
        return Evaluated{.value = Complex(0, 1)};
      case Operation::kPi:
        return Evaluated{.value = kPi};
      case Operation::kEuler:
        return Evaluated{.value = kEuler};
      default:
        return std::nullopt;
    }
  }

  MaybeEvaluated Inner(const Node& node) const {
    const MaybeEvaluated a = Of(node.a);
    if (!a) {
      return std::nullopt;
    }
    if (node.b != kNoNode) {
      const MaybeEvaluated b = Of(node.b);
      return b ? OfTwo(node.operation, *a, *b) : std::nullopt;
    }
    return OfOne(node, *a);
  }

  static MaybeEvaluated OfTwo(Operation operation, const Evaluated& a, const Evaluated& b) {
    switch (operation) {
      case Operation::kAdd: {
        Evaluated sum = Joined(a.value + b.value, a, b);
        sum.scale = std::max({sum.scale, std::abs(a.value), std::abs(b.value)});
        return sum;
      }
      case Operation::kMultiply: {
        Evaluated product = Joined(a.value * b.value, a, b);
        product.scale = std::max(a.scale * std::abs(b.value), b.scale * std::abs(a.value));
        return product;
      }
      case Operation::kDivide:
        return Quotient(a, b);
      case Operation::kPower:
        return Power(a, b);
      case Operation::kRoot:
        return Root(a, b);
      case Operation::kLog:
        return Logarithm(a, b);
      case Operation::kBinomial:
        return Binomial(a, b);
      default:
        return std::nullopt;
    }
  }

  static MaybeEvaluated Quotient(const Evaluated& a, const Evaluated& b) {
    const long double below = std::abs(b.value);
    if (below == 0 || below < 1e-17L * b.scale) {
      return std::nullopt;
    }
    Evaluated quotient = Joined(a.value / b.value, a, b);
    quotient.scale = std::max(a.scale / below, b.scale * std::abs(a.value) / (below * below));
    return quotient;
  }

  static MaybeEvaluated Power(const Evaluated& a, const Evaluated& b) {
    if (a.value == Complex(0) && (!IsReal(b.value) || b.value.real() <= 0)) {
      return b.value == Complex(0) ? std::nullopt : MaybeEvaluated();
    }
    Evaluated power = Joined(ToThePower(a.value, b.value), a, b);
    const bool negative = IsReal(a.value) && a.value.real() < 0;
    if (negative && IsReal(b.value) && !IsWhole(b.value)) {
      // x^{1/3}, x^{2/3}: the real root, where the exponent is a fraction with an odd denominator.
      for (int below = 3; below <= 15; below += 2) {
        const long double above = b.value.real() * below;
        if (std::abs(above - std::round(above)) < 1e-15L) {
          const long double size = std::pow(-a.value.real(), b.value.real());
          power.value = std::lround(above) % 2 == 0 ? size : -size;
          return power;
        }
      }
      power.left_the_reals = true;
    }
    return power;
  }

  static MaybeEvaluated Root(const Evaluated& a, const Evaluated& index) {
    if (!IsWhole(index.value) || index.value.real() < 1) {
      return Power(a, Joined(Complex(1) / index.value, index, index));
    }
    const bool is_odd = std::lround(index.value.real()) % 2 != 0;
    Evaluated root = a;
    if (IsReal(a.value) && (a.value.real() >= 0 || is_odd)) {
      const long double size = std::pow(std::abs(a.value.real()), 1 / index.value.real());
      root.value = a.value.real() < 0 ? -size : size;
      return root;
    }
    root.left_the_reals = root.left_the_reals || IsReal(a.value);
    root.value = index.value == Complex(2) ? std::sqrt(a.value)
                                           : std::pow(a.value, Complex(1) / index.value);
    return root;
  }

  static MaybeEvaluated Logarithm(const Evaluated& a, const Evaluated& base) {
    if (a.value == Complex(0) || base.value == Complex(0) || base.value == Complex(1)) {
      return std::nullopt;
    }
    Evaluated result = Joined(std::log(a.value) / std::log(base.value), a, base);
    const bool negative =
        (IsReal(a.value) && a.value.real() < 0) || (IsReal(base.value) && base.value.real() < 0);
    result.left_the_reals = result.left_the_reals || negative;
    return result;
  }

  static MaybeEvaluated Binomial(const Evaluated& n, const Evaluated& k) {
    if (!IsWhole(n.value) || !IsWhole(k.value) || k.value.real() < 0 ||
        k.value.real() > kLargestFactorial || n.value.real() < k.value.real()) {
      return std::nullopt;
    }
    long double result = 1;
    const long double smaller = std::min(k.value.real(), n.value.real() - k.value.real());
    for (long double i = 1; i <= smaller && i <= kLargestFactorial; ++i) {
      result *= (n.value.real() - smaller + i) / i;
    }
    return Joined(result, n, k);
  }

  MaybeEvaluated OfOne(const Node& node, const Evaluated& a) const {
    Evaluated result = a;
    switch (node.operation) {
      case Operation::kNegate:
        result.value = -a.value;
        return result;
      case Operation::kPlusMinus:
        result.value = plus_ != node.flips ? a.value : -a.value;
        return result;
      case Operation::kAbsolute:
        result.value = std::abs(a.value);
        return result;
      case Operation::kFactorial:
        if (!IsWhole(a.value) || a.value.real() < 0 || a.value.real() > kLargestFactorial) {
          return std::nullopt;
        }
        result.value = std::tgamma(std::round(a.value.real()) + 1);
        return result;
      case Operation::kFloor:
        result.value = std::floor(a.value.real() + 1e-15L);
        return IsReal(a.value) ? MaybeEvaluated(result) : std::nullopt;
      case Operation::kCeiling:
        result.value = std::ceil(a.value.real() - 1e-15L);
        return IsReal(a.value) ? MaybeEvaluated(result) : std::nullopt;
      case Operation::kFunction:
        return Function(node.name, a);
      default:
        return std::nullopt;
    }
  }

  static MaybeEvaluated Function(const std::string& name, const Evaluated& a) {
    using Formula = Complex (*)(const Complex&);
    static const auto& formulas = *new std::map<std::string, Formula, std::less<>>{
        {"sin", [](const Complex& x) { return std::sin(x); }},
        {"cos", [](const Complex& x) { return std::cos(x); }},
        {"tan", [](const Complex& x) { return std::tan(x); }},
        {"cot", [](const Complex& x) { return Complex(1) / std::tan(x); }},
        {"sec", [](const Complex& x) { return Complex(1) / std::cos(x); }},
        {"csc", [](const Complex& x) { return Complex(1) / std::sin(x); }},
        {"sinh", [](const Complex& x) { return std::sinh(x); }},
        {"cosh", [](const Complex& x) { return std::cosh(x); }},
        {"tanh", [](const Complex& x) { return std::tanh(x); }},
        {"arcsin", [](const Complex& x) { return std::asin(x); }},
        {"arccos", [](const Complex& x) { return std::acos(x); }},
        {"arctan", [](const Complex& x) { return std::atan(x); }},
        {"exp", [](const Complex& x) { return std::exp(x); }}};
    const auto formula = formulas.find(name);
    if (formula == formulas.end()) {
      return std::nullopt;
    }
    Evaluated result = a;
    result.value = formula->second(a.value);
    if (IsReal(a.value)) {
      const bool outside = (name == "arcsin" || name == "arccos") && std::abs(a.value.real()) > 1;
      result.left_the_reals = a.left_the_reals || outside;
      if (!outside) {
        result.value = result.value.real();
      }
    }
    // sin(pi) is zero up to the rounding of pi.
    result.scale = std::max<long double>(result.scale, 1);
    return result;
  }

  const Arena& arena_;
  const Point& point_;
  const bool plus_;
};

std::optional<Rational> ExactLeaf(const Node& node) {
  return node.operation == Operation::kNumber ? node.exact : std::nullopt;
}

std::optional<Rational> ExactPower(const Rational& base, const Rational& exponent) {
  constexpr std::int64_t kMost = 1024;
  if (!exponent.is_whole() || exponent.above > kMost || exponent.above < -kMost ||
      (base.above == 0 && exponent.above <= 0)) {
    return std::nullopt;
  }
  return Power(base, static_cast<std::int64_t>(exponent.above));
}

}  // namespace

std::optional<Evaluated> Evaluate(const Arena& arena, NodeIndex root, const Point& point,
                                  bool plus) {
  return Evaluation(arena, point, plus).Of(root);
}

std::optional<Rational> EvaluateExactly(const Arena& arena, NodeIndex root, bool plus) {
  const Node& node = arena.at(root);
  if (node.a == kNoNode) {
    return ExactLeaf(node);
  }
  const std::optional<Rational> a = EvaluateExactly(arena, node.a, plus);
  if (!a) {
    return std::nullopt;
  }
  if (node.b == kNoNode) {
    const bool negative = node.operation == Operation::kNegate ||
                          (node.operation == Operation::kPlusMinus && plus == node.flips);
    const bool is_sign =
        node.operation == Operation::kNegate || node.operation == Operation::kPlusMinus;
    return is_sign ? std::optional(negative ? Rational{-a->above, a->below} : *a) : std::nullopt;
  }
  const std::optional<Rational> b = EvaluateExactly(arena, node.b, plus);
  if (!b) {
    return std::nullopt;
  }
  switch (node.operation) {
    case Operation::kAdd:
      return Add(*a, *b);
    case Operation::kMultiply:
      return Multiply(*a, *b);
    case Operation::kDivide:
      return Divide(*a, *b);
    case Operation::kPower:
      return ExactPower(*a, *b);
    default:
      return std::nullopt;
  }
}

bool Contains(const Arena& arena, NodeIndex root,
              const std::function<bool(const Node&)>& predicate) {
  if (root == kNoNode) {
    return false;
  }
  const Node& node = arena.at(root);
  return predicate(node) || Contains(arena, node.a, predicate) ||
         Contains(arena, node.b, predicate);
}

}  // namespace wattfleet::coordinator
