#ifndef WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_H_
#define WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "agent/power/ioreport/energy_model_reader.h"
#include "common/domain/scope.h"

namespace wattfleet::agent {

// Which part of an Apple chip a channel of the Energy Model counts, by its name: [DIE_<n>_]"CPU
// Energy", "GPU Energy", and "ANE", "DRAM" or "GPU SRAM", which may have " Energy", <n> or
// <n>_<die> behind them. Nothing for all others: cores, clusters and their managers ("EACC_CPU0",
// "PCPU", "MCPU0_1", "PACC_0", "PCPM") are inside "CPU Energy", "GPU0_0" is inside "GPU Energy".
struct EnergyModelPart {
  Scope scope = Scope::kSocCpu;
  // How finely the name divides its part: 0 all of it, 1 a numbered block, 2 a block of one die.
  // Where names of several levels occur, only those of the least are added.
  int level = 0;
  bool operator==(const EnergyModelPart&) const = default;
};
std::optional<EnergyModelPart> PartOfEntry(std::string_view name);

// Nanojoules per unit: "nJ", "uJ" or "mJ", blanks around it. Nothing for any other label.
std::optional<std::int64_t> NanojoulesPerUnit(std::string_view label);

// Adds up the channels of each part of the chip, as counters in nanojoules that begin at 0 when
// this is made. Members are subtracted before they are scaled, so no unit overflows or is rounded.
class EnergyModel {
 public:
  struct Part {
    Scope scope;
    std::vector<std::pair<std::string, std::string>> members;  // name and unit
  };

  // NOT_FOUND: no entry belongs to a part. UNIMPLEMENTED: one that does has an unknown unit.
  static absl::StatusOr<EnergyModel> Make(std::span<const EnergyModelEntry> entries);

  // In the order CPU, GPU, neural engine, DRAM, GPU SRAM; those that the chip has.
  const std::vector<Part>& parts() const { return parts_; }

  // The counter of each part after `entries`; nothing for one of which a member is missing or has
  // changed its unit. When a member steps back, its part begins at 0 again. Allocates nothing.
  void Read(std::span<const EnergyModelEntry> entries,
            std::span<std::optional<std::uint64_t>> counters);

 private:
  struct Member {
    std::size_t part = 0;
    std::string unit;
    std::uint64_t nanojoules = 1;  // per unit
    std::int64_t start = 0;
    std::int64_t last = 0;
    bool is_seen = false;  // in this read
  };
  // A member's advance in nanojoules since its start; nothing where it does not fit.
  static std::optional<std::uint64_t> Advance(const Member& member);
  void Restart(std::size_t part);

  std::vector<Part> parts_;
  absl::flat_hash_map<std::string, Member> members_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_IOREPORT_ENERGY_MODEL_H_
