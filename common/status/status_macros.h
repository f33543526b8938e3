#ifndef WF_COMMON_STATUS_STATUS_MACROS_H_
#define WF_COMMON_STATUS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define WF_CONCAT_INNER_(a, b) a##b
#define WF_CONCAT_(a, b) WF_CONCAT_INNER_(a, b)

// Returns from the enclosing function when `expr` is an error.
#define WF_RETURN_IF_ERROR(expr)                                               \
  do {                                                                         \
    if (absl::Status wf_status_ = (expr); !wf_status_.ok()) return wf_status_; \
  } while (false)

// Binds `lhs` to the value of the StatusOr `expr`, or returns its error.
#define WF_ASSIGN_OR_RETURN(lhs, expr) \
  WF_ASSIGN_OR_RETURN_(WF_CONCAT_(wf_status_or_, __LINE__), lhs, expr)
#define WF_ASSIGN_OR_RETURN_(tmp, lhs, expr)     \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)

#endif  // WF_COMMON_STATUS_STATUS_MACROS_H_
