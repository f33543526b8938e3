#ifndef WF_COORDINATOR_MATH_VALUE_H_
#define WF_COORDINATOR_MATH_VALUE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/math/expression.h"

namespace wattfleet::coordinator {

enum class ValueKind {
  kExpression,
  kText,      // words: "even", "no solution"
  kList,      // {1, 2}, or 1, 2: no order
  kTuple,     // (1, 2), [1, 2): ordered; an interval when its brackets or its relatives say so
  kUnion,     // of intervals or sets
  kMatrix,    // row by row
  kRelation,  // sides and the relations between them
};

// What an answer says.
struct MathValue {
  ValueKind kind = ValueKind::kExpression;
  NodeIndex root = kNoNode;            // kExpression
  std::string text;                    // kText; kTuple: its two brackets
  std::string unit;                    // kExpression: as written behind it, or empty
  bool is_percent = false;             // kExpression
  bool is_branch = false;              // kExpression: one of the two that \pm means,
  bool plus = true;                    //   and which
  std::vector<MathValue> parts;        // all other kinds
  std::vector<std::string> relations;  // kRelation: one fewer than parts
  std::size_t columns = 0;             // kMatrix
};

// A value with the nodes that its expressions stand in.
struct MathAnswer {
  Arena arena;
  MathValue value;
  std::string spelling;  // its tokens, for comparison of what is spelled alike
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_VALUE_H_
