#include "coordinator/math/parse.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "coordinator/math/expression_parser.h"
#include "coordinator/math/token_cursor.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kNoPartner = static_cast<std::size_t>(-1);
constexpr std::size_t kMostParts = 64;

bool IsRelation(const Token& token) {
  if (token.kind != TokenKind::kMark) {
    return false;
  }
  for (const char* relation : {"=", "<", ">", "<=", ">=", "!=", "in"}) {
    if (token.text == relation) {
      return true;
    }
  }
  return false;
}

bool IsOpening(const Token& token) {
  return token.IsMark("(") || token.IsMark("[") || token.IsMark("\\{") || token.IsMark("langle");
}
bool IsClosing(const Token& token) {
  return token.IsMark(")") || token.IsMark("]") || token.IsMark("\\}") || token.IsMark("rangle");
}

// For each opening bracket its closing one; half-open intervals, "[1, 2)", match too.
std::vector<std::size_t> Partners(const std::vector<Token>& tokens) {
  std::vector<std::size_t> partners(tokens.size(), kNoPartner);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (IsOpening(tokens[i])) {
      open.push_back(i);
    } else if (IsClosing(tokens[i]) && !open.empty()) {
      partners[open.back()] = i;
      open.pop_back();
    }
  }
  return partners;
}

class AnswerParser {
 public:
  explicit AnswerParser(std::vector<Token> tokens)
      : partners_(Partners(tokens)), cursor_(std::move(tokens)), parser_(cursor_, answer_.arena) {}

  absl::StatusOr<MathAnswer> Parse() {
    for (const Token& token : cursor_.tokens()) {
      absl::StrAppend(&answer_.spelling, token.text, " ");
    }
    std::optional<MathValue> value = IsWordsAlone() ? Words() : ParseList();
    if (value && cursor_.Peek().kind != TokenKind::kEnd) {
      parser_.Fail(absl::StrCat("\"", cursor_.Peek().text, "\" where the answer should end"));
      value.reset();
    }
    if (!value) {
      return absl::InvalidArgumentError(parser_.error());
    }
    answer_.value = *std::move(value);
    return std::move(answer_);
  }

 private:
  bool IsWordsAlone() const {
    bool has_word = false;
    for (const Token& token : cursor_.tokens()) {
      has_word = has_word || token.kind == TokenKind::kText;
      if (token.kind != TokenKind::kText && token.kind != TokenKind::kEnd && !token.IsMark(",")) {
        return false;
      }
    }
    return has_word;
  }

  MathValue Words() {
    MathValue value{.kind = ValueKind::kText};
    while (cursor_.Peek().kind != TokenKind::kEnd) {
      absl::StrAppend(&value.text, value.text.empty() ? "" : " ", cursor_.Next().text);
    }
    value.text = absl::AsciiStrToLower(value.text);
    return value;
  }

  std::optional<MathValue> ParseList() {
    MathValue list{.kind = ValueKind::kList};
    do {
      while (cursor_.TakeMark(",")) {
      }
      std::optional<MathValue> part = ParseRelation();
      if (!part) {
        return std::nullopt;
      }
      list.parts.push_back(*std::move(part));
      if (list.parts.size() > kMostParts) {
        parser_.Fail("too many parts");
        return std::nullopt;
      }
    } while (cursor_.Peek().IsMark(","));
    return list.parts.size() == 1 ? std::move(list.parts.front()) : std::move(list);
  }

  std::optional<MathValue> ParseRelation() {
    std::optional<MathValue> side = ParseUnion();
    if (!side || !IsRelation(cursor_.Peek())) {
      return side;
    }
    MathValue relation{.kind = ValueKind::kRelation};
    relation.parts.push_back(*std::move(side));
    while (IsRelation(cursor_.Peek())) {
      relation.relations.push_back(cursor_.Next().text);
      side = ParseUnion();
      if (!side) {
        return std::nullopt;
      }
      relation.parts.push_back(*std::move(side));
    }
    return relation;
  }

  std::optional<MathValue> ParseUnion() {
    std::optional<MathValue> part = ParsePart();
    if (!part || !cursor_.Peek().IsMark("cup")) {
      return part;
    }
    MathValue all{.kind = ValueKind::kUnion};
    all.parts.push_back(*std::move(part));
    while (cursor_.TakeMark("cup")) {
      part = ParsePart();
      if (!part) {
        return std::nullopt;
      }
      all.parts.push_back(*std::move(part));
    }
    return all;
  }

  std::optional<MathValue> ParsePart() {
    const Token& token = cursor_.Peek();
    if (token.kind == TokenKind::kCommand && token.text.substr(0, 6) == "begin ") {
      return ParseMatrix();
    }
    if (IsOpening(token)) {
      if (cursor_.Peek(1).kind == TokenKind::kCommand && cursor_.Peek(1).text == "begin array") {
        return ParseBracketedArray();
      }
      if (IsCompound()) {
        return ParseCompound();
      }
    }
    const std::optional<NodeIndex> root = parser_.ParseSum();
    if (!root) {
      return std::nullopt;
    }
    MathValue value{.kind = ValueKind::kExpression, .root = *root};
    value.unit = parser_.TakeUnit();
    value.is_percent = parser_.TakePercent();
    return value;
  }

