#include "coordinator/analysis/energy_class.h"

namespace wattfleet::coordinator {

namespace {

void AddTo(std::optional<Microjoules>& sum, Microjoules gross) {
  sum = sum.value_or(0) + gross;
}

}  // namespace

UnitEnergy SumOfClass(const ClassChoice& choice, std::span<const ChannelReading> readings,
                      Flags result_flags) {
  UnitEnergy energy;
  ScopeSet seen = 0;
  bool is_valid = (result_flags & FlagsThatSpoilEnergy()) == 0;
  for (const ChannelReading& reading : readings) {
    if (reading.status == EnergyStatus::kModelled || reading.status == EnergyStatus::kImported) {
      if (reading.gross) {
        AddTo(reading.status == EnergyStatus::kModelled ? energy.modelled : energy.imported,
              *reading.gross);
      }
      continue;
    }
    const auto chosen = choice.channels.find(reading.channel_id);
    if (chosen == choice.channels.end()) {
      continue;
    }
    seen |= ScopeBit(chosen->second);
    is_valid = is_valid && reading.status == EnergyStatus::kMeasured && reading.gross &&
               (reading.flags & FlagsThatSpoilEnergy()) == 0;
    energy.gross += reading.gross.value_or(0);
  }
  if (seen == 0) {
    energy.state = ClassEnergy::kAbsent;
  } else if (seen != choice.row->scopes) {
    energy.state = ClassEnergy::kPartial;
  } else {
    energy.state = is_valid ? ClassEnergy::kMeasured : ClassEnergy::kInvalid;
  }
  return energy;
}

}  // namespace wattfleet::coordinator
