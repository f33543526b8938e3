#include "coordinator/grading/math.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/verdicts.h"
#include "coordinator/math/equivalence.h"
#include "coordinator/math/parse.h"

namespace wattfleet::coordinator {
namespace {

// What is kept of an answer to show to people.
constexpr std::size_t kLongestExtraction = 256;

// How much of a line is searched for $...$.
constexpr std::size_t kMathWindow = 2 * kLongestMath;

struct Delimiters {
  std::string_view opening;
  std::string_view closing;
};
constexpr Delimiters kMathDelimiters[] = {{"$$", "$$"}, {"$", "$"}, {"\\(", "\\)"}, {"\\[", "\\]"}};

// The first $...$, \(...\) or \[...\] of a line, its inside.
std::optional<std::string_view> FirstMath(std::string_view line) {
  std::optional<std::string_view> first;
  for (const Delimiters& delimiters : kMathDelimiters) {
    const std::size_t begin = line.find(delimiters.opening);
    if (begin == std::string_view::npos ||
        (begin > 0 && line[begin - 1] == '\\' && delimiters.opening[0] == '$')) {
      continue;
    }
    const std::string_view inside = line.substr(begin + delimiters.opening.size());
    const std::size_t end = inside.find(delimiters.closing);
    if (end != std::string_view::npos && end > 0 && (!first || inside.data() < first->data())) {
      first = inside.substr(0, end);
    }
  }
  return first;
}

// The last of them that begins within a window at the end of the line.
std::optional<std::string_view> LastMath(std::string_view line) {
  line = line.substr(line.size() - std::min(line.size(), kMathWindow));
  std::optional<std::string_view> last;
  while (const std::optional<std::string_view> next = FirstMath(line)) {
    last = next;
    const auto end = static_cast<std::size_t>(next->data() - line.data()) + next->size();
    line = line.substr(end);
    line.remove_prefix(line.substr(0, 2) == "$$" || line[0] == '\\' ? 2 : 1);
  }
  return last;
}

// The answer behind a marker: its mathematics where marked as such, else its sentence.
std::string_view BehindMarker(std::string_view text, std::size_t stated) {
  while (stated < text.size() && IsSpace(text[stated])) {
    ++stated;
  }
  const std::string_view line = LineFrom(text, stated).substr(0, kMathWindow);
  if (const std::optional<std::string_view> math = FirstMath(line)) {
    return *math;
  }
  return FirstSentence(line);
}

std::string_view AnswerIn(std::string_view text) {
  const std::vector<AnswerMarker> markers = FindAnswerMarkers(text, ShortForm::kCount);
  if (!markers.empty()) {
    text = TrimSpace(text.substr(0, EndOfOwnAnswer(text, markers.front().stated)));
  }
  if (const std::optional<std::string_view> boxed = LastBoxed(text)) {
    return *boxed;
  }
  for (auto marker = markers.rbegin(); marker != markers.rend(); ++marker) {
    if (marker->stated < text.size()) {
      return BehindMarker(text, marker->stated);
    }
  }
  if (const std::size_t hashes = text.rfind("####"); hashes != std::string_view::npos) {
    return LineFrom(text, hashes + 4);
  }
  const std::string_view last = LastLine(text);
  return LastMath(last).value_or(last);
}

// Without Markdown around it and a full stop behind it.
std::string_view TrimAnswer(std::string_view answer) {
  constexpr std::string_view kDress = " \t\n\v\f\r*_`\"'";
  const std::size_t first = answer.find_first_not_of(kDress);
  if (first == std::string_view::npos) {
    return {};
  }
  answer = answer.substr(first, answer.find_last_not_of(kDress) - first + 1);
  while (!answer.empty() && (answer.back() == '.' || IsSpace(answer.back()))) {
    answer.remove_suffix(1);
  }
  return answer;
}

}  // namespace

Verdict MathGrader::Grade(const Query& query, std::string_view content) const {
  std::string storage;
  const std::string_view text = TrimSpace(SkipReasoning(content, storage));
  if (text.empty()) {
    return NoAnswer(*this, ReasonForSilence(content));
  }
  const std::string_view answer = TrimAnswer(AnswerIn(text));
  std::string extracted(answer.substr(0, kLongestExtraction));
  if (answer.empty()) {
    return NoAnswer(*this, kNothingStated);
  }
  const absl::StatusOr<MathAnswer> given = ParseMath(answer);
  bool is_readable = given.ok();
  for (const std::string& reference : query.references) {
    if (answer == TrimAnswer(reference)) {
      return Decided(*this, true, std::move(extracted));
    }
    const absl::StatusOr<MathAnswer> wanted = ParseMath(TrimAnswer(reference));
    if (wanted.ok() && given.ok() && Equivalent(*given, *wanted)) {
      return Decided(*this, true, std::move(extracted));
    }
    if (!wanted.ok()) {
      is_readable = true;
      if (Normalised(answer) == Normalised(reference)) {
        return Decided(*this, true, std::move(extracted));
      }
    }
  }
  if (!is_readable) {
    Verdict unread =
        NoAnswer(*this, "cannot be read as mathematics: " + std::string(given.status().message()));
    unread.extracted = std::move(extracted);
    return unread;
  }
  return Decided(*this, false, std::move(extracted));
}

}  // namespace wattfleet::coordinator
