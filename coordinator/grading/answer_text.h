#ifndef WF_COORDINATOR_GRADING_ANSWER_TEXT_H_
#define WF_COORDINATOR_GRADING_ANSWER_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wattfleet::coordinator {

// Why a response holds no answer: Verdict::reason, shown to people and counted by reports.
inline constexpr std::string_view kEmptyResponse = "empty response";
inline constexpr std::string_view kReasoningUnfinished = "reasoning never ended";
inline constexpr std::string_view kNothingStated = "no answer stated";
inline constexpr std::string_view kSeveralStated = "several options named";
inline constexpr std::string_view kOutsideOptions = "letter outside the options";
inline constexpr std::string_view kNoNumber = "no number";

// The part of a response that may answer: <think> and <thinking> spans left out. A span that never
// ends swallows the rest; an end without a beginning (templates that open the span themselves)
// swallows what came before. Views `content`, or `storage` when something had to be cut.
std::string_view SkipReasoning(std::string_view content, std::string& storage);

// The reason to give when nothing is left of `content` after SkipReasoning.
std::string_view ReasonForSilence(std::string_view content);

// A place where the text says what its answer is: "the answer is X", "Answer: X", "final answer =
// X".
struct AnswerMarker {
  std::size_t begin = 0;   // of the word "answer"
  std::size_t stated = 0;  // first byte of X
  bool is_final = false;   // "final answer"
};

// All markers in order of place; conditional and negated ones ("if the answer is") are left out.
// With `short_form`, "A:" at the start of a line counts too.
enum class ShortForm { kIgnore, kCount };
std::vector<AnswerMarker> FindAnswerMarkers(std::string_view text, ShortForm short_form);

// Where, at or after `from`, the text goes on to a next question, as models do that do not stop;
// its size when it does not.
std::size_t EndOfOwnAnswer(std::string_view text, std::size_t from);

// What stands in the last \boxed{...}, its braces balanced.
std::optional<std::string_view> LastBoxed(std::string_view text);

// From `begin` to the end of its line.
std::string_view LineFrom(std::string_view text, std::size_t begin);
// The first sentence of a line: up to a full stop that whitespace follows.
std::string_view FirstSentence(std::string_view line);
// The last line that is not blank; empty when all are.
std::string_view LastLine(std::string_view text);

std::string_view TrimSpace(std::string_view text);
// Without surrounding space, quotes, Markdown and TeX marks, and without closing punctuation.
std::string_view TrimMarks(std::string_view text);
// TrimMarks, ASCII lower case, each run of space one blank.
std::string Normalised(std::string_view text);

inline bool IsAsciiDigit(char c) {
  return c >= '0' && c <= '9';
}
inline bool IsAsciiUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
inline bool IsAsciiAlpha(char c) {
  return IsAsciiUpper(c) || (c >= 'a' && c <= 'z');
}
inline bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_ANSWER_TEXT_H_
