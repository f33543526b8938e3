#ifndef WF_COORDINATOR_MATH_NUMERIC_COMPARISON_H_
#define WF_COORDINATOR_MATH_NUMERIC_COMPARISON_H_

#include "coordinator/math/expression.h"

namespace wattfleet::coordinator {

// An expression where it stands, and the branch of \pm that is meant.
struct PlacedExpression {
  const Arena& arena;
  NodeIndex root = kNoNode;
  bool plus = true;
};

// Whether a = factor * b as functions of their symbols, as Equivalent says.
bool SameFunction(const PlacedExpression& a, const PlacedExpression& b, const Rational& factor);

// Whether a is a constant multiple of b, and neither is zero everywhere.
bool Proportional(const PlacedExpression& a, const PlacedExpression& b);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_NUMERIC_COMPARISON_H_
