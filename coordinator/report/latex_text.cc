#include "coordinator/report/latex_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace wattfleet::coordinator {

namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool is_valid = false;
};

CodePoint DecodeFirst(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  const std::size_t bytes = first < 0x80    ? 1
                            : first >= 0xF0 ? 4
                            : first >= 0xE0 ? 3
                            : first >= 0xC2 ? 2
                                            : 0;
  if (bytes == 0 || first > 0xF4 || bytes > text.size()) {
    return {};
  }
  std::uint32_t value = bytes == 1 ? first : first & (0x7FU >> bytes);
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80U) {
      return {};
    }
    value = value << 6U | (byte(at) & 0x3FU);
  }
  return {.value = value, .bytes = bytes, .is_valid = true};
}

std::string_view Ascii(char character) {
  switch (character) {
    case '\\':
      return "\\textbackslash{}";
    case '~':
      return "\\textasciitilde{}";
    case '^':
      return "\\textasciicircum{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "{\\char34}";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    case '$':
      return "\\$";
    case '&':
      return "\\&";
    case '#':
      return "\\#";
    case '_':
      return "\\_";
    case '%':
      return "\\%";
    // What would become a quote or an optional argument.
    case '`':
      return "\\textasciigrave{}";
    case '\'':
      return "\\textquotesingle{}";
    case '[':
      return "{[}";
    case ']':
      return "{]}";
    default:
      return "";
  }
}

bool IsPrintedByAll(std::uint32_t code_point) {
  constexpr std::uint32_t kTypographic[] = {0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D};
  // Of Western European letters, those that LaTeX's first font encoding lacks.
  constexpr std::uint32_t kLacking[] = {0xD0, 0xDE, 0xF0, 0xFE};
  const bool is_letter =
      code_point >= 0xC0 && code_point <= 0xFF &&
      std::find(std::begin(kLacking), std::end(kLacking), code_point) == std::end(kLacking);
  return is_letter || std::find(std::begin(kTypographic), std::end(kTypographic), code_point) !=
                          std::end(kTypographic);
}

}  // namespace

std::string LatexEscaped(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const CodePoint next = DecodeFirst(text);
    if (!next.is_valid) {
      escaped += "?";
    } else if (next.value < 0x20 || next.value == 0x7F) {
      escaped += " ";
    } else if (next.value == '-' && !escaped.empty() && escaped.back() == '-') {
      escaped += "{}-";  // two would become a dash
    } else if (next.value < 0x80) {
      const std::string_view command = Ascii(text.front());
      escaped += command.empty() ? text.substr(0, 1) : command;
    } else if (IsPrintedByAll(next.value)) {
      escaped += text.substr(0, next.bytes);
    } else {
      absl::StrAppend(&escaped, absl::StrFormat("{[}U+%04X{]}", next.value));
    }
    text.remove_prefix(next.bytes);
  }
  return escaped;
}

}  // namespace wattfleet::coordinator
