#ifndef WF_TESTS_UNIT_COORDINATOR_ANALYSIS_COLUMNS_EXAMPLES_H_
#define WF_TESTS_UNIT_COORDINATOR_ANALYSIS_COLUMNS_EXAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Columns of `outcomes`, one letter per unit: 'c' correct, 'w' wrong, 'n' no answer, 'p' completed
// but not judged, 'f' failed, 'q' quarantined, '.' open. Completed units last one second.
inline UnitColumns ColumnsOf(std::string_view outcomes, std::int64_t repetitions = 1) {
  UnitColumns columns;
  columns.Reset(static_cast<std::int64_t>(outcomes.size()) / repetitions, repetitions);
  for (std::size_t unit = 0; unit < outcomes.size(); ++unit) {
    const char letter = outcomes[unit];
    if (letter == '.') {
      continue;
    }
    columns.state[unit] = letter == 'f'   ? UnitState::kFailed
                          : letter == 'q' ? UnitState::kQuarantined
                                          : UnitState::kCompleted;
    columns.outcome[unit] = letter == 'c'   ? Outcome::kCorrect
                            : letter == 'w' ? Outcome::kWrong
                            : letter == 'n' ? Outcome::kNoAnswer
                                            : Outcome::kPending;
    columns.duration_ns[unit] = 1'000'000'000;
  }
  return columns;
}

inline void SetMeasured(UnitColumns& columns, std::size_t unit, double joules, double seconds) {
  columns.class_energy[unit] = ClassEnergy::kMeasured;
  columns.class_uj[unit] = static_cast<Microjoules>(joules * 1e6);
  columns.duration_ns[unit] = static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace wattfleet::coordinator

#endif  // WF_TESTS_UNIT_COORDINATOR_ANALYSIS_COLUMNS_EXAMPLES_H_
