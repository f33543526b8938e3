#include "coordinator/grading/number.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

#include "coordinator/grading/answer_text.h"

namespace wattfleet::coordinator {
namespace {

constexpr double kRelativeTolerance = 1e-6;
constexpr std::size_t kMostDigits = 400;
constexpr int kLargestExponent = 400;
constexpr std::string_view kUnicodeMinus = "\xe2\x88\x92";

// Reads one number from left to right; each Take consumes what it finds or nothing.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
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
  void SkipBlanks() {
    while (Peek() == ' ') {
      ++at_;
    }
  }

  // Digits with thousands separators, a decimal fraction, an exponent.
  std::optional<double> TakeDecimal() {
    std::string digits;
    TakeWhole(digits);
    if (Peek() == '.' && IsAsciiDigit(Peek(1))) {
      digits.push_back('.');
      ++at_;
      TakeDigits(digits);
    }
    double value = 0;
    if (digits.empty() || digits.size() > kMostDigits || !absl::SimpleAtod(digits, &value)) {
      return std::nullopt;
    }
    return value * std::pow(10.0, TakeExponent());
  }

  std::optional<double> TakeInteger() {
    std::string digits;
    TakeDigits(digits);
    double value = 0;
    if (digits.empty() || digits.size() > kMostDigits || !absl::SimpleAtod(digits, &value)) {
      return std::nullopt;
    }
    return value;
  }

  void Rewind(std::size_t at) { at_ = at; }

