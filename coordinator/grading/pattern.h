#ifndef WF_COORDINATOR_GRADING_PATTERN_H_
#define WF_COORDINATOR_GRADING_PATTERN_H_

#include <string_view>

#include <re2/re2.h>

namespace wattfleet::coordinator {

// An RE2 over bytes, compiled once at first use; its own spelling must be right (checked). Models'
// text need not be valid UTF-8, hence bytes. Thread-safe; linear in the text.
class Pattern {
 public:
  explicit Pattern(const char* spelling);

  // At the start of `text`; fills `groups` (the whole match first) when given.
  bool MatchStart(std::string_view text, re2::StringPiece* groups = nullptr, int count = 0) const {
    return Match(text, RE2::ANCHOR_START, groups, count);
  }
  // All of `text`.
  bool MatchAll(std::string_view text, re2::StringPiece* groups = nullptr, int count = 0) const {
    return Match(text, RE2::ANCHOR_BOTH, groups, count);
  }
  // The first place in `text`.
  bool Find(std::string_view text, re2::StringPiece* groups = nullptr, int count = 0) const {
    return Match(text, RE2::UNANCHORED, groups, count);
  }

 private:
  bool Match(std::string_view text, RE2::Anchor anchor, re2::StringPiece* groups, int count) const;

  RE2 regexp_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_PATTERN_H_
