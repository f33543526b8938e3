#ifndef WF_COORDINATOR_WORKLOAD_STRATIFIED_ORDER_H_
#define WF_COORDINATOR_WORKLOAD_STRATIFIED_ORDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wattfleet::coordinator {

// One row of an import, as far as its place is concerned.
struct OrderedRow {
  std::uint64_t draw = 0;     // DrawOf its id: the row's place within its stratum
  std::uint32_t stratum = 0;  // index into the strata
  std::uint32_t row = 0;      // in the order of the files
};

// A uniform 64-bit draw for a text, keyed by the seed; the same on every platform.
std::uint64_t DrawOf(std::string_view text, std::uint64_t seed);

// Sorts rows so that every prefix is a fair sample. Each stratum s of n_s rows is shuffled by its
// rows' draws; its row of rank r gets the place (r + u_s) / n_s, u_s in [0, 1) drawn from the
// stratum's name; rows are sorted by place. Below any place t, then, every stratum has t * n_s rows
// to within one. The order depends on the rows and the seed only, not on that of files or lines.
void StratifiedOrder(const std::vector<std::string>& strata, std::uint64_t seed,
                     std::vector<OrderedRow>& rows);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_STRATIFIED_ORDER_H_
