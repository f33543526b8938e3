#include "coordinator/report/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kGap = 2;

std::string Padded(const std::string& text, std::size_t width, bool is_left) {
  const std::size_t own = DisplayWidth(text);
  const std::string fill(own < width ? width - own : 0, ' ');
  return is_left ? text + fill : fill + text;
}

std::vector<std::size_t> Widths(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    std::size_t width = DisplayWidth(table.columns[column].title);
    for (const std::vector<std::string>& row : table.rows) {
      width = std::max(width, DisplayWidth(row[column]));
    }
    widths.push_back(width);
  }
  return widths;
}

std::size_t TotalWidth(const TextTable& table) {
  std::size_t total = 0;
  for (const std::size_t width : Widths(table)) {
    total += width + kGap;
  }
  return total == 0 ? 0 : total - kGap;
}

std::string TrimmedRight(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string Line(const TextTable& table, const std::vector<std::size_t>& widths,
                 const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (column > 0) {
      line.append(kGap, ' ');
    }
    line += Padded(cells[column], widths[column], table.columns[column].names_row);
  }
  return TrimmedRight(std::move(line)) + "\n";
}

std::vector<std::string> Titles(const TextTable& table) {
  std::vector<std::string> titles;
  for (const TextTable::Column& column : table.columns) {
    titles.push_back(column.title);
  }
  return titles;
}

bool AllRowsAgree(const TextTable& table, std::size_t column) {
  return std::all_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return row[column] == table.rows.front()[column]; });
}

void EraseColumn(TextTable& table, std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  table.columns.erase(table.columns.begin() + at);
  for (std::vector<std::string>& row : table.rows) {
    row.erase(row.begin() + at);
  }
}

// Moves naming columns in which all rows agree to the title, as many as it takes.
void MoveSharedNamesToTitle(TextTable& table) {
  std::size_t column = 1;
  while (TotalWidth(table) > kTerminalColumns && column < table.columns.size()) {
    if (!table.columns[column].names_row || !AllRowsAgree(table, column)) {
      ++column;
      continue;
    }
    absl::StrAppend(&table.title, "; ", table.columns[column].title, " ",
                    table.rows.front()[column]);
    EraseColumn(table, column);
  }
}

std::string OneLineEach(const TextTable& table) {
  const std::vector<std::size_t> widths = Widths(table);
  std::string text = Line(table, widths, Titles(table));
  for (const std::vector<std::string>& row : table.rows) {
    text += Line(table, widths, row);
  }
  return text;
}

std::string TwoLinesEach(const TextTable& table) {
  TextTable figures = table;
  std::vector<std::string> names(table.rows.size());
  for (std::size_t column = table.columns.size(); column-- > 0;) {
    if (!table.columns[column].names_row) {
      continue;
    }
    for (std::size_t row = 0; row < names.size(); ++row) {
      const std::string& name = table.rows[row][column];
      if (name != kNoValue) {
        names[row] = names[row].empty() ? name : absl::StrCat(name, "  ", names[row]);
      }
    }
    EraseColumn(figures, column);
  }
  const std::vector<std::size_t> widths = Widths(figures);
  std::string text = "  " + Line(figures, widths, Titles(figures));
  for (std::size_t row = 0; row < names.size(); ++row) {
    absl::StrAppend(&text, names[row], "\n  ", Line(figures, widths, figures.rows[row]));
  }
  return text;
}

std::string PipeLine(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) {
    absl::StrAppend(&line, " ", absl::StrReplaceAll(cell, {{"|", "\\|"}}), " |");
  }
  return line + "\n";
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string ToTerminal(const TextTable& table) {
  if (table.rows.empty()) {
    return "";
  }
  TextTable shown = table;
  MoveSharedNamesToTitle(shown);
  const std::string body =
      TotalWidth(shown) <= kTerminalColumns ? OneLineEach(shown) : TwoLinesEach(shown);
  return absl::StrCat(Wrapped(shown.title, 2), body);
}

std::string ToMarkdown(const TextTable& table) {
  if (table.rows.empty()) {
    return "";
  }
  std::string text = absl::StrCat("**", table.title, "**\n\n", PipeLine(Titles(table)));
  std::vector<std::string> rule;
  for (const TextTable::Column& column : table.columns) {
    rule.push_back(column.names_row ? ":---" : "---:");
  }
  text += PipeLine(rule);
  for (const std::vector<std::string>& row : table.rows) {
    text += PipeLine(row);
  }
  return text;
}

std::string Wrapped(std::string_view text, std::size_t indent) {
  std::string wrapped;
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  std::string line(start, ' ');
  for (std::size_t at = start; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string word(text.substr(at, space - at));
    const bool is_start = line.find_first_not_of(' ') == std::string::npos;
    if (!is_start && DisplayWidth(line) + 1 + DisplayWidth(word) > kTerminalColumns) {
      absl::StrAppend(&wrapped, line, "\n");
      line = std::string(indent, ' ') + word;
    } else {
      absl::StrAppend(&line, is_start ? "" : " ", word);
    }
    at = space + 1;
  }
  return absl::StrCat(wrapped, line, "\n");
}

}  // namespace wattfleet::coordinator
