#ifndef WF_COORDINATOR_MATH_PARSE_H_
#define WF_COORDINATOR_MATH_PARSE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

#include "coordinator/math/value.h"

namespace wattfleet::coordinator {

// Longer answers are not read.
inline constexpr std::size_t kLongestMath = 2000;

// Reads an answer in LaTeX or as people type it: numbers, expressions, \pm, equations and
// inequalities, intervals and their unions, tuples, sets, lists, matrices, words. INVALID_ARGUMENT
// says what is not understood; nesting beyond 40 levels is not. Time and memory are linear in the
// text.
absl::StatusOr<MathAnswer> ParseMath(std::string_view text);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_PARSE_H_
