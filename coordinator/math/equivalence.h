#ifndef WF_COORDINATOR_MATH_EQUIVALENCE_H_
#define WF_COORDINATOR_MATH_EQUIVALENCE_H_

#include "coordinator/math/value.h"

namespace wattfleet::coordinator {

// Whether two answers say the same.
//
// Expressions: exactly where both are rational numbers of up to 127 bits, else by their values at
// 16 fixed points (positive, small, of both signs, whole), which must agree within 1e-11 of the
// value wherever both are real. Rounded decimals therefore do not equal what they round. Sets and
// lists have no order; tuples and intervals have, and their brackets count; "1 \pm x" is a list of
// two. "x = 5" answers 5, "x > 3" is (3, \infty), and equations are the same when one is a
// constant multiple of the other. "50\%" is 50 and 0.5. Units count only where both are known.
bool Equivalent(const MathAnswer& a, const MathAnswer& b);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_EQUIVALENCE_H_
