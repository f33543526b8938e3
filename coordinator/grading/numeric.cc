#include "coordinator/grading/numeric.h"

#include <algorithm>
#include <optional>
#include <string>

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/number.h"
#include "coordinator/grading/verdicts.h"

namespace wattfleet::coordinator {
namespace {

// The number that a line behind a marker states: behind its last "=" where it is an equation.
std::optional<FoundNumber> StatedNumber(std::string_view line) {
  const std::size_t equals = line.rfind('=');
  if (equals != std::string_view::npos) {
    if (std::optional<FoundNumber> result = FirstNumber(line.substr(equals + 1))) {
      return result;
    }
  }
  return FirstNumber(line);
}

std::optional<FoundNumber> BehindHashes(std::string_view text) {
  const std::size_t at = text.rfind("####");
  return at == std::string_view::npos ? std::nullopt : FirstNumber(LineFrom(text, at));
}

std::optional<FoundNumber> ReadNumber(std::string_view text) {
  const std::vector<AnswerMarker> all = FindAnswerMarkers(text, ShortForm::kCount);
  if (!all.empty()) {
    text = text.substr(0, EndOfOwnAnswer(text, all.front().stated));
  }
  if (std::optional<FoundNumber> number = BehindHashes(text)) {
    return number;
  }
  if (const std::optional<std::string_view> boxed = LastBoxed(text)) {
    if (std::optional<FoundNumber> number = StatedNumber(*boxed)) {
      return number;
    }
  }
  const auto own_end = std::find_if(all.begin(), all.end(), [&](const AnswerMarker& marker) {
    return marker.stated >= text.size();
  });
  if (own_end != all.begin()) {
    if (std::optional<FoundNumber> number = StatedNumber(LineFrom(text, (own_end - 1)->stated))) {
      return number;
    }
  }
  return LastNumber(text);
}

}  // namespace

Verdict NumericGrader::Grade(const Query& query, std::string_view content) const {
  std::string storage;
  const std::string_view text = TrimSpace(SkipReasoning(content, storage));
  if (text.empty()) {
    return NoAnswer(*this, ReasonForSilence(content));
  }
  const std::optional<FoundNumber> number = ReadNumber(text);
  if (!number) {
    return NoAnswer(*this, kNoNumber);
  }
  const bool correct = std::any_of(
      query.references.begin(), query.references.end(), [&](const std::string& reference) {
        const std::optional<FoundNumber> wanted = FirstNumber(reference);
        return wanted && SameQuantity(*number, *wanted);
      });
  return Decided(*this, correct,
                 std::string(number->value < 0 ? "-" : "") + std::string(number->text));
}

}  // namespace wattfleet::coordinator
