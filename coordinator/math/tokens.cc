#include "coordinator/math/tokens.h"

#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>

namespace wattfleet::coordinator {
namespace {

using Names = std::set<std::string, std::less<>>;
using Spellings = std::map<std::string, Token, std::less<>>;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// "xyz" is a product, "even" a word.
bool HasVowel(std::string_view word) {
  return word.find_first_of("aeiouAEIOU") != std::string_view::npos;
}

Token Mark(std::string text) {
  return {TokenKind::kMark, std::move(text)};
}
Token Command(std::string text) {
  return {TokenKind::kCommand, std::move(text)};
}

const Names& Functions() {
  static const auto& names =
      *new Names{"sin",    "cos",    "tan",    "cot", "sec", "csc", "sinh", "cosh", "tanh",
                 "arcsin", "arccos", "arctan", "exp", "ln",  "log", "lg",   "abs"};
  return names;
}

// Commands that only dress.
const Names& Dress() {
  static const auto& names =
      *new Names{"left",      "right",    "big",       "Big",   "bigg",
                 "Bigg",      "bigl",     "bigr",      "Bigl",  "Bigr",
                 "biggl",     "biggr",    "quad",      "qquad", "displaystyle",
                 "textstyle", "limits",   "boxed",     "fbox",  "rm",
                 "bf",        "it",       "mathstrut", "space", "tiny",
                 ",",         ";",        ":",         "!",     " ",
                 "(",         ")",        "[",         "]",     "$",
                 "hline",     "thinspace"};
  return names;
}

// Commands whose argument is text.
const Names& TextCommands() {
  static const auto& names =
      *new Names{"text",   "mbox",   "textbf", "textrm", "textit",       "texttt",    "mathrm",
                 "mathbf", "mathit", "mathsf", "hbox",   "operatorname", "textnormal"};
  return names;
}

const Names& GreekLetters() {
  static const auto& names = *new Names{
      "alpha", "beta",   "gamma",  "delta", "epsilon", "varepsilon", "zeta",  "eta",   "theta",
      "iota",  "kappa",  "lambda", "mu",    "nu",      "xi",         "rho",   "sigma", "tau",
      "phi",   "varphi", "chi",    "psi",   "omega",   "Gamma",      "Delta", "Theta", "Lambda",
      "Xi",    "Pi",     "Sigma",  "Phi",   "Psi",     "Omega",      "ell",   "hbar"};
  return names;
}

const Spellings& Commands() {
  static const auto& spellings = *new Spellings{{"frac", Command("frac")},
                                                {"dfrac", Command("frac")},
                                                {"tfrac", Command("frac")},
                                                {"cfrac", Command("frac")},
                                                {"binom", Command("binom")},
                                                {"dbinom", Command("binom")},
                                                {"tbinom", Command("binom")},
                                                {"sqrt", Command("sqrt")},
                                                {"overline", Command("overline")},
                                                {"bar", Command("overline")},
                                                {"times", Mark("*")},
                                                {"cdot", Mark("*")},
                                                {"ast", Mark("*")},
                                                {"div", Mark("/")},
                                                {"le", Mark("<=")},
                                                {"leq", Mark("<=")},
                                                {"leqslant", Mark("<=")},
                                                {"ge", Mark(">=")},
                                                {"geq", Mark(">=")},
                                                {"geqslant", Mark(">=")},
                                                {"lt", Mark("<")},
                                                {"gt", Mark(">")},
                                                {"ne", Mark("!=")},
                                                {"neq", Mark("!=")},
                                                {"approx", Mark("=")},
                                                {"equiv", Mark("=")},
                                                {"in", Mark("in")},
                                                {"cup", Mark("cup")},
                                                {"pm", Mark("pm")},
                                                {"mp", Mark("mp")},
                                                {"lbrace", Mark("\\{")},
                                                {"rbrace", Mark("\\}")},
                                                {"{", Mark("\\{")},
                                                {"}", Mark("\\}")},
                                                {"lvert", Mark("|")},
                                                {"rvert", Mark("|")},
                                                {"vert", Mark("|")},
                                                {"langle", Mark("langle")},
                                                {"rangle", Mark("rangle")},
                                                {"lfloor", Mark("lfloor")},
                                                {"rfloor", Mark("rfloor")},
                                                {"lceil", Mark("lceil")},
                                                {"rceil", Mark("rceil")},
                                                {"circ", Mark("circ")},
                                                {"degree", Mark("circ")},
                                                {"%", Mark("%")},
                                                {"\\", Mark("\\\\")},
                                                {"&", Mark("&")},
                                                {"infty", {TokenKind::kSymbol, "infty"}},
                                                {"pi", {TokenKind::kSymbol, "pi"}},
                                                {"emptyset", {TokenKind::kSymbol, "emptyset"}},
                                                {"varnothing", {TokenKind::kSymbol, "emptyset"}},
                                                {"prime", Mark("'")},
                                                {"land", Mark(",")},
                                                {"lor", Mark(",")},
                                                {"colon", Mark("/")}};
  return spellings;
}

const Spellings& Words() {
  static const auto& spellings = *new Spellings{{"sqrt", Command("sqrt")},
                                                {"pi", {TokenKind::kSymbol, "pi"}},
                                                {"inf", {TokenKind::kSymbol, "infty"}},
                                                {"infinity", {TokenKind::kSymbol, "infty"}},
                                                {"and", Mark(",")},
                                                {"or", Mark(",")},
                                                {"no", {TokenKind::kText, "no"}},
                                                {"in", {TokenKind::kText, "in"}},
                                                {"dne", {TokenKind::kText, "dne"}},
                                                {"DNE", {TokenKind::kText, "dne"}}};
  return spellings;
}

// Units that may follow a number without \text.
const Names& ShortUnits() {
  static const auto& names =
      *new Names{"cm", "mm", "km", "kg", "mg", "ml",  "mL",  "ft",  "hr",  "oz", "lb",    "lbs",
                 "Hz", "kJ", "eV", "mi", "yd", "deg", "mph", "min", "sec", "sq", "cents", "rad"};
  return names;
}

struct Sign {
  std::string_view bytes;
  Token token;
};

const Sign* SignAt(std::string_view text) {
  static const auto& signs =
      *new std::array<Sign, 17>{{{"\xe2\x88\x92", Mark("-")},
                                 {"\xe2\x80\x93", Mark("-")},
                                 {"\xc3\x97", Mark("*")},
                                 {"\xc2\xb7", Mark("*")},
                                 {"\xe2\x8b\x85", Mark("*")},
                                 {"\xc3\xb7", Mark("/")},
                                 {"\xe2\x89\xa4", Mark("<=")},
                                 {"\xe2\x89\xa5", Mark(">=")},
                                 {"\xe2\x89\xa0", Mark("!=")},
                                 {"\xc2\xb1", Mark("pm")},
                                 {"\xe2\x88\xaa", Mark("cup")},
                                 {"\xe2\x88\x88", Mark("in")},
                                 {"\xc2\xb0", Mark("circ")},
                                 {"\xe2\x88\x9a", Command("sqrt")},
                                 {"\xcf\x80", {TokenKind::kSymbol, "pi"}},
                                 {"\xe2\x88\x9e", {TokenKind::kSymbol, "infty"}},
                                 {"\xce\xb8", {TokenKind::kSymbol, "theta"}}}};
  for (const Sign& sign : signs) {
    if (text.substr(0, sign.bytes.size()) == sign.bytes) {
      return &sign;
    }
  }
  return nullptr;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Token> ReadAll() {
    while (at_ < text_.size()) {
      ReadOne();
    }
    tokens_.push_back({});
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return text_.substr(at_); }

  bool Take(std::string_view literal) {
    if (rest().substr(0, literal.size()) != literal) {
      return false;
    }
    at_ += literal.size();
    return true;
  }

  void ReadOne() {
    const char c = Peek();
    if (IsBlank(c) || c == '$' || c == '~') {
      ++at_;
    } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      ReadNumber();
    } else if (IsLetter(c)) {
      ReadLetters();
    } else if (c == '\\') {
      ReadCommand();
    } else if ((c & 0x80) != 0) {
      ReadSign();
    } else {
      ReadMark();
    }
  }

