#include "coordinator/grading/pattern.h"

#include "common/check/check.h"

namespace wattfleet::coordinator {
namespace {

RE2::Options Bytes() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  return options;
}

}  // namespace

Pattern::Pattern(const char* spelling) : regexp_(spelling, Bytes()) {
  WF_CHECK(regexp_.ok());
}

bool Pattern::Match(std::string_view text, RE2::Anchor anchor, re2::StringPiece* groups,
                    int count) const {
  return regexp_.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), anchor, groups,
                       count);
}

}  // namespace wattfleet::coordinator
