#include "coordinator/grading/mcq.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/ascii.h"
#include <re2/re2.h>

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/pattern.h"
#include "coordinator/grading/verdicts.h"

namespace wattfleet::coordinator {
namespace {

constexpr int kLetters = 26;
// How far behind a marker its letter, and behind the letter a further one, may stand.
constexpr std::size_t kLetterWindow = 64;
// How long the text of an option in a list may be for its next label to be seen.
constexpr std::size_t kListWindow = 512;
// An option's text longer than this is not searched for.
constexpr std::size_t kLongestOptionText = 1024;

struct Statement {
  std::size_t begin = 0;
  std::size_t end = 0;  // behind the letter
  char letter = 0;
  bool is_final = false;
  bool names_several = false;
  bool outside = false;  // the letter is none of the options'
};

// A letter as found at some place, before it is known to be meant as an option.
struct FoundLetter {
  std::size_t at = 0;
  bool is_marked = false;  // in brackets, bold, quoted or boxed
  bool is_boxed = false;
};

bool IsWordByte(char c) {
  return IsAsciiAlpha(c) || IsAsciiDigit(c) || (c & 0x80) != 0;
}

// "A = 3", "A - B = 7" and "$C = 5/9(F - 32)$" are equations.
bool StartsEquation(std::string_view tail) {
  static const Pattern kEquation(R"([ \t]*(?:[-+*/^][ \t]*\w{1,3}[ \t]*)?[=<>])");
  return kEquation.MatchStart(tail);
}

// A letter that is also an English word, unmarked, needs something behind it that no sentence
// about "a ..." or "I ..." has.
bool ReadsAsWord(char letter, std::string_view tail) {
  static const Pattern kProse(R"([ \t]+[a-z])");
  static const Pattern kReasonFollows(R"([ \t]+(?:because|since|as|and|or|for|with|due)\b)");
  return (letter == 'A' || letter == 'I') && kProse.MatchStart(tail) &&
         !kReasonFollows.MatchStart(tail);
}

// A small letter in brackets means an option only where nothing but a reason follows: in "(a) 11 A,
// (b) 29 A" it labels a part of the question.
bool LabelsAPart(std::string_view tail) {
  static const Pattern kOptionEnds(
      R"([)\]}*`][)\]}*_"'`$]*\s*(?:[.,;:!]?\s*(?:\z|\n)|[.,;:!]\s|(?:because|since|as|with|due)\b))");
  return !kOptionEnds.MatchStart(tail);
}

// The letter that stands at `from`, marks and filler words skipped.
std::optional<FoundLetter> LetterAt(std::string_view text, std::size_t from) {
  static const Pattern kLetter(
      R"(((?:[\s*_`"'$({\[:]|\\[a-z]+\s*\{|\\\(|(?:(?i:option|choice|letter|therefore|thus|clearly|likely|probably|most likely|simply|indeed|then)\b))*)[A-Za-z])");
  const std::string_view window = text.substr(from, kLetterWindow);
  re2::StringPiece groups[2];
  if (!kLetter.MatchStart(window, groups, 2)) {
    return std::nullopt;
  }
  FoundLetter found{.at = from + groups[0].size() - 1};
  const std::string_view before(groups[1].data(), groups[1].size());
  const char next = found.at + 1 < text.size() ? text[found.at + 1] : ' ';
  // An apostrophe is a word's unless it closes a quotation.
  const bool quoted = !before.empty() && before.back() == '\'';
  // "F[f(t)]" and "C(6, 3)" are formulas.
  if (IsWordByte(next) || (next == '\'' && !quoted) || next == '(' || next == '[') {
    return std::nullopt;
  }
  found.is_marked = before.find_first_of("([{*`$\"'_") != std::string_view::npos;
  found.is_boxed = before.find("boxed") != std::string_view::npos;
  const std::string_view tail = text.substr(found.at + 1, kLetterWindow);
  if (!IsAsciiUpper(text[found.at])) {
    const bool enclosed =
        !before.empty() && std::string_view("([{*`").find(before.back()) != std::string_view::npos;
    if (!enclosed || LabelsAPart(tail)) {
      return std::nullopt;
    }
  }
  if (StartsEquation(tail) || (!found.is_marked && ReadsAsWord(text[found.at], tail))) {
    return std::nullopt;
  }
  return found;
}

// Whether the text behind a stated letter goes on to another: "(A) and (B)", "A, C", "B or D".
bool NamesAnother(char letter, std::string_view tail, const OptionSet& options) {
  static const Pattern kMore(
      R"([)\]}*_"'`$.]*\s*(?:,\s*(?:and\b|or\b)?|and\b|or\b|&|/)\s*([(\[*"'`$]*)(?:(?i:option|choice)\s+\(?)?([A-Z])([)\]}*"'`$]*))");
  static const Pattern kListGoesOn(R"(\s*(?:[.,;]|and\b|or\b|&|\z|\n))");
  static const Pattern kVerb(R"(\s*(?:is|was|would|has|does|cannot|can't|isn't)\b)");
  tail = tail.substr(0, kLetterWindow);
  re2::StringPiece groups[4];
  if (!kMore.MatchStart(tail, groups, 4)) {
    return false;
  }
  const char other = groups[2][0];
  const std::string_view rest = tail.substr(groups[0].size());
  if (other == letter || other - 'A' >= options.count || (!rest.empty() && IsWordByte(rest[0]))) {
    return false;
  }
  const bool marked = !groups[1].empty() || !groups[3].empty();
  return marked ? !kVerb.MatchStart(rest) : kListGoesOn.MatchStart(rest);
}

// Whether the stated letter is the first label of a list: "The answer is:\nA. red\nC. blue".
bool HeadsAList(std::string_view text, std::size_t begin, std::size_t letter_at) {
  static const Pattern kNextLabel(R"([^\n]*\n[ \t*(]*([A-Z])[).:][ \t*]*\S)");
  re2::StringPiece groups[2];
  return text.substr(begin, letter_at - begin).find('\n') != std::string_view::npos &&
         kNextLabel.MatchStart(text.substr(letter_at + 1, kListWindow), groups, 2) &&
         groups[1][0] != text[letter_at];
}

// "The answer (D) is incorrect" states nothing.
bool IsDenied(std::string_view tail) {
  static const Pattern kDenial(
      R"([)\]}*_"'`$]*\s+(?:is|are|was)\s+(?:also\s+|partially\s+|clearly\s+)?(?:incorrect|wrong|not correct|not right)\b)");
  return kDenial.MatchStart(tail.substr(0, kLetterWindow));
}

// Behind "the answer is": where the letter stands in "not among the choices, but the closest is
// (D)", else `stated`.
std::size_t BehindClosest(std::string_view text, std::size_t stated) {
  static const Pattern kClosest(
      R"((?:not\b[^.\n]{0,60}\b(?:is\s+)?)?(?:closest|nearest)\b[^.\n]{0,40}?\b(?:is|to|be)\b:?\s*)");
  re2::StringPiece match;
  return kClosest.MatchStart(text.substr(stated, 2 * kLetterWindow), &match, 1)
             ? stated + match.size()
             : stated;
}

std::optional<Statement> StatementAt(std::string_view text, std::size_t begin, std::size_t stated,
                                     const OptionSet& options) {
  const std::optional<FoundLetter> found = LetterAt(text, BehindClosest(text, stated));
  if (!found || IsDenied(text.substr(found->at + 1))) {
    return std::nullopt;
  }
  const char letter = absl::ascii_toupper(static_cast<unsigned char>(text[found->at]));
  return Statement{.begin = begin,
                   .end = found->at + 1,
                   .letter = letter,
                   .is_final = found->is_boxed,
                   .names_several = options.several == SeveralNamed::kRefuse &&
                                    (NamesAnother(letter, text.substr(found->at + 1), options) ||
                                     HeadsAList(text, begin, found->at)),
                   .outside = letter - 'A' >= options.count};
}

void AddBoxed(std::string_view text, const OptionSet& options, std::vector<Statement>& statements) {
  constexpr std::string_view kBoxed = "\\boxed{";
  const std::size_t from_markers = statements.size();
  for (std::size_t at = text.find(kBoxed); at != std::string_view::npos;
       at = text.find(kBoxed, at + kBoxed.size())) {
    if (std::optional<Statement> statement = StatementAt(text, at, at, options)) {
      statements.push_back(*statement);
    }
  }
  if (statements.size() > from_markers && from_markers > 0) {
    std::sort(statements.begin(), statements.end(),
              [](const Statement& a, const Statement& b) { return a.end < b.end; });
  }
}

std::vector<Statement> FindStatements(std::string_view text, const OptionSet& options) {
  std::vector<Statement> statements;
  for (const AnswerMarker& marker : FindAnswerMarkers(text, ShortForm::kIgnore)) {
    if (std::optional<Statement> s = StatementAt(text, marker.begin, marker.stated, options)) {
      s->is_final = s->is_final || marker.is_final;
      statements.push_back(*s);
    }
  }
  AddBoxed(text, options, statements);
  return statements;
}

bool TakesBack(std::string_view between) {
  static const Pattern kCorrection(
      R"((?i)\b(?:wait|however|but|actually|incorrect|mistaken?|wrong|correction|instead|final|sorry|reconsider|recheck|re-check|re-?evaluate|correct answer)\b)");
  return kCorrection.Find(between);
}

bool Replaces(const Statement& later, const Statement& standing, bool taken_back) {
  if (later.letter == standing.letter) {
    return standing.names_several && !later.names_several;
  }
  return later.is_final || standing.names_several || standing.outside || taken_back;
}

// The statement that stands at the end of `text`. Every gap between statements is read once.
Statement LastStanding(std::string_view text, const std::vector<Statement>& statements) {
  Statement standing = statements.front();
  const std::size_t end = statements.size() == 1 ? text.size() : EndOfOwnAnswer(text, standing.end);
  std::size_t read_to = standing.end;
  bool taken_back = false;
  for (const Statement& later : statements) {
    if (later.begin >= end) {
      break;
    }
    if (later.begin > read_to) {
      taken_back = taken_back || TakesBack(text.substr(read_to, later.begin - read_to));
    }
    read_to = std::max(read_to, later.end);
    if (!later.outside && Replaces(later, standing, taken_back)) {
      standing = later;
      taken_back = false;
    }
  }
  return standing;
}

// "The correct option is (B)" and "(B) is the correct answer".
char ReadJudgement(std::string_view text, const OptionSet& options) {
  static const Pattern kCorrectOptionIs(
      R"((?i)\b(?:(?:correct|right|best|final|my)\s+(?:option|choice|letter)\s*(?:is\b|would be\b|must be\b|:))"
      R"(|most\s+(?:accurate|appropriate|likely|precise|suitable)\s+(?:one|option|choice|letter)\s+(?:is|would be)\b)"
      R"(|(?:i|we)(?:'d|'ll|\s+would|\s+will)?\s+(?:choose|pick|select|go\s+with)\b))");
  static const Pattern kIsCorrect(
      R"((?:\(([A-Z])\)|(?i:option|choice|answer)\s+[(*]*([A-Z])[)*]*)\*{0,2}\s+(?i:is|as|must be)\s+(?i:(?:the|most|likely|therefore|thus)\s+)*(?i:correct|right|best)\b)");
  char answer = 0;
  const auto take = [&](char letter) {
    const bool first = answer == 0 && letter - 'A' < options.count;
    const bool same = letter == answer;
    answer = first || same ? letter : 0;
    return first || same;
  };
  re2::StringPiece groups[3];
  for (std::string_view rest = text; kIsCorrect.Find(rest, groups, 3);) {
    if (!take(groups[1].empty() ? groups[2][0] : groups[1][0])) {
      return 0;
    }
    rest.remove_prefix(static_cast<std::size_t>(groups[0].data() - rest.data()) + groups[0].size());
  }
  for (std::string_view rest = text; kCorrectOptionIs.Find(rest, groups, 1);) {
    rest.remove_prefix(static_cast<std::size_t>(groups[0].data() - rest.data()) + groups[0].size());
    const std::optional<Statement> s = StatementAt(rest, 0, 0, options);
    if (s && (s->names_several || !take(s->letter))) {
      return 0;
    }
  }
  return answer;
}

// What a statement says from its letter to the end of its sentence, to show to people.
std::string_view Stated(std::string_view text, const Statement& statement) {
  return FirstSentence(LineFrom(text, statement.end - 1).substr(0, kLetterWindow));
}

ChoiceAnswer ReadStatements(std::string_view text, const OptionSet& options) {
  const std::vector<Statement> statements = FindStatements(text, options);
  if (statements.empty()) {
    return {.reason = kNothingStated};
  }
  const Statement standing = LastStanding(text, statements);
  if (standing.outside) {
    return {.reason = kOutsideOptions, .stated = Stated(text, standing)};
  }
  if (standing.names_several) {
    const std::size_t end = EndOfOwnAnswer(text, standing.end);
    const char settled = ReadJudgement(text.substr(standing.end, end - standing.end), options);
    return settled != 0 ? ChoiceAnswer{.letter = settled, .reason = {}}
                        : ChoiceAnswer{.reason = kSeveralStated, .stated = Stated(text, standing)};
  }
  return {.letter = standing.letter, .reason = {}};
}

// The letter of a line that holds nothing else, or 0.
char LoneLetter(std::string_view line, const OptionSet& options) {
  static const Pattern kLone(
      R"([\s*_`"'(\[${#>]*(?:\\[a-z]+\{)*(?:(?i:option|choice|answer|final answer)[\s:*]*)?[\s*_`"'(\[]*([A-Za-z])[)\].*_`"'$}\s]*)");
  re2::StringPiece groups[2];
  if (!kLone.MatchAll(line, groups, 2)) {
    return 0;
  }
  const char letter = absl::ascii_toupper(static_cast<unsigned char>(groups[1][0]));
  return letter - 'A' < options.count ? letter : 0;
}

bool StartsLikeOption(std::string_view line) {
  static const Pattern kLabel(R"([\s*(]*[A-Z][).:]\s*\S)");
  return kLabel.MatchStart(line);
}

std::string_view LineAbove(std::string_view text, std::string_view line) {
  return LastLine(text.substr(0, static_cast<std::size_t>(line.data() - text.data())));
}

// The letter that stands alone in the last line: a bare one that follows a list of options is the
// start of the next of them, cut off.
char LastLineLetter(std::string_view text, const OptionSet& options) {
  const std::string_view line = LastLine(text);
  const bool cut_off = line.size() == 1 && StartsLikeOption(LineAbove(text, line));
  return cut_off ? '\0' : LoneLetter(line, options);
}

// The letter of a last line "B. <exactly the text of option B>" that does not end a list of
// options.
char LabelledOption(std::string_view text, const std::vector<std::string>& option_texts) {
  static const Pattern kLabelled(R"([\s*_`(]*([A-Z])[).:\]]+[*\s]*([^\s*].*))");
  const std::string_view line = LastLine(text);
  re2::StringPiece groups[3];
  if (!kLabelled.MatchAll(line, groups, 3)) {
    return 0;
  }
  const auto index = static_cast<std::size_t>(groups[1][0] - 'A');
  if (index >= option_texts.size() || StartsLikeOption(LineAbove(text, line)) ||
      Normalised({groups[2].data(), groups[2].size()}) != Normalised(option_texts[index])) {
    return 0;
  }
  return groups[1][0];
}

// The letter of a response that begins with "B. ..." or "(B) ..." and labels nothing else. "I." is
// left out: it numbers statements.
char LeadingLabel(std::string_view text, const OptionSet& options) {
  static const Pattern kLeading(R"([\s*_`(]*([A-Z])[).][)*\s]*[ \t*]\S)");
  static const Pattern kAnotherLabel(R"(\n[\s*(]*[A-Z][).:]\s*\S)");
  re2::StringPiece groups[2];
  if (!kLeading.MatchStart(text, groups, 2) || kAnotherLabel.Find(text)) {
    return 0;
  }
  const char letter = groups[1][0];
  return letter - 'A' < options.count && letter != 'I' ? letter : '\0';
}

// The letter of the one option whose text `candidate` is, or 0.
char OptionOfText(std::string_view candidate, const std::vector<std::string>& option_texts) {
  if (candidate.empty() || candidate.size() > kLongestOptionText) {
    return 0;
  }
  const std::string wanted = Normalised(candidate);
  char letter = 0;
  for (std::size_t i = 0; i < option_texts.size() && !wanted.empty(); ++i) {
    if (Normalised(option_texts[i]) == wanted) {
      if (letter != 0) {
        return 0;
      }
      letter = static_cast<char>('A' + i);
    }
  }
  return letter;
}

char ReadOptionText(std::string_view text, const std::vector<std::string>& option_texts) {
  if (option_texts.empty()) {
    return 0;
  }
  const std::vector<AnswerMarker> markers = FindAnswerMarkers(text, ShortForm::kIgnore);
  if (!markers.empty()) {
    const std::string_view line = LineFrom(text, markers.back().stated);
    for (const std::string_view candidate : {line, FirstSentence(line)}) {
      if (const char letter = OptionOfText(candidate, option_texts); letter != 0) {
        return letter;
      }
    }
  }
  const char whole = OptionOfText(text, option_texts);
  return whole != 0 ? whole : OptionOfText(LastLine(text), option_texts);
}

}  // namespace

