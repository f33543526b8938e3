#include "common/domain/scope.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace wattfleet {

namespace {

constexpr PartSet kSocComputeParts = kPartCpu | kPartSocGpu | kPartNeuralEngine;
constexpr PartSet kSocParts = kSocComputeParts | kPartGpuSram | kPartDram;
constexpr PartSet kNodeParts = kSocParts | kPartAccelerator | kPartBoard;

constexpr std::array kRows = std::to_array<ScopeRow>({
    {Scope::kAccelerator, "accelerator", "the device alone: board or chip", kPartAccelerator},
    {Scope::kCpuPackage, "cpu-package", "a processor package, without its memory", kPartCpu},
    {Scope::kDram, "dram", "the host's memory", kPartDram},
    {Scope::kSystemOnChip, "system-on-chip", "processor, GPU and memory of one package", kSocParts},
    {Scope::kModule, "module", "an accelerator module with its processor and memory",
     kPartAccelerator | kPartCpu | kPartDram},
    {Scope::kPlatform, "platform", "packages and platform, without the GPUs beside them",
     kPartCpu | kPartDram | kPartBoard},
    {Scope::kWall, "wall", "at the plug", kNodeParts | kPartPowerSupply},
    {Scope::kModelled, "modelled", "not a sensor", 0},
    {Scope::kSocCpu, "soc-cpu", "the processor of a package", kPartCpu},
    {Scope::kSocGpu, "soc-gpu", "the GPU of a package", kPartSocGpu},
    {Scope::kSocNeuralEngine, "soc-neural-engine", "the neural engine of a package",
     kPartNeuralEngine},
    {Scope::kSocGpuSram, "soc-gpu-sram", "the GPU's own memory on a package", kPartGpuSram},
    {Scope::kSocCompute, "soc-compute", "processor, GPU and neural engine of a package, no memory",
     kSocComputeParts},
    {Scope::kNode, "node", "the whole machine, behind its power supply", kNodeParts},
    {Scope::kRecorded, "recorded", "drawn elsewhere or at another time: no sensor here", 0},
});

constexpr bool IsInOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].scope) != i) {
      return false;
    }
  }
  return true;
}
static_assert(IsInOrder());

}  // namespace

std::span<const ScopeRow> AllScopes() {
  return kRows;
}

const ScopeRow& RowOf(Scope scope) {
  return kRows[static_cast<std::size_t>(scope)];
}

std::optional<Scope> ScopeByName(std::string_view name) {
  const auto at = std::find_if(kRows.begin(), kRows.end(),
                               [&](const ScopeRow& row) { return row.name == name; });
  return at == kRows.end() ? std::nullopt : std::optional<Scope>(at->scope);
}

}  // namespace wattfleet
