#include "coordinator/math/parse.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;

std::string Times(int count, const std::string& piece) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += piece;
  }
  return text;
}

void ExpectRefused(const std::string& text, const std::string& reason) {
  EXPECT_THAT(ParseMath(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason)))
      << text;
}

TEST(ParseMathTest, TellsTheKindsOfAnswersApart) {
  const std::vector<std::pair<std::string, ValueKind>> cases = {
      {"(x+1)(x-1)", ValueKind::kExpression},
      {"(x+1)", ValueKind::kExpression},
      {"(1,2)", ValueKind::kTuple},
      {"[1,2)", ValueKind::kTuple},
      {"\\{1,2\\}", ValueKind::kList},
      {"1, 2", ValueKind::kList},
      {"1,234", ValueKind::kExpression},
      {"(0,1)\\cup[2,3]", ValueKind::kUnion},
      {"x = 1", ValueKind::kRelation},
      {"x \\le 1", ValueKind::kRelation},
      {"\\begin{pmatrix}1\\end{pmatrix}", ValueKind::kMatrix},
      {"no solution", ValueKind::kText},
      {"\\text{Evelyn}", ValueKind::kText}};
  for (const auto& [text, kind] : cases) {
    const auto answer = ParseMath(text);

    ASSERT_TRUE(answer.ok()) << text << ": " << answer.status();
    EXPECT_EQ(answer->value.kind, kind) << text;
  }
}

TEST(ParseMathTest, SaysWhatItDoesNotUnderstand) {
  ExpectRefused("\\int_0^1 x dx", "\"\\int\" is not understood");
  ExpectRefused("\\frac{1}{2", "brackets do not match");
  ExpectRefused("\\frac{1}", "missing");
  ExpectRefused("x +", "missing");
  ExpectRefused("2 ^", "missing");
  ExpectRefused("(1, 2", "brackets do not match");
  ExpectRefused("\\sin^{-2", "brackets do not match");
  ExpectRefused("\\begin{pmatrix}1&2\\\\3\\end{pmatrix}", "matrix");
  ExpectRefused("\\begin{vmatrix}1\\end{vmatrix}", "\"vmatrix\" is not understood");
  ExpectRefused("1 ) 2", "\")\"");
  ExpectRefused("", "nothing");
  ExpectRefused("$ $", "nothing");
  ExpectRefused("\\cot^{-1} x", "inverse function");
}

TEST(ParseMathTest, RefusesWhatIsNestedOrWrittenWithoutEnd) {
  ExpectRefused(Times(300, "("), "nested too deeply");
  ExpectRefused(Times(300, "{"), "nested too deeply");
  ExpectRefused(Times(200, "\\sqrt{"), "nested too deeply");
  ExpectRefused(Times(200, "\\frac1"), "nested too deeply");
  ExpectRefused(Times(300, "2^"), "nested too deeply");
  ExpectRefused(Times(200, "\\sin "), "nested too deeply");
  ExpectRefused(Times(40, "\\{1,") + "2" + Times(40, "\\}"), "nested too deeply");
  ExpectRefused(Times(900, "1,"), "too many parts");
  ExpectRefused(Times(3000, "1+"), "longer than an answer can be");
}

TEST(ParseMathTest, TakesWhatIsLongButFlat) {
  EXPECT_TRUE(ParseMath(Times(600, "x+") + "1").ok());
  EXPECT_TRUE(ParseMath(Times(600, "-") + "1").ok());
  EXPECT_TRUE(ParseMath(Times(400, "2*-") + "1").ok());
  EXPECT_TRUE(ParseMath(Times(600, "!").insert(0, "3")).ok());
}

TEST(ParseMathTest, ReadsAnyBytesOrSaysWhyNot) {
  for (int first = 0; first < 256; ++first) {
    for (const char* tail : {"", "{", "}", "\\", "^", "_", "1", ",", "\xff", "\\text{", "|"}) {
      const std::string text = std::string(1, static_cast<char>(first)) + tail;
      for (const std::string& input : {text, "1" + text + "2"}) {
        const absl::Status status = ParseMath(input).status();
        EXPECT_TRUE(status.ok() || !status.message().empty()) << absl::CHexEscape(input);
        EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
      }
    }
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
