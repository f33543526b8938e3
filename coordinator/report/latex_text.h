#ifndef WF_COORDINATOR_REPORT_LATEX_TEXT_H_
#define WF_COORDINATOR_REPORT_LATEX_TEXT_H_

#include <string>
#include <string_view>

namespace wattfleet::coordinator {

// `text` as LaTeX prints it literally, on one line, with any engine's own fonts: special characters
// escaped, control characters as spaces, and characters beyond Western European letters and
// typographic quotes as their code point, "[U+6A21]". Bytes that are not UTF-8 become "?".
std::string LatexEscaped(std::string_view text);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_LATEX_TEXT_H_
