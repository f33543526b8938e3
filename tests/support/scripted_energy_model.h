#ifndef WF_TESTS_SUPPORT_SCRIPTED_ENERGY_MODEL_H_
#define WF_TESTS_SUPPORT_SCRIPTED_ENERGY_MODEL_H_

#include <functional>
#include <utility>
#include <vector>

#include "agent/power/ioreport/energy_model_reader.h"

namespace wattfleet::testing {

// The Energy Model of a chip that a test makes up.
class ScriptedEnergyModel final : public agent::EnergyModelReader {
 public:
  using Script = std::function<absl::Status(std::vector<agent::EnergyModelEntry>&)>;
  explicit ScriptedEnergyModel(Script script) : script_(std::move(script)) {}

  absl::Status Read(std::vector<agent::EnergyModelEntry>& entries) override {
    return script_(entries);
  }

 private:
  const Script script_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_ENERGY_MODEL_H_
