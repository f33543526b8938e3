#ifndef WF_TESTS_SUPPORT_SHARED_DATA_H_
#define WF_TESTS_SUPPORT_SHARED_DATA_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace wattfleet::testing {

// The path of a public data set beside the checkout, or below the directory that the environment
// variable WF_SHARED_DATA names.
inline std::string SharedData(const std::string& name) {
  const char* set = std::getenv("WF_SHARED_DATA");
  return (set != nullptr ? std::string(set) : std::string(WF_SOURCE_DIR "/../shared/data")) + "/" +
         name;
}

}  // namespace wattfleet::testing

// Skips the test, saying why, where a public data set is not installed.
#define WF_SKIP_WITHOUT(path)                         \
  if (!std::filesystem::exists(path)) {               \
    GTEST_SKIP() << (path) << " is not on this disk"; \
  }                                                   \
  static_assert(true, "")

#endif  // WF_TESTS_SUPPORT_SHARED_DATA_H_
