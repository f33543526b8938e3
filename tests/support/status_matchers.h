#ifndef WF_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define WF_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <gmock/gmock.h>

namespace wattfleet::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// Matches an error's code and its message.
MATCHER_P2(StatusIs, code, message, "has the status code and message") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code &&
         ::testing::ExplainMatchResult(message, std::string(StatusOf(arg).message()),
                                       result_listener);
}

// Matches an error's code.
template <typename Code>
auto StatusIs(Code code) {
  return StatusIs(code, ::testing::_);
}

// Matches a StatusOr that is OK by its value.
MATCHER_P(IsOkAndHolds, value, "is OK and holds what is expected") {
  *result_listener << StatusOf(arg).ToString();
  return arg.ok() && ::testing::ExplainMatchResult(value, *arg, result_listener);
}

}  // namespace wattfleet::testing

#define WF_ASSERT_OK(expr) ASSERT_THAT((expr), ::wattfleet::testing::IsOk())
#define WF_EXPECT_OK(expr) EXPECT_THAT((expr), ::wattfleet::testing::IsOk())
// Binds `lhs` to the value, or fails the test.
#define WF_ASSERT_OK_AND_ASSIGN(lhs, expr) \
  WF_ASSERT_OK_AND_ASSIGN_(WF_TEST_CONCAT_(status_or_, __LINE__), lhs, expr)
#define WF_TEST_CONCAT_INNER_(a, b) a##b
#define WF_TEST_CONCAT_(a, b) WF_TEST_CONCAT_INNER_(a, b)
#define WF_ASSERT_OK_AND_ASSIGN_(tmp, lhs, expr)  \
  auto tmp = (expr);                              \
  ASSERT_THAT(tmp, ::wattfleet::testing::IsOk()); \
  lhs = *std::move(tmp)

#endif  // WF_TESTS_SUPPORT_STATUS_MATCHERS_H_
