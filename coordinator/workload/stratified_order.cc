#include "coordinator/workload/stratified_order.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include <xxhash.h>

namespace wattfleet::coordinator {
namespace {

struct Placed {
  double place = 0;
  OrderedRow row;
};

}  // namespace

std::uint64_t DrawOf(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

void StratifiedOrder(const std::vector<std::string>& strata, std::uint64_t seed,
                     std::vector<OrderedRow>& rows) {
  std::sort(rows.begin(), rows.end(), [](const OrderedRow& a, const OrderedRow& b) {
    return std::tie(a.stratum, a.draw, a.row) < std::tie(b.stratum, b.draw, b.row);
  });
  std::vector<Placed> placed;
  placed.reserve(rows.size());
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::uint32_t stratum = rows[begin].stratum;
    std::size_t end = begin;
    while (end < rows.size() && rows[end].stratum == stratum) {
      ++end;
    }
    const double offset = static_cast<double>(DrawOf(strata[stratum], ~seed) >> 11) * 0x1.0p-53;
    for (std::size_t i = begin; i < end; ++i) {
      const double place =
          (static_cast<double>(i - begin) + offset) / static_cast<double>(end - begin);
      placed.push_back({.place = place, .row = rows[i]});
    }
    begin = end;
  }
  std::sort(placed.begin(), placed.end(), [&strata](const Placed& a, const Placed& b) {
    if (a.place != b.place) {
      return a.place < b.place;
    }
    return std::tie(strata[a.row.stratum], a.row.draw) <
           std::tie(strata[b.row.stratum], b.row.draw);
  });
  std::transform(placed.begin(), placed.end(), rows.begin(), [](const Placed& p) { return p.row; });
}

}  // namespace wattfleet::coordinator