  void ReadSign() {
    if (const Sign* sign = SignAt(rest())) {
      tokens_.push_back(sign->token);
      at_ += sign->bytes.size();
      return;
    }
    std::string bytes;
    while ((Peek() & 0x80) != 0 && SignAt(rest()) == nullptr) {
      bytes.push_back(text_[at_++]);
    }
    tokens_.push_back({TokenKind::kText, std::move(bytes)});
  }

  void ReadMark() {
    for (const std::string_view pair : {"<=", ">=", "!="}) {
      if (Take(pair)) {
        tokens_.push_back(Mark(std::string(pair)));
        return;
      }
    }
    const char c = text_[at_++];
    if (c == '*' && Peek() == '*') {
      ++at_;
      tokens_.push_back(Mark("^"));
      return;
    }
    depth_ += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    const char spelled = c == ';' ? ',' : c == ':' ? '/' : c;
    tokens_.push_back(Mark(std::string(1, spelled)));
  }

  // Whether a thousands separator of `size` bytes, and then three digits, stand here.
  bool ThousandsFollow(std::size_t size) const {
    return IsDigit(Peek(size)) && IsDigit(Peek(size + 1)) && IsDigit(Peek(size + 2)) &&
           !IsDigit(Peek(size + 3));
  }

  std::size_t ThousandsSeparator() const {
    for (const std::string_view spelling : {"{,}", ",\\!", "\\,"}) {
      if (rest().substr(0, spelling.size()) == spelling && ThousandsFollow(spelling.size())) {
        return spelling.size();
      }
    }
    return Peek() == ',' && depth_ <= 0 && ThousandsFollow(1) ? 1 : 0;
  }

