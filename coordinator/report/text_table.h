#ifndef WF_COORDINATOR_REPORT_TEXT_TABLE_H_
#define WF_COORDINATOR_REPORT_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wattfleet::coordinator {

// Columns of a terminal that a report keeps to.
inline constexpr std::size_t kTerminalColumns = 100;

// The cell of a value that is not known.
inline constexpr std::string_view kNoValue = "-";

// A table of text: first the columns that name a row, then its figures.
struct TextTable {
  struct Column {
    std::string title;
    bool names_row = false;  // left-aligned; may leave the table when all rows agree
  };
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

// Aligned, under its title. Where it is wider than kTerminalColumns, naming columns in which all
// rows agree move to the title (never the first); where that is not enough, each row takes two
// lines, its names above its figures.
std::string ToTerminal(const TextTable& table);

// A pipe table under its title in bold.
std::string ToMarkdown(const TextTable& table);

// `text` broken at spaces into lines of at most kTerminalColumns, the second and later ones
// indented by `indent`.
std::string Wrapped(std::string_view text, std::size_t indent);

// Columns that `text` takes on a terminal: its UTF-8 code points.
std::size_t DisplayWidth(std::string_view text);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_TEXT_TABLE_H_
