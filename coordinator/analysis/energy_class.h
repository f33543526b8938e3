#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"

#include "common/domain/class_table.h"
#include "common/domain/energy.h"
#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// One channel of one agent, as the choice of channels sees it.
struct ClassChannel {
  std::int64_t channel_id = 0;
  std::int64_t agent = 0;
  Scope scope = Scope::kAccelerator;
  std::string_view source;
};

// The channels whose sum is a class. Within one agent and scope only one source is taken (nvml
// before others, else the first by name), since two sources of one scope see the same device.
struct ClassChoice {
  std::optional<ClassRow> row;  // absent: no row of the class can be measured by any agent
  absl::flat_hash_map<std::int64_t, Scope> channels;
};

// `channels` are those of the agents that worked for the pair. The first row that every agent can
// measure; where there is none, the first that any can (the others' results are then partial).
ClassChoice ChooseChannels(std::string_view asked_class, DeviceKind device,
                           std::span<const ClassChannel> channels);

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
