#ifndef WF_COMMON_CHECK_CHECK_H_
#define WF_COMMON_CHECK_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace wattfleet::check_internal {

[[noreturn]] inline void Fail(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: WF_CHECK(%s) failed\n", file, line, condition);
  std::abort();
}

}  // namespace wattfleet::check_internal

// Aborts, in release builds too, when an invariant of ours is broken. Never for what a peer, a
// disk, a device or a person did: those are absl::Status.
#define WF_CHECK(condition) \
  ((condition) ? (void)0 : ::wattfleet::check_internal::Fail(__FILE__, __LINE__, #condition))

#endif  // WF_COMMON_CHECK_CHECK_H_