  void ReadNumber() {
    std::string digits;
    while (IsDigit(Peek())) {
      digits.push_back(text_[at_++]);
      const std::size_t separator = digits.size() <= 3 || grouped_ ? ThousandsSeparator() : 0;
      if (separator != 0) {
        at_ += separator;
        grouped_ = true;
      }
    }
    grouped_ = false;
    if (Peek() == '.' &&
        (IsDigit(Peek(1)) || rest().substr(1, 4) == "\\ove" || rest().substr(1, 4) == "\\bar")) {
      digits.push_back(text_[at_++]);
      while (IsDigit(Peek())) {
        digits.push_back(text_[at_++]);
      }
    }
    tokens_.push_back({TokenKind::kNumber, std::move(digits)});
    ReadScientificExponent();
  }

  // 1.5e-3
  void ReadScientificExponent() {
    if ((Peek() != 'e' && Peek() != 'E') ||
        !(IsDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsDigit(Peek(2))))) {
      return;
    }
    ++at_;
    for (Token token : {Mark("*"), Token{TokenKind::kNumber, "10"}, Mark("^"), Mark("{")}) {
      tokens_.push_back(std::move(token));
    }
    if (Peek() == '-' || Peek() == '+') {
      tokens_.push_back(Mark(std::string(1, text_[at_++])));
    }
    std::string digits;
    while (IsDigit(Peek())) {
      digits.push_back(text_[at_++]);
    }
    tokens_.push_back({TokenKind::kNumber, std::move(digits)});
    tokens_.push_back(Mark("}"));
  }

  // A function, a word, or letters that each are a symbol.
  void ReadLetters() {
    const std::size_t begin = at_;
    while (IsLetter(Peek())) {
      ++at_;
    }
    const std::string word(text_.substr(begin, at_ - begin));
    const bool apart = begin == 0 || IsBlank(text_[begin - 1]);
    if (word == "sec" && FollowsNumber()) {
      tokens_.push_back({TokenKind::kText, word});
    } else if (IsFunctionName(word)) {
      tokens_.push_back(Command(word));
    } else if (const auto spelling = Words().find(word); spelling != Words().end()) {
      tokens_.push_back(spelling->second);
    } else if (ShortUnits().count(word) != 0 || (word.size() >= 3 && apart && HasVowel(word))) {
      tokens_.push_back({TokenKind::kText, word});
    } else {
      for (const char letter : word) {
        tokens_.push_back({TokenKind::kSymbol, std::string(1, letter)});
      }
    }
  }

