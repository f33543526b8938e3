#ifndef WF_TESTS_BENCH_MUST_H_
#define WF_TESTS_BENCH_MUST_H_

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet {

// A bench that cannot do its work says why and ends with 1.
inline void Must(const absl::Status& status) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::exit(1);
  }
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

}  // namespace wattfleet

#endif  // WF_TESTS_BENCH_MUST_H_
