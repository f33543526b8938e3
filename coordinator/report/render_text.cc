#include <string>
#include <variant>

#include "absl/strings/str_cat.h"

#include "coordinator/report/render.h"
#include "coordinator/report/report_text.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kItemIndent = 4;

// What people see of a block; consecutive paragraphs stand together.
struct TerminalLayout {
  std::string operator()(const TextHeading& heading) const { return Wrapped(heading.text, 2); }
  std::string operator()(const TextParagraph& paragraph) const {
    return Wrapped(paragraph.text, 2);
  }
  std::string operator()(const TextList& list) const {
    std::string text = absl::StrCat(list.title, ":\n");
    for (const std::string& item : list.items) {
      text += Wrapped("  " + item, kItemIndent);
    }
    return text;
  }
  std::string operator()(const TextTable& table) const { return ToTerminal(table); }
};

struct MarkdownLayout {
  std::string operator()(const TextHeading& heading) const {
    return absl::StrCat("### ", heading.text, "\n");
  }
  std::string operator()(const TextParagraph& paragraph) const { return paragraph.text + "\n"; }
  std::string operator()(const TextList& list) const {
    std::string text = absl::StrCat("**", list.title, "**\n\n");
    for (const std::string& item : list.items) {
      absl::StrAppend(&text, "- ", item, "\n");
    }
    return text;
  }
  std::string operator()(const TextTable& table) const { return ToMarkdown(table); }
};

}  // namespace

std::string RenderTable(const Report& report) {
  std::string text;
  bool was_running_text = true;
  for (const TextBlock& block : DescribeReport(report)) {
    const bool is_running_text =
        std::holds_alternative<TextHeading>(block) || std::holds_alternative<TextParagraph>(block);
    if (!text.empty() && !(is_running_text && was_running_text)) {
      text += "\n";
    }
    text += std::visit(TerminalLayout{}, block);
    was_running_text = is_running_text;
  }
  return text;
}

std::string RenderMarkdown(const Report& report) {
  std::string text;
  for (const TextBlock& block : DescribeReport(report)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", std::visit(MarkdownLayout{}, block));
  }
  return text;
}

}  // namespace wattfleet::coordinator
