#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_CLASS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "common/domain/energy.h"
#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Which scopes: bit i is Scope(i).
using ScopeSet = std::uint32_t;
constexpr ScopeSet ScopeBit(Scope scope) {
  return ScopeSet{1} << static_cast<unsigned>(scope);
}
// "accelerator + cpu-package + dram".
std::string ScopeNames(ScopeSet scopes);

// What kind of device a pair runs on, as far as it decides which sensors cover it.
enum class DeviceKind {
  kDiscrete,    // beside its host: GPUs
  kIntegrated,  // one package with CPU and memory: Macs, Jetsons
  kCpu,
};
// By the accelerator's id: `cpu-...` is a CPU, `apple-...` and `nvidia-jetson-...` are integrated;
// anything else is discrete, so that an unknown device is never called measured without a sensor
// of its own.
DeviceKind DeviceKindOf(std::string_view accelerator);

// One way to measure a class of energy on a kind of device: the sum over `scopes`, which cover
// disjoint parts of the machine and must all be measured. Figures are comparable within one `name`.
struct ClassRow {
  std::string_view asked;  // the class that a report is asked for
  std::string_view name;   // the class that this sum is
  DeviceKind device;
  ScopeSet scopes;
};

// The one table of classes, in order of preference, after reference energy section 7: `accelerator`
// is what the intelligence-per-watt paper sums, `host` adds the CPU and memory that feed the
// device, `wall` is at the plug. A module's or package's sensor contains the accelerator's, so no
// row adds the two. A host without a DRAM sensor is another class, `host-nodram`: no constant fills
// the gap. Platform sensors (psys) cover more than `host` and less than `wall`: in no class.
inline constexpr auto kClassRows = std::to_array<ClassRow>({
    {"accelerator", "accelerator", DeviceKind::kDiscrete, ScopeBit(Scope::kAccelerator)},
    {"accelerator", "accelerator", DeviceKind::kIntegrated, ScopeBit(Scope::kSystemOnChip)},
    {"accelerator", "accelerator", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage)},
    {"accelerator", "accelerator", DeviceKind::kCpu, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host", DeviceKind::kDiscrete, ScopeBit(Scope::kModule)},
    {"host", "host", DeviceKind::kDiscrete,
     ScopeBit(Scope::kAccelerator) | ScopeBit(Scope::kCpuPackage) | ScopeBit(Scope::kDram)},
    {"host", "host-nodram", DeviceKind::kDiscrete,
     ScopeBit(Scope::kAccelerator) | ScopeBit(Scope::kCpuPackage)},
    {"host", "host", DeviceKind::kIntegrated, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage) | ScopeBit(Scope::kDram)},
    {"host", "host", DeviceKind::kCpu, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host-nodram", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage)},
    {"wall", "wall", DeviceKind::kDiscrete, ScopeBit(Scope::kWall)},
    {"wall", "wall", DeviceKind::kIntegrated, ScopeBit(Scope::kWall)},
    {"wall", "wall", DeviceKind::kCpu, ScopeBit(Scope::kWall)},
});

// The classes that a report can be asked for: accelerator, host, wall.
std::vector<std::string> EnergyClasses();
bool IsEnergyClass(std::string_view name);

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