  // Whether the bracket at the cursor holds several parts, or is a set, and is the whole value.
  bool IsCompound() const {
    const std::size_t begin = cursor_.at();
    const std::size_t end = partners_[begin];
    const std::vector<Token>& tokens = cursor_.tokens();
    if (end == kNoPartner) {
      return false;
    }
    if (tokens[begin].IsMark("\\{") || tokens[begin].IsMark("langle")) {
      return true;
    }
    int depth = 0;
    for (std::size_t i = begin + 1; i < end; ++i) {
      depth += IsOpening(tokens[i]) || tokens[i].IsMark("{")   ? 1
               : IsClosing(tokens[i]) || tokens[i].IsMark("}") ? -1
                                                               : 0;
      if (depth == 0 && tokens[i].IsMark(",")) {
        return true;
      }
    }
    return false;
  }

  std::optional<MathValue> ParseCompound() {
    if (++depth_ > kDeepest) {
      parser_.Fail("nested too deeply");
      return std::nullopt;
    }
    const std::string opening = cursor_.Next().text;
    const bool is_set = opening == "\\{";
    MathValue value{.kind = is_set ? ValueKind::kList : ValueKind::kTuple};
    while (!IsClosing(cursor_.Peek())) {
      std::optional<MathValue> part = ParseRelation();
      if (!part) {
        return std::nullopt;
      }
      value.parts.push_back(*std::move(part));
      if (!cursor_.TakeMark(",") && !IsClosing(cursor_.Peek())) {
        parser_.Fail("brackets do not match");
        return std::nullopt;
      }
      if (value.parts.size() > kMostParts) {
        parser_.Fail("too many parts");
        return std::nullopt;
      }
    }
    const std::string closing = cursor_.Next().text;
    if (is_set != (closing == "\\}")) {
      parser_.Fail("brackets do not match");
      return std::nullopt;
    }
    value.text = is_set ? "" : opening + closing;
    --depth_;
    return value;
  }

  std::optional<MathValue> ParseBracketedArray() {
    cursor_.Next();
    std::optional<MathValue> matrix = ParseMatrix();
    if (matrix && !IsClosing(cursor_.Next())) {
      parser_.Fail("brackets do not match");
      return std::nullopt;
    }
    return matrix;
  }

  std::optional<MathValue> ParseMatrix() {
    const std::string name = cursor_.Next().text.substr(6);
    if (name != "pmatrix" && name != "bmatrix" && name != "matrix" && name != "Bmatrix" &&
        name != "smallmatrix" && name != "array") {
      parser_.Fail("\"" + name + "\" is not understood");
      return std::nullopt;
    }
    if (name == "array" && cursor_.TakeMark("{")) {
      while (cursor_.Peek().kind != TokenKind::kEnd && !cursor_.TakeMark("}")) {
        cursor_.Next();
      }
    }
    MathValue matrix{.kind = ValueKind::kMatrix};
    std::size_t column = 0;
    while (true) {
      std::optional<MathValue> cell = ParsePart();
      if (!cell) {
        return std::nullopt;
      }
      matrix.parts.push_back(*std::move(cell));
      ++column;
      if (cursor_.TakeMark("&")) {
        continue;
      }
      const bool row_ends = cursor_.TakeMark("\\\\");
      const bool all_ends = cursor_.Peek().Is(TokenKind::kCommand, "end " + name);
      if (matrix.columns == 0) {
        matrix.columns = column;
      }
      if ((!row_ends && !all_ends) || column != matrix.columns ||
          matrix.parts.size() > kMostParts) {
        parser_.Fail("a matrix that is not understood");
        return std::nullopt;
      }
      column = 0;
      if (all_ends) {
        cursor_.Next();
        return matrix;
      }
    }
  }

  static constexpr int kDeepest = 16;

  std::vector<std::size_t> partners_;
  TokenCursor cursor_;
  MathAnswer answer_;
  ExpressionParser parser_;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<MathAnswer> ParseMath(std::string_view text) {
  if (text.size() > kLongestMath) {
    return absl::InvalidArgumentError("longer than an answer can be");
  }
  std::vector<Token> tokens = ReadTokens(text);
  while (tokens.size() > 1 &&
         (tokens[tokens.size() - 2].IsMark(".") || tokens[tokens.size() - 2].IsMark(","))) {
    tokens.erase(tokens.end() - 2);
  }
  if (tokens.size() == 1) {
    return absl::InvalidArgumentError("nothing");
  }
  return AnswerParser(std::move(tokens)).Parse();
}

}  // namespace wattfleet::coordinator
