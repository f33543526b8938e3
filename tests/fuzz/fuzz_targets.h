#ifndef WF_TESTS_FUZZ_FUZZ_TARGETS_H_
#define WF_TESTS_FUZZ_FUZZ_TARGETS_H_

#include <span>
#include <string_view>

namespace wattfleet::testing {

// A reader of bytes that come from outside. `run` takes any input and ends the program when what
// comes out breaks the target's rule; for all of them: no number that is negative, infinite or no
// number leaves.
struct FuzzTarget {
  const char* name;  // and of its folder below corpus/
  void (*run)(std::string_view input);
};

std::span<const FuzzTarget> FuzzTargets();

}  // namespace wattfleet::testing

#endif  // WF_TESTS_FUZZ_FUZZ_TARGETS_H_
