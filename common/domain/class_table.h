#ifndef WF_COMMON_DOMAIN_CLASS_TABLE_H_
#define WF_COMMON_DOMAIN_CLASS_TABLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/scope.h"

namespace wattfleet {

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

// Sets of scopes that classes are made of.
inline constexpr ScopeSet kSocPartsApart =
    ScopeBit(Scope::kSocCpu) | ScopeBit(Scope::kSocGpu) | ScopeBit(Scope::kSocNeuralEngine);
inline constexpr ScopeSet kSocCpuAndGpu = ScopeBit(Scope::kSocCpu) | ScopeBit(Scope::kSocGpu);
inline constexpr ScopeSet kSocMemories = ScopeBit(Scope::kDram) | ScopeBit(Scope::kSocGpuSram);
inline constexpr ScopeSet kGpuAndCpu = ScopeBit(Scope::kAccelerator) | ScopeBit(Scope::kCpuPackage);

// The one table of classes, in order of preference, after reference energy section 7: `paper` is
// what the intelligence-per-watt paper sums, `host` adds the CPU and memory that feed the device,
// `wall` is at the plug. A module's or package's sensor contains the accelerator's, so no row adds
// the two: rows are alternatives, and a figure is made of one. A host without a DRAM sensor is
// another class, `host-nodram`: no constant fills the gap; it can be asked for by name, to compare
// with hosts that have one. Platform and node sensors cover more than `host` and less than `wall`:
// in no class. `facility` is not measured but derived: `wall` x PUE.
inline constexpr auto kClassRows = std::to_array<ClassRow>({
    {"paper", "paper", DeviceKind::kDiscrete, ScopeBit(Scope::kAccelerator)},
    {"paper", "paper", DeviceKind::kIntegrated, kSocPartsApart},
    {"paper", "paper", DeviceKind::kIntegrated, ScopeBit(Scope::kSocCompute)},
    {"paper", "paper", DeviceKind::kIntegrated, kSocCpuAndGpu},
    {"paper", "paper", DeviceKind::kIntegrated, ScopeBit(Scope::kSystemOnChip)},
    {"paper", "paper", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage)},
    {"paper", "paper", DeviceKind::kCpu, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host", DeviceKind::kDiscrete, ScopeBit(Scope::kModule)},
    {"host", "host", DeviceKind::kDiscrete, kGpuAndCpu | ScopeBit(Scope::kDram)},
    {"host", "host-nodram", DeviceKind::kDiscrete, kGpuAndCpu},
    {"host", "host", DeviceKind::kIntegrated, kSocPartsApart | kSocMemories},
    {"host", "host", DeviceKind::kIntegrated, ScopeBit(Scope::kSocCompute) | kSocMemories},
    {"host", "host", DeviceKind::kIntegrated, kSocPartsApart | ScopeBit(Scope::kDram)},
    {"host", "host", DeviceKind::kIntegrated, kSocCpuAndGpu | ScopeBit(Scope::kDram)},
    {"host", "host", DeviceKind::kIntegrated, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host-nodram", DeviceKind::kIntegrated, kSocPartsApart},
    {"host", "host-nodram", DeviceKind::kIntegrated, ScopeBit(Scope::kSocCompute)},
    {"host", "host-nodram", DeviceKind::kIntegrated, kSocCpuAndGpu},
    {"host", "host", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage) | ScopeBit(Scope::kDram)},
    {"host", "host", DeviceKind::kCpu, ScopeBit(Scope::kSystemOnChip)},
    {"host", "host-nodram", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage)},
    {"host-nodram", "host-nodram", DeviceKind::kDiscrete, kGpuAndCpu},
    {"host-nodram", "host-nodram", DeviceKind::kIntegrated, kSocPartsApart},
    {"host-nodram", "host-nodram", DeviceKind::kIntegrated, ScopeBit(Scope::kSocCompute)},
    {"host-nodram", "host-nodram", DeviceKind::kIntegrated, kSocCpuAndGpu},
    {"host-nodram", "host-nodram", DeviceKind::kCpu, ScopeBit(Scope::kCpuPackage)},
    {"wall", "wall", DeviceKind::kDiscrete, ScopeBit(Scope::kWall)},
    {"wall", "wall", DeviceKind::kIntegrated, ScopeBit(Scope::kWall)},
    {"wall", "wall", DeviceKind::kCpu, ScopeBit(Scope::kWall)},
});

// Derived from `wall` by a PUE that somebody gives; never measured.
inline constexpr std::string_view kFacilityClass = "facility";

// The classes that can be measured: paper, host, host-nodram, wall.
std::vector<std::string> EnergyClasses();
bool IsEnergyClass(std::string_view name);
// The name in force of a class that was once called otherwise: `accelerator` is `paper`.
std::string_view ClassName(std::string_view name);

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_CLASS_TABLE_H_
