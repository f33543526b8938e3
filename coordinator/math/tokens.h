#ifndef WF_COORDINATOR_MATH_TOKENS_H_
#define WF_COORDINATOR_MATH_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

namespace wattfleet::coordinator {

enum class TokenKind {
  kNumber,   // digits with at most one point; thousands separators taken out
  kSymbol,   // one letter, or a Greek one by its name
  kText,     // a word or the inside of \text{}
  kMark,     // an operator, relation, bracket or separator, in one spelling ("<=", "*", "\\{")
  kCommand,  // what takes arguments: "frac", "sqrt", "sin", "begin", "overline"
  kEnd
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;

  bool Is(TokenKind a_kind, std::string_view a_text) const {
    return kind == a_kind && text == a_text;
  }
  bool IsMark(std::string_view a_text) const { return Is(TokenKind::kMark, a_text); }
};

// Reads LaTeX, or mathematics as people type it ("sqrt(2)/2", "x^2", "≤"), into tokens. What only
// dresses (\left, \displaystyle, \,, $, \boxed) is left out; every spelling of one thing gives one
// token. Never fails: a command that is not known becomes a kCommand of that name, which no parser
// takes.
std::vector<Token> ReadTokens(std::string_view text);

// Whether a token stands for a function of one argument ("sin", "ln", "exp").
bool IsFunctionName(std::string_view name);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_TOKENS_H_
