#include "coordinator/grading/judge_reply.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"

#include "coordinator/grading/answer_text.h"

namespace wattfleet::coordinator {

namespace {

// "TRUE" or "FALSE" where `text` says it and no more, whatever marks stand around it.
std::optional<std::string> TrueOrFalse(std::string_view text) {
  const std::string word = absl::AsciiStrToUpper(std::string(TrimMarks(text)));
  if (word == "TRUE" || word == "FALSE") {
    return word;
  }
  return std::nullopt;
}

// The first word after the last "VERDICT:" that is TRUE or FALSE.
std::optional<std::string> AfterMarker(std::string_view text) {
  constexpr std::string_view kMarker = "VERDICT";
  constexpr std::string_view kBetween = " \t*_`:=\"'\n\r";
  constexpr std::size_t kWordMax = 6;  // one more than FALSE has
  const std::string upper = absl::AsciiStrToUpper(std::string(text));
  std::optional<std::string> found;
  for (std::size_t at = upper.find(kMarker); at != std::string::npos;
       at = upper.find(kMarker, at + kMarker.size())) {
    std::size_t begin = at + kMarker.size();
    while (begin < upper.size() && kBetween.find(upper[begin]) != std::string_view::npos) {
      ++begin;
    }
    std::size_t end = begin;
    while (end < upper.size() && end - begin < kWordMax && IsAsciiUpper(upper[end])) {
      ++end;
    }
    if (const auto word = TrueOrFalse(std::string_view(upper).substr(begin, end - begin))) {
      found = word;
    }
  }
  return found;
}

std::optional<std::string> ReferenceVerdict(std::string_view text) {
  if (auto marked = AfterMarker(text)) {
    return marked;
  }
  return TrueOrFalse(LastLine(text));
}

struct PairwiseWord {
  std::string_view text;
  int better;  // 1: A, -1: B, 0: neither
};

// The last [[...]] that is one of the five verdicts.
const PairwiseWord* PairwiseVerdict(std::string_view text) {
  static constexpr std::array<PairwiseWord, 5> kWords = {
      {{"A>>B", 1}, {"A>B", 1}, {"A=B", 0}, {"B>A", -1}, {"B>>A", -1}}};
  const PairwiseWord* found = nullptr;
  for (std::size_t at = text.find("[["); at != std::string_view::npos;
       at = text.find("[[", at + 1)) {
    std::string inside;
    std::size_t end = at + 2;
    for (; end < text.size() && text[end] != ']' && inside.size() <= 4; ++end) {
      if (!IsSpace(text[end])) {
        inside += text[end];
      }
    }
    const bool is_closed = text.substr(std::min(end, text.size()), 2) == "]]";
    for (const PairwiseWord& word : kWords) {
      if (is_closed && word.text == inside) {
        found = &word;
      }
    }
  }
  return found;
}

}  // namespace

Verdict ReadJudgeReply(const JudgeTask& task, const JudgementAddress& judgement,
                       std::string_view content) {
  Verdict verdict{.value = VerdictValue::kNoAnswer,
                  .grader = task.grader,
                  .grader_version = task.grader_version,
                  .reason = std::string(kNoVerdict)};
  std::string storage;
  const std::string_view text = SkipReasoning(content, storage);
  if (TrimSpace(text).empty()) {
    verdict.reason = std::string(ReasonForSilence(content));
    return verdict;
  }
  bool is_correct = false;
  if (task.protocol == JudgeProtocol::kReference) {
    const std::optional<std::string> word = ReferenceVerdict(text);
    if (!word) {
      return verdict;
    }
    verdict.extracted = *word;
    is_correct = *word == "TRUE";
  } else {
    const PairwiseWord* const word = PairwiseVerdict(text);
    if (word == nullptr) {
      return verdict;
    }
    verdict.extracted = std::string(word->text);
    is_correct = (judgement.order == 0 ? word->better : -word->better) >= 0;
  }
  verdict.value = is_correct ? VerdictValue::kCorrect : VerdictValue::kWrong;
  verdict.reason.clear();
  return verdict;
}

}  // namespace wattfleet::coordinator
