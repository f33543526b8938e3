#ifndef WF_COORDINATOR_MATH_TOKEN_CURSOR_H_
#define WF_COORDINATOR_MATH_TOKEN_CURSOR_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/math/tokens.h"

namespace wattfleet::coordinator {

// A place in the tokens of an answer; the last token is kEnd and is never passed.
class TokenCursor {
 public:
  explicit TokenCursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& Peek(std::size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  Token Next() {
    Token token = Peek();
    at_ += at_ + 1 < tokens_.size() ? 1 : 0;
    return token;
  }
  bool TakeMark(std::string_view mark) {
    if (!Peek().IsMark(mark)) {
      return false;
    }
    Next();
    return true;
  }
  // The first digit of the number at the cursor, which keeps the rest: \frac12.
  Token TakeDigit() {
    Token& number = tokens_[at_];
    if (number.text.size() == 1 || number.text.find('.') != std::string::npos) {
      return Next();
    }
    Token digit{TokenKind::kNumber, number.text.substr(0, 1)};
    number.text.erase(0, 1);
    return digit;
  }

  std::size_t at() const { return at_; }
  const std::vector<Token>& tokens() const { return tokens_; }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_TOKEN_CURSOR_H_