ChoiceAnswer ReadChoice(std::string_view text, const OptionSet& options,
                        const std::vector<std::string>& option_texts) {
  const ChoiceAnswer stated = ReadStatements(text, options);
  if (stated.letter != 0 || stated.reason == kSeveralStated) {
    return stated;
  }
  if (const char letter = ReadJudgement(text, options); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  if (const char letter = LastLineLetter(text, options); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  if (const char letter = LoneLetter(LineFrom(TrimSpace(text), 0), options); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  if (const char letter = LabelledOption(text, option_texts); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  if (const char letter = LeadingLabel(text, options); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  if (const char letter = ReadOptionText(text, option_texts); letter != 0) {
    return {.letter = letter, .reason = {}};
  }
  return stated;
}

Verdict McqGrader::Grade(const Query& query, std::string_view content) const {
  std::string storage;
  const std::string_view text = TrimSpace(SkipReasoning(content, storage));
  if (text.empty()) {
    return NoAnswer(*this, ReasonForSilence(content));
  }
  const OptionSet options{.count = query.options.empty()
                                       ? kLetters
                                       : std::min(kLetters, static_cast<int>(query.options.size())),
                          .several = several_};
  const ChoiceAnswer answer = ReadChoice(text, options, query.options);
  if (answer.letter == 0) {
    Verdict none = NoAnswer(*this, answer.reason);
    none.extracted = std::string(answer.stated);
    return none;
  }
  const std::string letter(1, answer.letter);
  const bool correct = std::count(query.references.begin(), query.references.end(), letter) > 0;
  return Decided(*this, correct, letter);
}

}  // namespace wattfleet::coordinator
