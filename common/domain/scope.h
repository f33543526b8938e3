#ifndef WF_COMMON_DOMAIN_SCOPE_H_
#define WF_COMMON_DOMAIN_SCOPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wattfleet {

// What parts of the machine a channel covers. Stored as integers: values are never reused.
// The one table of them is AllScopes().
enum class Scope {
  kAccelerator = 0,
  kCpuPackage = 1,
  kDram = 2,
  kSystemOnChip = 3,
  kModule = 4,
  kPlatform = 5,
  kWall = 6,
  kModelled = 7,
  kSocCpu = 8,
  kSocGpu = 9,
  kSocNeuralEngine = 10,
  kSocGpuSram = 11,
  kSocCompute = 12,
  kNode = 13,
  kRecorded = 14,
};

// Parts of a machine, as bits. Two channels that share a part of one device must not be added.
using PartSet = std::uint32_t;
inline constexpr PartSet kPartAccelerator = 1U << 0;  // a GPU with its memory and board
inline constexpr PartSet kPartCpu = 1U << 1;
inline constexpr PartSet kPartDram = 1U << 2;
inline constexpr PartSet kPartSocGpu = 1U << 3;  // the GPU of a package, without its memory
inline constexpr PartSet kPartNeuralEngine = 1U << 4;
inline constexpr PartSet kPartGpuSram = 1U << 5;
inline constexpr PartSet kPartBoard = 1U << 6;        // storage, network, fans, display, regulators
inline constexpr PartSet kPartPowerSupply = 1U << 7;  // what it loses

struct ScopeRow {
  Scope scope;
  std::string_view name;     // in reports and files
  std::string_view meaning;  // for people
  PartSet parts;
};

// Every scope, in the order of its number.
std::span<const ScopeRow> AllScopes();
const ScopeRow& RowOf(Scope scope);
// The scope of that name, or nothing.
std::optional<Scope> ScopeByName(std::string_view name);
// Whether a sensor of this machine can have it: all but kModelled and kRecorded.
constexpr bool IsSensorScope(Scope scope) {
  return scope != Scope::kModelled && scope != Scope::kRecorded;
}

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_SCOPE_H_
