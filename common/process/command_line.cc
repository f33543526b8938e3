#include "common/process/command_line.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/status/status_macros.h"

namespace wattfleet {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kNameBytes = "abcdefghijklmnopqrstuvwxyz_";

// What a backslash keeps its meaning before, within double quotes.
bool IsEscapedInQuotes(char c) {
  return c == '"' || c == '\\' || c == '$' || c == '`';
}

class Splitter {
 public:
  explicit Splitter(std::string_view command) : rest_(command) {}

  absl::StatusOr<std::vector<std::string>> Split() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'' || c == '"') {
        WF_RETURN_IF_ERROR(TakeQuoted(c));
      } else if (c == '\\') {
        WF_RETURN_IF_ERROR(TakeEscaped());
      } else if (kBlanks.find(c) != std::string_view::npos) {
        EndWord();
      } else {
        word_ += c;
        in_word_ = true;
      }
    }
    EndWord();
    if (words_.empty()) {
      return absl::InvalidArgumentError("the command is empty");
    }
    return std::move(words_);
  }

 private:
  absl::Status TakeQuoted(char quote) {
    in_word_ = true;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) {
        return absl::OkStatus();
      }
      if (c == '\\' && quote == '"' && !rest_.empty() && IsEscapedInQuotes(rest_.front())) {
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      word_ += c;
    }
    return absl::InvalidArgumentError(
        absl::StrFormat("the command has a %c that is never closed", quote));
  }

  absl::Status TakeEscaped() {
    if (rest_.empty()) {
      return absl::InvalidArgumentError("the command ends in a backslash");
    }
    word_ += rest_.front();
    in_word_ = true;
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  void EndWord() {
    if (std::exchange(in_word_, false)) {
      words_.push_back(std::exchange(word_, {}));
    }
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

absl::StatusOr<std::string> ExpandWord(std::string_view word,
                                       const std::map<std::string, std::string>& values) {
  std::string expanded;
  while (!word.empty()) {
    const std::size_t open = word.find('{');
    expanded.append(word.substr(0, open));
    if (open == std::string_view::npos) {
      break;
    }
    word.remove_prefix(open);
    const std::size_t end = word.find_first_not_of(kNameBytes, 1);
    if (end == std::string_view::npos || end == 1 || word[end] != '}') {
      expanded += '{';
      word.remove_prefix(1);
      continue;
    }
    const std::string name(word.substr(1, end - 1));
    const auto value = values.find(name);
    if (value == values.end()) {
      const auto braced = [](std::string* out, const auto& entry) {
        out->append("{" + entry.first + "}");
      };
      return absl::InvalidArgumentError(absl::StrFormat("the command has {%s}; there are %s", name,
                                                        absl::StrJoin(values, ", ", braced)));
    }
    expanded += value->second;
    word.remove_prefix(end + 1);
  }
  return expanded;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitCommand(std::string_view command) {
  return Splitter(command).Split();
}

absl::StatusOr<std::vector<std::string>> ExpandCommand(
    std::string_view command, const std::map<std::string, std::string>& values) {
  WF_ASSIGN_OR_RETURN(std::vector<std::string> words, SplitCommand(command));
  for (std::string& word : words) {
    WF_ASSIGN_OR_RETURN(word, ExpandWord(word, values));
  }
  return words;
}

}  // namespace wattfleet
