#include "common/random/random.h"

#include "common/check/check.h"

namespace wattfleet {

std::uint64_t Random::Below(std::uint64_t bound) {
  WF_CHECK(bound > 0);
  const std::uint64_t threshold = (0 - bound) % bound;
  while (true) {
    const std::uint64_t value = engine_();
    if (value >= threshold) {
      return value % bound;
    }
  }
}

std::uint64_t SeedFromSystem() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace wattfleet
