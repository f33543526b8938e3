#include "common/process/process_text.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace wattfleet {

namespace {

using Words = std::vector<std::string_view>;

Words WordsOf(std::string_view text) {
  const std::string_view blanks = " \t\r\n";
  Words words;
  while (true) {
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) {
      return words;
    }
    text.remove_prefix(start);
    const std::size_t length = text.find_first_of(blanks);
    words.push_back(text.substr(0, length));
    text.remove_prefix(words.back().size());
  }
}

template <typename Number>
std::optional<Number> NumberOf(std::string_view word, int base = 10) {
  Number number = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, number, base);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

// Calls `visit` with each line of `text`.
template <typename Visitor>
void ForEachLine(std::string_view text, Visitor visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

std::optional<ProcessRow> ParseProcessStat(std::string_view text) {
  // Behind the name: state, parent, group, session, ...; the times from the 12th on.
  constexpr std::size_t kParent = 1;
  constexpr std::size_t kGroup = 2;
  constexpr std::size_t kTimes = 11;
  constexpr std::size_t kTimeCount = 4;
  const std::size_t name_start = text.find(" (");
  const std::size_t name_end = text.rfind(')');
  if (name_start == std::string_view::npos || name_end == std::string_view::npos ||
      name_end < name_start) {
    return std::nullopt;
  }
  const Words words = WordsOf(text.substr(name_end + 1));
  const std::optional<int> pid = NumberOf<int>(text.substr(0, name_start));
  if (!pid || words.size() < kTimes + kTimeCount) {
    return std::nullopt;
  }
  const std::optional<int> parent = NumberOf<int>(words[kParent]);
  const std::optional<int> group = NumberOf<int>(words[kGroup]);
  if (!parent || !group) {
    return std::nullopt;
  }
  ProcessRow row{.pid = *pid, .parent = *parent, .group = *group};
  for (std::size_t i = kTimes; i < kTimes + kTimeCount; ++i) {
    const std::optional<std::uint64_t> ticks = NumberOf<std::uint64_t>(words[i]);
    if (!ticks) {
      return std::nullopt;
    }
    row.ticks += *ticks;
  }
  return row;
}

std::optional<ProcessorTicks> ParseProcessorTicks(std::string_view stat) {
  // Of user nice system idle iowait irq softirq steal; what follows is inside user and nice.
  constexpr std::array kIsOfPrograms = {true, true, true, false, false, false, false, false};
  constexpr std::size_t kFewestFields = 4;
  const std::size_t line_end = stat.find('\n');
  const Words words = WordsOf(stat.substr(0, line_end));
  if (line_end == std::string_view::npos || words.size() < 1 + kFewestFields ||
      words.front() != "cpu") {
    return std::nullopt;
  }
  ProcessorTicks ticks;
  for (std::size_t i = 0; i < kIsOfPrograms.size() && 1 + i < words.size(); ++i) {
    const std::optional<std::uint64_t> part = NumberOf<std::uint64_t>(words[1 + i]);
    if (!part) {
      return std::nullopt;
    }
    ticks.all += *part;
    ticks.programs += kIsOfPrograms[i] ? *part : 0;
  }
  return ticks;
}

std::vector<std::uint64_t> ParseListeners(std::string_view table, int port) {
  // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kState = 3;
  constexpr std::size_t kInode = 9;
  constexpr std::string_view kListens = "0A";
  std::vector<std::uint64_t> inodes;
  ForEachLine(table, [&](std::string_view line) {
    const Words words = WordsOf(line);
    if (words.size() <= kInode || words[kState] != kListens) {
      return;
    }
    const std::size_t colon = words[kLocal].rfind(':');
    if (colon == std::string_view::npos ||
        NumberOf<int>(words[kLocal].substr(colon + 1), 16) != port) {
      return;
    }
    if (const auto inode = NumberOf<std::uint64_t>(words[kInode])) {
      inodes.push_back(*inode);
    }
  });
  return inodes;
}

}  // namespace wattfleet
