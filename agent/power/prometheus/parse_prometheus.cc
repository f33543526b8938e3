#include "agent/power/prometheus/parse_prometheus.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// Takes a line apart from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool AtEnd() const { return text_.empty(); }
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }
  void SkipBlanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size())); }
  // A name: letters, digits, _ and :, not beginning with a digit; empty where there is none.
  std::string_view TakeName() {
    std::size_t length = 0;
    while (length < text_.size() && IsNameChar(text_[length], length == 0)) {
      ++length;
    }
    const std::string_view name = text_.substr(0, length);
    text_.remove_prefix(length);
    return name;
  }
  // Up to the next blank or the end.
  std::string_view TakeWord() {
    const std::size_t length = std::min(text_.find_first_of(" \t"), text_.size());
    const std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    return word;
  }
  // A text in quotes, with \\, \" and \n; false when it does not end or escapes something else.
  bool TakeQuoted(std::string& out) {
    if (!Take('"')) {
      return false;
    }
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"') {
        return true;
      }
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      if (Take('n')) {
        out.push_back('\n');
      } else if (Take('\\')) {
        out.push_back('\\');
      } else if (Take('"')) {
        out.push_back('"');
      } else {
        return false;
      }
    }
    return false;
  }

 private:
  static bool IsNameChar(char c, bool is_first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!is_first && c >= '0' && c <= '9');
  }
  std::string_view text_;
};

using Labels = std::map<std::string, std::string>;

// `{a="b",c="d"}`, or nothing at all.
bool TakeLabels(Scanner& scanner, Labels& labels) {
  scanner.SkipBlanks();
  if (!scanner.Take('{')) {
    return true;
  }
  while (true) {
    scanner.SkipBlanks();
    if (scanner.Take('}')) {
      return true;
    }
    const std::string name(scanner.TakeName());
    scanner.SkipBlanks();
    std::string value;
    if (name.empty() || !scanner.Take('=')) {
      return false;
    }
    scanner.SkipBlanks();
    if (!scanner.TakeQuoted(value)) {
      return false;
    }
    labels[name] = std::move(value);
    scanner.SkipBlanks();
    if (!scanner.Take(',')) {
      return scanner.Take('}');
    }
  }
}

bool Matches(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&labels](const auto& want) {
    const auto label = labels.find(want.first);
    return label != labels.end() && label->second == want.second;
  });
}

std::string Shown(std::string_view line) {
  constexpr std::size_t kShown = 100;
  return absl::CHexEscape(std::string(line.substr(0, kShown)));
}

absl::Status Unreadable(std::string_view line) {
  return absl::InvalidArgumentError(absl::StrFormat("cannot read \"%s\"", Shown(line)));
}

// The value of a line after its metric's name, or nothing when it has other labels.
absl::StatusOr<std::optional<double>> ReadLine(Scanner scanner, std::string_view line,
                                               const PrometheusSelector& selector) {
  Labels labels;
  if (!TakeLabels(scanner, labels)) {
    return Unreadable(line);
  }
  if (!Matches(labels, selector.labels)) {
    return std::nullopt;
  }
  scanner.SkipBlanks();
  double value = 0;
  if (!absl::SimpleAtod(std::string(scanner.TakeWord()), &value)) {
    return Unreadable(line);
  }
  return value;
}

}  // namespace

absl::StatusOr<PrometheusSelector> ParsePrometheusSelector(std::string_view text) {
  PrometheusSelector selector;
  Scanner scanner(text);
  scanner.SkipBlanks();
  selector.metric = std::string(scanner.TakeName());
  const bool is_read = !selector.metric.empty() && TakeLabels(scanner, selector.labels);
  scanner.SkipBlanks();
  if (!is_read || !scanner.AtEnd()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "metric is \"%s\": expected NAME or NAME{label=\"value\", ...}", Shown(text)));
  }
  return selector;
}

absl::StatusOr<double> FindPrometheusSample(std::string_view exposition,
                                            const PrometheusSelector& selector) {
  std::optional<double> found;
  std::string_view found_line;
  while (!exposition.empty()) {
    const std::size_t end = exposition.find('\n');
    std::string_view line = exposition.substr(0, end);
    exposition.remove_prefix(end == std::string_view::npos ? exposition.size() : end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    Scanner scanner(line);
    scanner.SkipBlanks();
    if (scanner.TakeName() != selector.metric) {
      continue;
    }
    WF_ASSIGN_OR_RETURN(const std::optional<double> value, ReadLine(scanner, line, selector));
    if (value && found) {
      return absl::FailedPreconditionError(
          absl::StrFormat("several samples of %s are meant, such as \"%s\" and \"%s\"",
                          selector.metric, Shown(found_line), Shown(line)));
    }
    if (value) {
      found = value;
      found_line = line;
    }
  }
  if (!found) {
    return absl::NotFoundError(
        absl::StrFormat("no sample of %s with these labels", selector.metric));
  }
  return *found;
}

}  // namespace wattfleet::agent
