#include "coordinator/math/expression_parser.h"

#include <cstdlib>
#include <utility>

namespace wattfleet::coordinator {
namespace {

constexpr int kDeepest = 40;

bool IsSign(const Token& token) {
  return token.IsMark("+") || token.IsMark("-") || token.IsMark("pm") || token.IsMark("mp");
}

bool IsWholeNumber(const Node& node) {
  return node.operation == Operation::kNumber && node.exact && node.exact->is_whole();
}

// What a symbol of that name is, when it is no variable.
std::optional<Operation> Constant(std::string_view name) {
  if (name == "pi") {
    return Operation::kPi;
  }
  if (name == "e") {
    return Operation::kEuler;
  }
  if (name == "i") {
    return Operation::kImaginary;
  }
  if (name == "infty") {
    return Operation::kInfinity;
  }
  return std::nullopt;
}

}  // namespace

std::nullopt_t ExpressionParser::Fail(std::string error) {
  if (error_.empty()) {
    error_ = std::move(error);
  }
  return std::nullopt;
}

NodeIndex ExpressionParser::Append(Operation operation, NodeIndex a, NodeIndex b,
                                   std::string name) {
  Node node;
  node.operation = operation;
  node.a = a;
  node.b = b;
  node.name = std::move(name);
  return arena_.Append(std::move(node));
}

NodeIndex ExpressionParser::AppendNumber(std::string_view digits) {
  Node node;
  node.exact = ParseRational(digits);
  node.value =
      node.exact ? node.exact->value() : std::strtold(std::string(digits).c_str(), nullptr);
  return arena_.Append(std::move(node));
}

std::optional<NodeIndex> ExpressionParser::ParseSum() {
  if (++depth_ > kDeepest) {
    return Fail("nested too deeply");
  }
  std::optional<NodeIndex> sum = ParseSigned();
  while (sum && IsSign(cursor_.Peek())) {
    const std::optional<NodeIndex> term = ParseSigned();
    if (!term) {
      return std::nullopt;
    }
    sum = Append(Operation::kAdd, *sum, *term);
  }
  --depth_;
  return sum;
}

std::optional<NodeIndex> ExpressionParser::ParseSigned() {
  bool negative = false;
  std::optional<Node> plus_minus;
  while (IsSign(cursor_.Peek())) {
    const Token sign = cursor_.Next();
    negative = negative != sign.IsMark("-");
    if (sign.IsMark("pm") || sign.IsMark("mp")) {
      plus_minus.emplace();
      plus_minus->operation = Operation::kPlusMinus;
      plus_minus->flips = sign.IsMark("mp");
    }
  }
  std::optional<NodeIndex> product = ParseProduct();
  if (product && plus_minus) {
    plus_minus->a = *product;
    product = arena_.Append(*plus_minus);
  }
  return product && negative ? Append(Operation::kNegate, *product) : product;
}

bool ExpressionParser::StartsFactor() const {
  const Token& token = cursor_.Peek();
  switch (token.kind) {
    case TokenKind::kNumber:
    case TokenKind::kSymbol:
      return true;
    case TokenKind::kCommand:
      return token.text.substr(0, 3) != "end";
    case TokenKind::kMark:
      return token.text == "(" || token.text == "[" || token.text == "{" ||
             token.text == "lfloor" || token.text == "lceil" ||
             (token.text == "|" && !inside_bars_);
    default:
      return false;
  }
}

// Words behind a factor are its unit: "5 \text{ cm}^2".
void ExpressionParser::TakeUnits() {
  while (cursor_.Peek().kind == TokenKind::kText) {
    unit_ += (unit_.empty() ? "" : " ") + cursor_.Next().text;
    if (cursor_.Peek().IsMark("^")) {
      cursor_.Next();
      const bool braced = cursor_.TakeMark("{");
      unit_ += "^" + cursor_.Next().text;
      if (braced) {
        cursor_.TakeMark("}");
      }
    }
  }
}

std::optional<NodeIndex> ExpressionParser::ParseProduct() {
  std::optional<NodeIndex> product = ParseFactor();
  while (product) {
    TakeUnits();
    const bool divides = cursor_.Peek().IsMark("/");
    if (divides || cursor_.Peek().IsMark("*")) {
      cursor_.Next();
      if (divides && !unit_.empty() && cursor_.Peek().kind == TokenKind::kText) {
        unit_ += "/";
        continue;
      }
    } else if (!StartsFactor()) {
      return product;
    }
    const std::optional<NodeIndex> factor = ParseSignedFactor();
    if (!factor) {
      return std::nullopt;
    }
    product = Append(divides ? Operation::kDivide : Operation::kMultiply, *product, *factor);
  }
  return product;
}

// A factor behind "*" or "/" may have a sign of its own.
std::optional<NodeIndex> ExpressionParser::ParseSignedFactor() {
  bool negative = false;
  while (cursor_.Peek().IsMark("-") || cursor_.Peek().IsMark("+")) {
    negative = negative != cursor_.Next().IsMark("-");
  }
  const std::optional<NodeIndex> factor = ParseFactor();
  return factor && negative ? Append(Operation::kNegate, *factor) : factor;
}

std::optional<NodeIndex> ExpressionParser::ParseFactor() {
  std::optional<NodeIndex> factor = ParsePrimary();
  return factor ? ParsePostfix(*factor) : std::nullopt;
}

bool ExpressionParser::TakeDegree() {
  if (cursor_.TakeMark("circ")) {
    return true;
  }
  const bool braced =
      cursor_.Peek().IsMark("^") && cursor_.Peek(1).IsMark("{") && cursor_.Peek(2).IsMark("circ");
  const bool bare = cursor_.Peek().IsMark("^") && cursor_.Peek(1).IsMark("circ");
  for (int i = 0; i < (braced ? 4 : bare ? 2 : 0); ++i) {
    cursor_.Next();
  }
  return braced || bare;
}

std::optional<NodeIndex> ExpressionParser::ParsePostfix(NodeIndex operand) {
  while (true) {
    if (TakeDegree()) {
      continue;
    }
    if (cursor_.TakeMark("!")) {
      operand = Append(Operation::kFactorial, operand);
    } else if (cursor_.TakeMark("%")) {
      is_percent_ = true;
    } else if (cursor_.TakeMark("^")) {
      const std::optional<NodeIndex> power = ParseExponent(operand);
      if (!power) {
        return std::nullopt;
      }
      operand = *power;
    } else {
      return operand;
    }
  }
}

std::optional<NodeIndex> ExpressionParser::ParseExponent(NodeIndex base) {
  if (++depth_ > kDeepest) {
    return Fail("nested too deeply");
  }
  const bool negative = cursor_.TakeMark("-");
  std::optional<NodeIndex> exponent = ParsePrimary();
  if (exponent && cursor_.TakeMark("^")) {
    exponent = ParseExponent(*exponent);
  }
  --depth_;
  if (!exponent) {
    return std::nullopt;
  }
  if (negative) {
    exponent = Append(Operation::kNegate, *exponent);
  }
  return Append(Operation::kPower, base, *exponent);
}

std::optional<NodeIndex> ExpressionParser::ParsePrimary() {
  const Token& token = cursor_.Peek();
  switch (token.kind) {
    case TokenKind::kNumber:
      return ParseNumber();
    case TokenKind::kSymbol:
      return ParseSymbol();
    case TokenKind::kText:
      return Append(Operation::kSymbol, kNoNode, kNoNode, "text " + cursor_.Next().text);
    case TokenKind::kCommand:
      return ParseCommand();
    case TokenKind::kMark:
      return ParseGroup();
    case TokenKind::kEnd:
      break;
  }
  return Fail("ends where something is missing");
}

std::optional<NodeIndex> ExpressionParser::ParseNumber() {
  std::string digits = cursor_.Next().text;
  const std::size_t point = digits.find('.');
  if (point != std::string::npos && cursor_.Peek().Is(TokenKind::kCommand, "overline")) {
    cursor_.Next();
    const bool braced = cursor_.TakeMark("{");
    const Token repeated = cursor_.Next();
    if (repeated.kind != TokenKind::kNumber || (braced && !cursor_.TakeMark("}")) ||
        digits.size() + repeated.text.size() > 16) {
      return Fail("a repeating decimal that is not understood");
    }
    // 0.1\overline{6} = 0.1 + 6 / 90.
    const std::string nines(repeated.text.size(), '9');
    const std::string zeros(digits.size() - point - 1, '0');
    const NodeIndex tail =
        Append(Operation::kDivide, AppendNumber(repeated.text), AppendNumber(nines + zeros));
    const std::string head = digits.back() == '.' ? digits + "0" : digits;
    return Append(Operation::kAdd, AppendNumber(head), tail);
  }
  if (cursor_.Peek().IsMark("_")) {
    return Append(Operation::kBased, kNoNode, kNoNode, digits + "_" + TakeSubscript());
  }
  const NodeIndex number = AppendNumber(digits);
  if (cursor_.Peek().Is(TokenKind::kCommand, "frac") && point == std::string::npos) {
    const std::optional<NodeIndex> fraction = ParseCommand();
    return fraction ? std::optional(WithMixedFraction(number, *fraction)) : std::nullopt;
  }
  return number;
}

// 3\frac{1}{2} is three and a half; 3\frac{x}{2} is a product.
NodeIndex ExpressionParser::WithMixedFraction(NodeIndex whole, NodeIndex fraction) {
  const Node& node = arena_.at(fraction);
  const bool mixed = node.operation == Operation::kDivide && IsWholeNumber(arena_.at(node.a)) &&
                     IsWholeNumber(arena_.at(node.b));
  return Append(mixed ? Operation::kAdd : Operation::kMultiply, whole, fraction);
}

// "_1", "_{12}", "_{max}": what stands there, as one word.
std::string ExpressionParser::TakeSubscript() {
  cursor_.Next();
  if (!cursor_.TakeMark("{")) {
    return cursor_.Next().text;
  }
  std::string subscript;
  while (cursor_.Peek().kind != TokenKind::kEnd && !cursor_.Peek().IsMark("}")) {
    subscript += cursor_.Next().text;
  }
  cursor_.TakeMark("}");
  return subscript;
}

std::optional<NodeIndex> ExpressionParser::ParseSymbol() {
  std::string name = cursor_.Next().text;
  if (const std::optional<Operation> constant = Constant(name);
      constant && !cursor_.Peek().IsMark("_")) {
    return Append(*constant);
  }
  while (cursor_.Peek().IsMark("_") || cursor_.Peek().IsMark("'")) {
    name += cursor_.Peek().IsMark("'") ? cursor_.Next().text : "_" + TakeSubscript();
  }
  return Append(Operation::kSymbol, kNoNode, kNoNode, std::move(name));
}

bool ExpressionParser::Close(std::string_view bracket) {
  if (cursor_.TakeMark(bracket)) {
    return true;
  }
  Fail("brackets do not match");
  return false;
}

std::optional<NodeIndex> ExpressionParser::ParseGroup() {
  constexpr struct {
    std::string_view opening;
    std::string_view closing;
    Operation operation;
  } kGroups[] = {{"(", ")", Operation::kNumber},          {"[", "]", Operation::kNumber},
                 {"{", "}", Operation::kNumber},          {"|", "|", Operation::kAbsolute},
                 {"lfloor", "rfloor", Operation::kFloor}, {"lceil", "rceil", Operation::kCeiling}};
  for (const auto& group : kGroups) {
    if (!cursor_.TakeMark(group.opening)) {
      continue;
    }
    const bool outside = std::exchange(inside_bars_, group.operation == Operation::kAbsolute);
    const std::optional<NodeIndex> inside = ParseSum();
    inside_bars_ = outside;
    if (!inside || !Close(group.closing)) {
      return std::nullopt;
    }
    return group.operation == Operation::kNumber ? inside : Append(group.operation, *inside);
  }
  return Fail("\"" + cursor_.Peek().text + "\" where a value is missing");
}

// A braced argument, or the one digit or symbol that stands there.
std::optional<NodeIndex> ExpressionParser::ParseArgument() {
  if (cursor_.Peek().kind == TokenKind::kNumber) {
    return AppendNumber(cursor_.TakeDigit().text);
  }
  return ParsePrimary();
}

std::optional<NodeIndex> ExpressionParser::ParseFraction() {
  const bool is_binomial = cursor_.Next().text == "binom";
  const std::optional<NodeIndex> above = ParseArgument();
  const std::optional<NodeIndex> below = above ? ParseArgument() : std::nullopt;
  if (!below) {
    return std::nullopt;
  }
  return Append(is_binomial ? Operation::kBinomial : Operation::kDivide, *above, *below);
}

std::optional<NodeIndex> ExpressionParser::ParseRoot() {
  cursor_.Next();
  std::optional<NodeIndex> index;
  if (cursor_.TakeMark("[")) {
    index = ParseSum();
    if (!index || !Close("]")) {
      return std::nullopt;
    }
  } else {
    index = AppendNumber("2");
  }
  const std::optional<NodeIndex> radicand = ParsePrimary();
  return radicand ? std::optional(Append(Operation::kRoot, *radicand, *index)) : std::nullopt;
}

std::optional<NodeIndex> ExpressionParser::ParseCommand() {
  if (++depth_ > kDeepest) {
    return Fail("nested too deeply");
  }
  const std::string name = cursor_.Peek().text;
  std::optional<NodeIndex> result;
  if (name == "frac" || name == "binom") {
    result = ParseFraction();
  } else if (name == "sqrt") {
    result = ParseRoot();
  } else if (IsFunctionName(name)) {
    result = ParseFunction();
  } else if (name == "overline") {
    result = Append(Operation::kSymbol, kNoNode, kNoNode, "overline " + TakeSubscript());
  } else {
    return Fail("\"\\" + name + "\" is not understood");
  }
  --depth_;
  return result;
}

std::optional<NodeIndex> ExpressionParser::ParseLogarithmBase() {
  cursor_.Next();
  return cursor_.Peek().IsMark("{") ? ParsePrimary() : ParseArgument();
}

// Of a function: "^{2}" behind its name. \sin^{-1} is the arc sine, which changes the name.
bool ExpressionParser::ParseFunctionPower(std::string& name, NodeIndex& power) {
  if (!cursor_.TakeMark("^")) {
    return true;
  }
  const std::optional<NodeIndex> parsed = ParsePrimary();
  if (!parsed) {
    return false;
  }
  power = *parsed;
  if (EvaluateExactly(arena_, power, true) == Rational{-1, 1}) {
    if (name != "sin" && name != "cos" && name != "tan") {
      Fail("an inverse function that is not understood");
      return false;
    }
    name.insert(0, "arc");
    power = kNoNode;
  }
  return true;
}

std::optional<NodeIndex> ExpressionParser::ParseFunction() {
  std::string name = cursor_.Next().text;
  NodeIndex base = kNoNode;
  NodeIndex power = kNoNode;
  if (name == "ln") {
    base = Append(Operation::kEuler);
  } else if (name == "log" || name == "lg") {
    const std::optional<NodeIndex> written =
        cursor_.Peek().IsMark("_") ? ParseLogarithmBase() : AppendNumber("10");
    if (!written) {
      return std::nullopt;
    }
    base = *written;
  }
  if (!ParseFunctionPower(name, power)) {
    return std::nullopt;
  }
  const std::optional<NodeIndex> argument = ParseFunctionArgument();
  if (!argument) {
    return std::nullopt;
  }
  const NodeIndex value = base != kNoNode ? Append(Operation::kLog, *argument, base)
                          : name == "abs" ? Append(Operation::kAbsolute, *argument)
                                          : Append(Operation::kFunction, *argument, kNoNode, name);
  return power == kNoNode ? value : Append(Operation::kPower, value, power);
}

// "(...)", or the factors that follow up to the next function, bracket or sign: \sin 2x \cos x.
std::optional<NodeIndex> ExpressionParser::ParseFunctionArgument() {
  if (cursor_.Peek().IsMark("(") || cursor_.Peek().IsMark("[")) {
    return ParseGroup();
  }
  std::optional<NodeIndex> argument = ParseSignedFactor();
  while (argument && StartsFactor() && !cursor_.Peek().IsMark("(") && !cursor_.Peek().IsMark("[") &&
         !IsFunctionName(cursor_.Peek().text)) {
    const std::optional<NodeIndex> factor = ParseFactor();
    if (!factor) {
      return std::nullopt;
    }
    argument = Append(Operation::kMultiply, *argument, *factor);
  }
  return argument;
}

}  // namespace wattfleet::coordinator
