// One target as libFuzzer runs it: WF_FUZZ_TARGET is its name.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/check/check.h"
#include "tests/fuzz/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const wattfleet::testing::FuzzTarget& target = []() -> const auto& {
    const auto targets = wattfleet::testing::FuzzTargets();
    const auto found = std::find_if(targets.begin(), targets.end(), [](const auto& each) {
      return each.name == std::string_view(WF_FUZZ_TARGET);
    });
    WF_CHECK(found != targets.end());
    return *found;
  }
  ();
  target.run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
