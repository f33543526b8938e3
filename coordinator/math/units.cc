#include "coordinator/math/units.h"

#include <cstddef>
#include <map>
#include <string>

#include "absl/strings/ascii.h"

namespace wattfleet::coordinator {
namespace {

// The one spelling of a known unit, or nothing. A power stands behind "^".
std::string Known(std::string_view written) {
  static const auto& spellings = *new std::map<std::string, std::string, std::less<>>{
      {"mm", "mm"},         {"millimeter", "mm"}, {"cm", "cm"},         {"centimeter", "cm"},
      {"m", "m"},           {"meter", "m"},       {"metre", "m"},       {"km", "km"},
      {"kilometer", "km"},  {"in", "in"},         {"inch", "in"},       {"inche", "in"},
      {"ft", "ft"},         {"feet", "ft"},       {"foot", "ft"},       {"yd", "yd"},
      {"yard", "yd"},       {"mi", "mi"},         {"mile", "mi"},       {"g", "g"},
      {"gram", "g"},        {"kg", "kg"},         {"kilogram", "kg"},   {"mg", "mg"},
      {"milligram", "mg"},  {"lb", "lb"},         {"pound", "lb"},      {"oz", "oz"},
      {"ounce", "oz"},      {"sec", "s"},         {"second", "s"},      {"min", "min"},
      {"minute", "min"},    {"hr", "h"},          {"hour", "h"},        {"day", "day"},
      {"week", "week"},     {"month", "month"},   {"year", "year"},     {"cent", "cent"},
      {"dollar", "dollar"}, {"degree", "degree"}, {"radian", "radian"}, {"rad", "radian"},
      {"mph", "mph"},       {"liter", "l"},       {"litre", "l"},       {"ml", "ml"},
      {"milliliter", "ml"}};
  std::string word = absl::AsciiStrToLower(std::string(written));
  std::string power;
  if (const std::size_t caret = word.find('^'); caret != std::string::npos) {
    power = word.substr(caret);
    word.resize(caret);
  }
  for (const auto& [prefix, exponent] :
       {std::pair<std::string, std::string>{"square ", "^2"}, {"sq ", "^2"}, {"cubic ", "^3"}}) {
    if (word.compare(0, prefix.size(), prefix) == 0) {
      word.erase(0, prefix.size());
      power = exponent;
    }
  }
  auto spelling = spellings.find(word);
  if (spelling == spellings.end() && word.size() > 1 && word.back() == 's') {
    word.pop_back();
    spelling = spellings.find(word);
  }
  return spelling == spellings.end() ? std::string() : spelling->second + power;
}

}  // namespace

bool UnitsAgree(std::string_view a, std::string_view b) {
  const std::string one = Known(a);
  const std::string other = Known(b);
  return one.empty() || other.empty() || one == other;
}

}  // namespace wattfleet::coordinator
