#ifndef WF_COORDINATOR_MATH_EXPRESSION_H_
#define WF_COORDINATOR_MATH_EXPRESSION_H_

#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/math/rational.h"

namespace wattfleet::coordinator {

enum class Operation {
  kNumber,
  kSymbol,
  kBased,  // a numeral with its base, 1011_2: equal only to itself
  kImaginary,
  kPi,
  kEuler,
  kInfinity,
  kAdd,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
  kPlusMinus,  // a with the sign of the branch
  kRoot,       // a, index b
  kLog,        // of a to base b
  kAbsolute,
  kFactorial,
  kBinomial,
  kFloor,
  kCeiling,
  kFunction  // `name` of a
};

// Where a node stands in its arena.
using NodeIndex = std::int32_t;
inline constexpr NodeIndex kNoNode = -1;

struct Node {
  Operation operation = Operation::kNumber;
  NodeIndex a = kNoNode;
  NodeIndex b = kNoNode;
  bool flips = false;             // kPlusMinus: \mp
  std::optional<Rational> exact;  // kNumber, where it fits
  long double value = 0;          // kNumber
  std::string name;               // kSymbol, kBased, kFunction
};

// The nodes of all expressions of one answer. Children stand before their parents.
struct Arena {
  std::vector<Node> nodes;

  NodeIndex Append(Node node) {
    nodes.push_back(std::move(node));
    return static_cast<NodeIndex>(nodes.size()) - 1;
  }
  const Node& at(NodeIndex index) const { return nodes[static_cast<std::size_t>(index)]; }
};

using Complex = std::complex<long double>;

// An expression's value where its symbols have values.
struct Evaluated {
  Complex value = 0;
  // The largest term of a sum on the way: what cancellation left of it is rounding.
  long double scale = 0;
  // On the way the value was not real: a root or logarithm of a negative number.
  bool left_the_reals = false;
};

// Symbol -> value.
using Point = std::function<long double(const std::string&)>;

// The value at `point`; \pm is plus when `plus`. Nothing where it is undefined or beyond all
// bounds. Odd roots of negative numbers are the real ones.
std::optional<Evaluated> Evaluate(const Arena& arena, NodeIndex root, const Point& point,
                                  bool plus);

// The exact value of an expression without symbols and irrational parts, where it fits.
std::optional<Rational> EvaluateExactly(const Arena& arena, NodeIndex root, bool plus);

// Whether `predicate` holds for a node of the expression.
bool Contains(const Arena& arena, NodeIndex root,
              const std::function<bool(const Node&)>& predicate);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_EXPRESSION_H_
