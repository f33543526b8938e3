#include <algorithm>
#include <numeric>

#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

std::vector<std::int64_t> SampleOf(std::int64_t queries, std::optional<std::int64_t> limit) {
  const std::int64_t size = std::clamp<std::int64_t>(limit.value_or(queries), 0, queries);
  std::vector<std::int64_t> places(static_cast<std::size_t>(size));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

}  // namespace wattfleet::coordinator
