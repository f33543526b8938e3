#include "coordinator/grading/answer_text.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include <re2/re2.h>

#include "coordinator/grading/pattern.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::string_view kSpace = " \t\n\v\f\r";
constexpr std::string_view kMarks = " \t\n\v\f\r*_`\"'$";
constexpr std::string_view kClosing = " \t\n\v\f\r*_`\"'$.,;:!?";

// How far behind the word "answer" its "is" or ":" may stand, and how far before it an "if".
constexpr std::size_t kConnectorWindow = 64;
constexpr std::size_t kConditionWindow = 40;

struct ReasoningTag {
  std::string_view text;
  bool opens;
};
constexpr ReasoningTag kReasoningTags[] = {
    {"<think>", true}, {"</think>", false}, {"<thinking>", true}, {"</thinking>", false}};

const ReasoningTag* TagAt(std::string_view text, std::size_t at) {
  for (const ReasoningTag& tag : kReasoningTags) {
    if (text.substr(at, tag.text.size()) == tag.text) {
      return &tag;
    }
  }
  return nullptr;
}

// Position of the next reasoning tag, or npos.
std::size_t NextTag(std::string_view text, std::size_t from) {
  std::size_t at = text.find('<', from);
  while (at != std::string_view::npos && TagAt(text, at) == nullptr) {
    at = text.find('<', at + 1);
  }
  return at;
}

// Position behind the next "answer" (any case) at or after `from`, or npos. Looks for its rarest
// letter first, which is what makes grading fast.
std::size_t EndOfNextAnswerWord(std::string_view text, std::size_t from) {
  constexpr std::size_t kBefore = 3;  // "ans"
  for (std::size_t at = from + kBefore; at + 2 < text.size(); ++at) {
    if ((text[at] | 0x20) != 'w') {
      continue;
    }
    if ((text[at - 1] | 0x20) == 's' && (text[at - 2] | 0x20) == 'n' &&
        (text[at - 3] | 0x20) == 'a' && (text[at + 1] | 0x20) == 'e' &&
        (text[at + 2] | 0x20) == 'r') {
      return at + 3;
    }
  }
  return std::string_view::npos;
}

// The byte behind "is" or ":" that follows a marker's word, or nothing.
std::optional<std::size_t> BehindConnector(std::string_view text, std::size_t word_end) {
  static const Pattern kConnector(
      R"((?i)s?(?:\s+(?:choice|option|letter|value|key))?(?:\s+to\s+(?:the|this)\s+(?:question|problem))?)"
      R"([\s*_"'\])]*(?:\b(?:is|was|are|equals|would be|should be|must be)\b|:|=)[\s:*_]*)");
  const std::string_view window = text.substr(word_end, kConnectorWindow);
  re2::StringPiece match;
  if (!kConnector.MatchStart(window, &match, 1)) {
    return std::nullopt;
  }
  return word_end + match.size();
}

bool IsConditional(std::string_view text, std::size_t word_begin) {
  static const Pattern kCondition(
      R"((?i)\b(?:if|whether|unless|suppose|assuming|not|n't|than)\s+(?:that\s+)?)"
      R"((?:(?:the|your|my|this|correct|right|final|an)\s+)*\z)");
  const std::size_t begin = word_begin - std::min(word_begin, kConditionWindow);
  return kCondition.Find(text.substr(begin, word_begin - begin));
}

bool FollowsFinal(std::string_view text, std::size_t word_begin) {
  static const Pattern kFinal(R"((?i)final )");
  constexpr std::size_t kSize = 6;
  return word_begin >= kSize && kFinal.MatchStart(text.substr(word_begin - kSize, kSize));
}

void AddShortForms(std::string_view text, std::vector<AnswerMarker>& markers) {
  for (std::size_t at = text.find("A:"); at != std::string_view::npos;
       at = text.find("A:", at + 2)) {
    if (at == 0 || text[at - 1] == '\n') {
      markers.push_back({.begin = at, .stated = at + 2});
    }
  }
  std::sort(markers.begin(), markers.end(),
            [](const AnswerMarker& a, const AnswerMarker& b) { return a.begin < b.begin; });
}

}  // namespace

