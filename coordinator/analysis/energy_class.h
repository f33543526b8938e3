#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_

#include <cstdint>
#include <optional>
#include <span>

#include "common/domain/class_choice.h"
#include "common/domain/energy.h"
#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Energy of one result on one channel.
struct ChannelReading {
  std::int64_t channel_id = 0;
  EnergyStatus status = EnergyStatus::kUnmeasurable;
  std::optional<Microjoules> gross;
  Flags flags = 0;
};

struct UnitEnergy {
  ClassEnergy state = ClassEnergy::kAbsent;
  Microjoules gross = 0;  // where kMeasured
  std::optional<Microjoules> modelled;
  std::optional<Microjoules> imported;
};

// One result's energy. Measured only when every scope of the chosen row has a channel and every
// chosen channel is kMeasured without a flag that spoils energy, on it or on the result. Modelled
// and imported readings are summed apart and never into the class.
UnitEnergy SumOfClass(const ClassChoice& choice, std::span<const ChannelReading> readings,
                      Flags result_flags);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_