 private:
  void TakeDigits(std::string& digits) {
    while (IsAsciiDigit(Peek())) {
      digits.push_back(text_[at_++]);
    }
  }
  void TakeWhole(std::string& digits) {
    TakeDigits(digits);
    // "{,}" is TeX's spelling of a thousands separator.
    while (!digits.empty()) {
      const std::size_t comma = Peek() == ',' ? 1 : rest().substr(0, 3) == "{,}" ? 3 : 0;
      if (comma == 0 || !IsAsciiDigit(Peek(comma)) || !IsAsciiDigit(Peek(comma + 1)) ||
          !IsAsciiDigit(Peek(comma + 2)) || IsAsciiDigit(Peek(comma + 3))) {
        return;
      }
      at_ += comma;
      TakeDigits(digits);
    }
  }
  int TakeSignedInteger() {
    const bool negative = Peek() == '-';
    if (Peek() == '-' || Peek() == '+') {
      ++at_;
    }
    int value = 0;
    while (IsAsciiDigit(Peek())) {
      value = std::min(kLargestExponent, value * 10 + (text_[at_++] - '0'));
    }
    return negative ? -value : value;
  }
  // e-3, E5, x 10^3, \times 10^{3}, * 10^3, and the multiplication sign.
  int TakeExponent() {
    const std::size_t start = at_;
    if ((Peek() == 'e' || Peek() == 'E') &&
        (IsAsciiDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsAsciiDigit(Peek(2))))) {
      ++at_;
      return TakeSignedInteger();
    }
    SkipBlanks();
    if (Take("\\times") || Take("\\cdot") || Take("\xc3\x97") || Take("x") || Take("*")) {
      SkipBlanks();
      if (Take("10^")) {
        const bool braced = Take("{");
        const int exponent = TakeSignedInteger();
        if (braced) {
          Take("}");
        }
        return exponent;
      }
    }
    at_ = start;
    return 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// \frac{3}{4}, \dfrac{3}{4}, \frac34.
std::optional<double> TakeTexFraction(NumberReader& reader) {
  if (!reader.Take("\\frac") && !reader.Take("\\dfrac") && !reader.Take("\\tfrac")) {
    return std::nullopt;
  }
  double part[2] = {0, 0};
  for (double& value : part) {
    const bool braced = reader.Take("{");
    const bool negative = braced && reader.Take("-");
    const std::optional<double> number = reader.TakeDecimal();
    if (!number || (braced && !reader.Take("}"))) {
      return std::nullopt;
    }
    value = negative ? -*number : *number;
  }
  return part[1] == 0 ? std::nullopt : std::optional(part[0] / part[1]);
}

// What may follow a whole number: "/4" makes a fraction, " 1/2" a mixed number.
double WithFraction(NumberReader& reader, double whole) {
  const std::size_t start = reader.at();
  if (reader.Take("/") && IsAsciiDigit(reader.Peek())) {
    const std::optional<double> below = reader.TakeDecimal();
    if (below && *below != 0 && reader.Peek() != '/') {
      return whole / *below;
    }
  }
  reader.Rewind(start);
  if (reader.Take(" ") && IsAsciiDigit(reader.Peek())) {
    const std::optional<double> above = reader.TakeInteger();
    if (above && reader.Take("/") && IsAsciiDigit(reader.Peek())) {
      const std::optional<double> below = reader.TakeInteger();
      if (below && *below != 0 && *above < *below) {
        return whole + *above / *below;
      }
    }
  }
  reader.Rewind(start);
  if (std::optional<double> fraction = TakeTexFraction(reader)) {
    return whole + *fraction;
  }
  reader.Rewind(start);
  return whole;
}

void TakeUnit(NumberReader& reader, FoundNumber& number) {
  reader.SkipBlanks();
  number.is_percent = reader.Take("%") || reader.Take("\\%") || reader.Take("percent");
  constexpr struct {
    std::string_view word;
    double scale;
  } kSizes[] = {{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}};
  for (const auto& size : kSizes) {
    if (reader.rest().substr(0, size.word.size()) == size.word) {
      number.scale = size.scale;
    }
  }
}

bool EndsWithMinus(std::string_view before) {
  if (!before.empty() && before.back() == '-') {
    before.remove_suffix(1);
  } else if (before.size() >= kUnicodeMinus.size() &&
             before.substr(before.size() - kUnicodeMinus.size()) == kUnicodeMinus) {
    before.remove_suffix(kUnicodeMinus.size());
  } else {
    return false;
  }
  return before.empty() || !(IsAsciiDigit(before.back()) || IsAsciiAlpha(before.back()) ||
                             before.back() == ')' || before.back() == '-');
}

// Whether what stands directly before a number makes it negative; a currency sign may intervene.
bool IsNegative(std::string_view before) {
  if (EndsWithMinus(before)) {
    return true;
  }
  for (const std::string_view currency : {"\\$", "$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5"}) {
    if (before.size() >= currency.size() &&
        before.substr(before.size() - currency.size()) == currency) {
      return EndsWithMinus(before.substr(0, before.size() - currency.size()));
    }
  }
  return false;
}

bool StartsNumber(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '\\') {
    const std::string_view rest = text.substr(at, 6);
    return rest.substr(0, 5) == "\\frac" || rest == "\\dfrac" || rest == "\\tfrac";
  }
  const char before = at == 0 ? ' ' : text[at - 1];
  if (c == '.') {
    return at + 1 < text.size() && IsAsciiDigit(text[at + 1]) && !IsAsciiDigit(before) &&
           !IsAsciiAlpha(before);
  }
  return IsAsciiDigit(c) && !IsAsciiAlpha(before) && before != '_';
}

// The next number at or after `at`, which moves behind it.
std::optional<FoundNumber> NextNumber(std::string_view text, std::size_t& at) {
  for (; at < text.size(); ++at) {
    if (!StartsNumber(text, at)) {
      if (IsAsciiDigit(text[at])) {  // inside a word: leave it as a whole
        while (at + 1 < text.size() && IsAsciiDigit(text[at + 1])) {
          ++at;
        }
      }
      continue;
    }
    NumberReader reader(text.substr(at));
    const std::size_t start = at;
    std::optional<double> value = text[at] == '\\' ? TakeTexFraction(reader) : reader.TakeDecimal();
    if (!value) {
      at += std::max<std::size_t>(reader.at(), 1) - 1;
      continue;
    }
    FoundNumber number;
    number.value = text[at] == '\\' ? *value : WithFraction(reader, *value);
    if (IsNegative(text.substr(0, start))) {
      number.value = -number.value;
    }
    number.text = text.substr(start, reader.at());
    at = start + reader.at();
    TakeUnit(reader, number);
    return number;
  }
  return std::nullopt;
}

bool Close(double a, double b) {
  if (a == b) {
    return true;
  }
  if (a == std::floor(a) && b == std::floor(b)) {
    return false;
  }
  return std::abs(a - b) <= kRelativeTolerance * std::max(std::abs(a), std::abs(b));
}

}  // namespace

std::optional<FoundNumber> FirstNumber(std::string_view text) {
  std::size_t at = 0;
  return NextNumber(text, at);
}

std::optional<FoundNumber> LastNumber(std::string_view text) {
  while (true) {
    const std::size_t digit = text.find_last_of("0123456789");
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    const std::size_t newline = text.rfind('\n', digit);
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string_view line = LineFrom(text, begin);
    std::optional<FoundNumber> last;
    std::size_t at = 0;
    for (auto next = NextNumber(line, at); next; next = NextNumber(line, at)) {
      last = next;
    }
    if (last) {
      return last;
    }
    text = text.substr(0, begin);
  }
}

bool SameQuantity(const FoundNumber& stated, const FoundNumber& reference) {
  const auto meanings = [](const FoundNumber& number, double(&values)[3]) {
    values[0] = number.value;
    values[1] = number.is_percent ? number.value / 100 : number.value;
    values[2] = number.value * number.scale;
  };
  double a[3];
  double b[3];
  meanings(stated, a);
  meanings(reference, b);
  for (const double x : a) {
    for (const double y : b) {
      if (Close(x, y)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace wattfleet::coordinator