  std::string ReadCommandName() {
    ++at_;
    std::string name;
    if (!IsLetter(Peek())) {
      if (at_ < text_.size()) {
        name.push_back(text_[at_++]);
      }
      return name;
    }
    while (IsLetter(Peek())) {
      name.push_back(text_[at_++]);
    }
    return name;
  }

  // The inside of {...}, braces balanced; nothing where none opens or it never closes.
  std::optional<std::string> ReadArgument() {
    while (IsBlank(Peek())) {
      ++at_;
    }
    if (Peek() == '*') {
      ++at_;
    }
    if (Peek() != '{') {
      return std::nullopt;
    }
    int depth = 0;
    for (std::size_t end = at_; end < text_.size(); ++end) {
      depth += text_[end] == '{' ? 1 : text_[end] == '}' ? -1 : 0;
      if (depth == 0) {
        std::string argument(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return argument;
      }
    }
    return std::nullopt;
  }

  void ReadCommand() {
    const std::string name = ReadCommandName();
    if (Dress().count(name) != 0) {
      if ((name == "left" || name == "right") && Peek() == '.') {
        ++at_;
      }
      return;
    }
    if (TextCommands().count(name) != 0) {
      ReadText(name);
    } else if (name == "begin" || name == "end" || name == "mathbb" || name == "mathcal") {
      const std::string argument = ReadArgument().value_or("");
      const bool letter = name == "mathbb" || name == "mathcal";
      tokens_.push_back(letter ? Token{TokenKind::kSymbol, "bb " + argument}
                               : Command(name + " " + argument));
    } else if (const auto spelling = Commands().find(name); spelling != Commands().end()) {
      const std::string& mark = spelling->second.text;
      depth_ += mark == "\\{" || mark == "langle" ? 1 : mark == "\\}" || mark == "rangle" ? -1 : 0;
      tokens_.push_back(spelling->second);
    } else if (GreekLetters().count(name) != 0) {
      tokens_.push_back({TokenKind::kSymbol, name});
    } else {
      tokens_.push_back(Command(name));
    }
  }

  void ReadText(const std::string& command) {
    const std::optional<std::string> argument = ReadArgument();
    if (!argument) {
      tokens_.push_back(Command(command));
      return;
    }
    std::string_view inside = *argument;
    while (!inside.empty() && IsBlank(inside.front())) {
      inside.remove_prefix(1);
    }
    while (!inside.empty() && (IsBlank(inside.back()) || inside.back() == '.')) {
      inside.remove_suffix(1);
    }
    if (inside.size() == 3 && inside[0] == '(' && inside[2] == ')') {
      inside = inside.substr(1, 1);
    }
    if (inside.empty()) {
      return;
    }
    if (IsFunctionName(inside)) {
      tokens_.push_back(Command(std::string(inside)));
    } else if (const auto word = Words().find(inside); word != Words().end()) {
      tokens_.push_back(word->second);
    } else if (inside.size() == 1 && IsLetter(inside[0]) && !FollowsNumber()) {
      tokens_.push_back({TokenKind::kSymbol, std::string(inside)});
    } else if (IsDigit(inside[0])) {
      for (Token& token : ReadTokens(inside)) {
        if (token.kind != TokenKind::kEnd) {
          tokens_.push_back(std::move(token));
        }
      }
    } else {
      tokens_.push_back({TokenKind::kText, std::string(inside)});
    }
  }

  bool FollowsNumber() const {
    return !tokens_.empty() && tokens_.back().kind == TokenKind::kNumber;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;  // of brackets in which a comma separates
  bool grouped_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> ReadTokens(std::string_view text) {
  return Reader(text).ReadAll();
}

bool IsFunctionName(std::string_view name) {
  return Functions().count(name) != 0;
}

}  // namespace wattfleet::coordinator
