#include "coordinator/grading/exact.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/mcq.h"
#include "coordinator/grading/pattern.h"
#include "coordinator/grading/verdicts.h"

namespace wattfleet::coordinator {
namespace {

// What is kept of a wrong answer to show to people.
constexpr std::size_t kLongestExtraction = 256;

bool IsBracketedLetter(std::string_view reference) {
  return reference.size() == 3 && reference[0] == '(' && IsAsciiUpper(reference[1]) &&
         reference[2] == ')';
}

// Equal, marks and letter case aside; texts of marks alone ("] )") are compared as they stand.
bool SameText(std::string_view stated, std::string_view reference) {
  if (TrimSpace(stated) == TrimSpace(reference)) {
    return true;
  }
  const std::string wanted = Normalised(reference);
  return !wanted.empty() && Normalised(stated) == wanted;
}

// "Yes, because he ..." states "yes"; "valid argument" does not state "valid".
bool BeginsWith(std::string_view stated, std::string_view reference) {
  static const Pattern kSentenceGoesOn(R"([*_"'`)]*(?:[.,;:!]\s|\s+(?:because|since|as|-|\()))");
  const std::string wanted = Normalised(reference);
  const std::string given = Normalised(stated);
  return !wanted.empty() && given.size() > wanted.size() &&
         given.compare(0, wanted.size(), wanted) == 0 &&
         kSentenceGoesOn.MatchStart(std::string_view(given).substr(wanted.size()));
}

std::vector<std::string_view> Candidates(std::string_view text) {
  const std::vector<AnswerMarker> markers = FindAnswerMarkers(text, ShortForm::kCount);
  const std::size_t end =
      markers.empty() ? text.size() : EndOfOwnAnswer(text, markers.front().stated);
  text = TrimSpace(text.substr(0, end));
  if (const std::optional<std::string_view> boxed = LastBoxed(text)) {
    return {*boxed};
  }
  for (auto marker = markers.rbegin(); marker != markers.rend(); ++marker) {
    if (marker->stated < text.size()) {
      const std::string_view line = TrimSpace(LineFrom(text, marker->stated));
      return {line, FirstSentence(line)};
    }
  }
  return {LastLine(text), text};
}

bool States(const std::vector<std::string_view>& candidates, std::string_view reference) {
  for (const std::string_view candidate : candidates) {
    if (SameText(candidate, reference) || BeginsWith(candidate, reference)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Verdict ExactGrader::Grade(const Query& query, std::string_view content) const {
  std::string storage;
  const std::string_view text = TrimSpace(SkipReasoning(content, storage));
  if (text.empty()) {
    return NoAnswer(*this, ReasonForSilence(content));
  }
  const std::vector<std::string_view> candidates = Candidates(text);
  std::string extracted(TrimMarks(candidates.front()).substr(0, kLongestExtraction));
  bool correct = false;
  for (const std::string& reference : query.references) {
    if (IsBracketedLetter(reference)) {
      const ChoiceAnswer choice = ReadChoice(text, OptionSet{}, {});
      if (choice.letter != 0) {
        extracted = std::string{'(', choice.letter, ')'};
      }
      correct = correct || choice.letter == reference[1] ||
                (choice.letter == 0 && States(candidates, reference));
    } else {
      correct = correct || States(candidates, reference);
    }
  }
  return Decided(*this, correct, std::move(extracted));
}

}  // namespace wattfleet::coordinator
