#ifndef WF_COORDINATOR_MATH_EXPRESSION_PARSER_H_
#define WF_COORDINATOR_MATH_EXPRESSION_PARSER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/math/expression.h"
#include "coordinator/math/token_cursor.h"

namespace wattfleet::coordinator {

// Reads one expression at a time from a cursor into an arena. After a failure `error` says what is
// not understood, and nothing more may be read.
class ExpressionParser {
 public:
  ExpressionParser(TokenCursor& cursor, Arena& arena) : cursor_(cursor), arena_(arena) {}

  // Up to what no expression goes on with: a comma, relation, closing bracket or the end.
  std::optional<NodeIndex> ParseSum();

  // What stood behind the expression read last, then forgotten.
  std::string TakeUnit() { return std::exchange(unit_, {}); }
  bool TakePercent() { return std::exchange(is_percent_, false); }

  const std::string& error() const { return error_; }
  std::nullopt_t Fail(std::string error);

 private:
  std::optional<NodeIndex> ParseSigned();
  std::optional<NodeIndex> ParseProduct();
  std::optional<NodeIndex> ParseSignedFactor();
  std::optional<NodeIndex> ParseFactor();
  std::optional<NodeIndex> ParsePrimary();
  std::optional<NodeIndex> ParseNumber();
  std::optional<NodeIndex> ParseSymbol();
  std::optional<NodeIndex> ParseGroup();
  std::optional<NodeIndex> ParseCommand();
  std::optional<NodeIndex> ParseFraction();
  std::optional<NodeIndex> ParseRoot();
  std::optional<NodeIndex> ParseFunction();
  bool ParseFunctionPower(std::string& name, NodeIndex& power);
  std::optional<NodeIndex> ParseLogarithmBase();
  std::optional<NodeIndex> ParseFunctionArgument();
  std::optional<NodeIndex> ParseArgument();
  std::optional<NodeIndex> ParseExponent(NodeIndex base);
  std::optional<NodeIndex> ParsePostfix(NodeIndex operand);
  NodeIndex WithMixedFraction(NodeIndex whole, NodeIndex fraction);
  std::string TakeSubscript();
  bool TakeDegree();
  void TakeUnits();
  bool StartsFactor() const;
  bool Close(std::string_view bracket);
  NodeIndex Append(Operation operation, NodeIndex a = kNoNode, NodeIndex b = kNoNode,
                   std::string name = {});
  NodeIndex AppendNumber(std::string_view digits);

  TokenCursor& cursor_;
  Arena& arena_;
  int depth_ = 0;
  bool inside_bars_ = false;
  bool is_percent_ = false;
  std::string unit_;
  std::string error_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_EXPRESSION_PARSER_H_
