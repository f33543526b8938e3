#ifndef WF_COMMON_DOMAIN_UNIT_H_
#define WF_COMMON_DOMAIN_UNIT_H_

#include <cstdint>

namespace wattfleet {

// A unit is (query, repetition), numbered repetition-major so that a prefix cache never sees a
// prompt twice running: unit = repetition x n + position, n = queries of the sweep's sample.
using Unit = std::int64_t;

struct UnitAddress {
  std::int64_t repetition = 0;
  std::int64_t position = 0;  // place in the sweep's sample, 0-based
  bool operator==(const UnitAddress&) const = default;
};

constexpr Unit UnitOf(UnitAddress address, std::int64_t n) {
  return address.repetition * n + address.position;
}
constexpr UnitAddress AddressOf(Unit unit, std::int64_t n) {
  return {.repetition = unit / n, .position = unit % n};
}

// Half-open range of units of one pair.
struct UnitRange {
  Unit lo = 0;
  Unit hi = 0;
  std::int64_t size() const { return hi - lo; }
  bool contains(Unit unit) const { return lo <= unit && unit < hi; }
  auto operator<=>(const UnitRange&) const = default;
};

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_UNIT_H_
