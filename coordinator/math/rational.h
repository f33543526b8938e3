#ifndef WF_COORDINATOR_MATH_RATIONAL_H_
#define WF_COORDINATOR_MATH_RATIONAL_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace wattfleet::coordinator {

__extension__ using Int128 = __int128;

// An exact fraction in lowest terms, its denominator positive. Arithmetic gives nothing where the
// result does not fit 127 bits, or where it divides by zero.
struct Rational {
  Int128 above = 0;
  Int128 below = 1;

  bool operator==(const Rational&) const = default;
  bool is_whole() const { return below == 1; }
  long double value() const {
    return static_cast<long double>(above) / static_cast<long double>(below);
  }
};

std::optional<Rational> MakeRational(Int128 above, Int128 below);
// "12", "3.25", ".5"; nothing for other text.
std::optional<Rational> ParseRational(std::string_view decimal);

std::optional<Rational> Add(const Rational& a, const Rational& b);
std::optional<Rational> Multiply(const Rational& a, const Rational& b);
std::optional<Rational> Divide(const Rational& a, const Rational& b);
std::optional<Rational> Power(const Rational& base, std::int64_t exponent);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_RATIONAL_H_
