#ifndef WF_COMMON_ENERGY_REDUCER_STATE_H_
#define WF_COMMON_ENERGY_REDUCER_STATE_H_

#include <cstdint>
#include <optional>

#include "common/domain/energy.h"
#include "common/domain/flags.h"
#include "common/energy/wide_integer.h"

namespace wattfleet {

// Where a chain of intervals stands.
struct ChainState {
  std::optional<std::int64_t> edge_ns;
  Microjoules kept = 0;  // from readings that came with no time passed
  Int128 remainder = 0;  // in units of 1/remainder_denominator microjoules
  Int128 remainder_denominator = 1;
  bool operator==(const ChainState&) const = default;
};

// All that a reducer remembers of the readings so far: another one of the same channel that takes
// it up goes on exactly as the first would. Each kind uses what it needs and leaves the rest.
struct ReducerState {
  ChainState chain;
  Flags pending = 0;
  bool has_last = false;
  std::uint64_t last_raw = 0;
  std::int64_t last_ns = 0;
  std::int64_t first_ns = 0;
  bool has_knot = false;
  bool repeated = false;
  std::int32_t changes_in_a_row = 0;
  Flags last_flags = 0;  // of the last value
  bool operator==(const ReducerState&) const = default;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_REDUCER_STATE_H_