std::string_view SkipReasoning(std::string_view content, std::string& storage) {
  std::size_t tag_at = NextTag(content, 0);
  if (tag_at == std::string_view::npos) {
    return content;
  }
  storage.clear();
  std::size_t visible_from = 0;
  bool hidden = false;
  while (tag_at != std::string_view::npos) {
    const ReasoningTag* tag = TagAt(content, tag_at);
    if (tag->opens && !hidden) {
      storage.append(content.substr(visible_from, tag_at - visible_from));
      hidden = true;
    } else if (!tag->opens) {
      if (!hidden) {
        storage.clear();
      }
      hidden = false;
    }
    visible_from = tag_at + tag->text.size();
    tag_at = NextTag(content, visible_from);
  }
  if (!hidden) {
    storage.append(content.substr(visible_from));
  }
  return storage;
}

std::string_view ReasonForSilence(std::string_view content) {
  return NextTag(content, 0) == std::string_view::npos ? kEmptyResponse : kReasoningUnfinished;
}

std::vector<AnswerMarker> FindAnswerMarkers(std::string_view text, ShortForm short_form) {
  constexpr std::size_t kWord = std::string_view("answer").size();
  std::vector<AnswerMarker> markers;
  for (std::size_t end = EndOfNextAnswerWord(text, 0); end != std::string_view::npos;
       end = EndOfNextAnswerWord(text, end)) {
    const std::size_t begin = end - kWord;
    const std::optional<std::size_t> stated = BehindConnector(text, end);
    if (stated && !IsConditional(text, begin)) {
      markers.push_back({.begin = begin, .stated = *stated, .is_final = FollowsFinal(text, begin)});
    }
  }
  if (short_form == ShortForm::kCount) {
    AddShortForms(text, markers);
  }
  return markers;
}

std::size_t EndOfOwnAnswer(std::string_view text, std::size_t from) {
  static const Pattern kNextQuestion(
      R"(\n[\s#*>]*(?:(?:Question|QUESTION|Problem|Human|User)\b|Q:))");
  const std::string_view rest = text.substr(from);
  re2::StringPiece match;
  if (!kNextQuestion.Find(rest, &match, 1)) {
    return text.size();
  }
  return from + static_cast<std::size_t>(match.data() - rest.data());
}

std::optional<std::string_view> LastBoxed(std::string_view text) {
  constexpr std::string_view kOpening = "\\boxed{";
  const std::size_t at = text.rfind(kOpening);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(at + kOpening.size());
  int depth = 1;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    depth += rest[i] == '{' ? 1 : rest[i] == '}' ? -1 : 0;
    if (depth == 0) {
      return rest.substr(0, i);
    }
  }
  return std::nullopt;
}

std::string_view LineFrom(std::string_view text, std::size_t begin) {
  const std::string_view rest = text.substr(begin);
  return rest.substr(0, rest.find('\n'));
}

std::string_view FirstSentence(std::string_view line) {
  for (std::size_t at = line.find('.'); at != std::string_view::npos; at = line.find('.', at + 1)) {
    if (at + 1 == line.size() || IsSpace(line[at + 1])) {
      return line.substr(0, at);
    }
  }
  return line;
}

std::string_view LastLine(std::string_view text) {
  text = TrimSpace(text);
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : TrimSpace(text.substr(newline + 1));
}

std::string_view TrimSpace(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view TrimMarks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kMarks);
  const std::size_t last = text.find_last_not_of(kClosing);
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) {
    return {};
  }
  return text.substr(first, last - first + 1);
}

std::string Normalised(std::string_view text) {
  std::string result;
  bool blank = false;
  for (const char c : TrimMarks(text)) {
    if (IsSpace(c)) {
      blank = true;
      continue;
    }
    if (blank) {
      result.push_back(' ');
      blank = false;
    }
    result.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

}  // namespace wattfleet::coordinator
