#include "agent/power/ioreport/energy_model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace wattfleet::agent {

namespace {

struct Block {
  std::string_view name;
  Scope scope;
};
constexpr std::array kBlocks = std::to_array<Block>({
    {"ANE", Scope::kSocNeuralEngine},
    {"DRAM", Scope::kDram},
    {"GPU SRAM", Scope::kSocGpuSram},
});
constexpr std::array kOrder = {Scope::kSocCpu, Scope::kSocGpu, Scope::kSocNeuralEngine,
                               Scope::kDram, Scope::kSocGpuSram};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits at the front; false when there are none.
bool ConsumeDigits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && IsDigit(text[n])) {
    ++n;
  }
  text.remove_prefix(n);
  return n > 0;
}

// Takes "DIE_<n>_".
bool ConsumeDie(std::string_view& name) {
  constexpr std::string_view kDie = "DIE_";
  std::string_view rest = name;
  if (!rest.starts_with(kDie)) {
    return false;
  }
  rest.remove_prefix(kDie.size());
  if (!ConsumeDigits(rest) || !rest.starts_with('_')) {
    return false;
  }
  name = rest.substr(1);
  return true;
}

// "", "0" or "0_1" after the name of a block: 0, 1, 2.
std::optional<int> LevelOf(std::string_view rest) {
  if (rest.empty()) {
    return 0;
  }
  if (!ConsumeDigits(rest)) {
    return std::nullopt;
  }
  if (rest.empty()) {
    return 1;
  }
  const bool is_die = rest.starts_with('_') && (rest.remove_prefix(1), ConsumeDigits(rest));
  return is_die && rest.empty() ? std::optional(2) : std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::optional<EnergyModelPart> PartOfEntry(std::string_view name) {
  constexpr std::string_view kEnergy = " Energy";
  name = Trimmed(name);
  const int die_level = ConsumeDie(name) ? 2 : 0;
  if (name == "CPU Energy") {
    return EnergyModelPart{Scope::kSocCpu, die_level};
  }
  if (name == "GPU Energy") {
    return EnergyModelPart{Scope::kSocGpu, die_level};
  }
  for (const Block& block : kBlocks) {
    if (!name.starts_with(block.name)) {
      continue;
    }
    std::string_view rest = name.substr(block.name.size());
    if (rest.ends_with(kEnergy)) {
      rest.remove_suffix(kEnergy.size());
    }
    const std::optional<int> level = LevelOf(rest);
    return level ? std::optional(EnergyModelPart{block.scope, std::max(*level, die_level)})
                 : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::int64_t> NanojoulesPerUnit(std::string_view label) {
  label = Trimmed(label);
  if (label == "nJ") {
    return 1;
  }
  if (label == "uJ" || label == "\u00b5J" || label == "\u03bcJ") {
    return 1'000;
  }
  if (label == "mJ") {
    return 1'000'000;
  }
  return std::nullopt;
}

absl::StatusOr<EnergyModel> EnergyModel::Make(std::span<const EnergyModelEntry> entries) {
  std::map<Scope, int> least_level;
  for (const EnergyModelEntry& entry : entries) {
    if (const auto part = PartOfEntry(entry.name)) {
      const auto [level, is_new] = least_level.try_emplace(part->scope, part->level);
      level->second = std::min(level->second, part->level);
    }
  }
  EnergyModel model;
  for (const Scope scope : kOrder) {
    if (least_level.contains(scope)) {
      model.parts_.push_back({scope, {}});
    }
  }
  for (const EnergyModelEntry& entry : entries) {
    const auto part = PartOfEntry(entry.name);
    if (!part || part->level != least_level.at(part->scope) ||
        model.members_.contains(entry.name)) {
      continue;
    }
    const std::optional<std::int64_t> nanojoules = NanojoulesPerUnit(entry.unit);
    if (!nanojoules) {
      return absl::UnimplementedError(absl::StrFormat(
          "channel \"%s\" counts in \"%s\", not in nJ, uJ or mJ", entry.name, entry.unit));
    }
    const auto at = std::find_if(model.parts_.begin(), model.parts_.end(),
                                 [&part](const Part& p) { return p.scope == part->scope; });
    at->members.emplace_back(entry.name, std::string(Trimmed(entry.unit)));
    model.members_[entry.name] = {static_cast<std::size_t>(at - model.parts_.begin()), entry.unit,
                                  static_cast<std::uint64_t>(*nanojoules), entry.value,
                                  entry.value};
  }
  if (model.parts_.empty()) {
    return absl::NotFoundError(absl::StrFormat(
        "none of the %d channels of the Energy Model is a part of a chip", entries.size()));
  }
  return model;
}

std::optional<std::uint64_t> EnergyModel::Advance(const Member& member) {
  // Exact, as the value is not below the start.
  const std::uint64_t units =
      static_cast<std::uint64_t>(member.last) - static_cast<std::uint64_t>(member.start);
  return units <= std::numeric_limits<std::uint64_t>::max() / member.nanojoules
             ? std::optional(units * member.nanojoules)
             : std::nullopt;
}

void EnergyModel::Restart(std::size_t part) {
  for (auto& [name, member] : members_) {
    if (member.part == part) {
      member.start = member.last;
    }
  }
}

void EnergyModel::Read(std::span<const EnergyModelEntry> entries,
                       std::span<std::optional<std::uint64_t>> counters) {
  std::array<bool, kOrder.size()> has_stepped_back{};
  for (auto& [name, member] : members_) {
    member.is_seen = false;
  }
  for (const EnergyModelEntry& entry : entries) {
    const auto found = members_.find(entry.name);
    if (found == members_.end() || found->second.is_seen || found->second.unit != entry.unit) {
      continue;
    }
    Member& member = found->second;
    member.is_seen = true;
    has_stepped_back[member.part] = has_stepped_back[member.part] || entry.value < member.last;
    member.last = entry.value;
  }
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    counters[part] = 0;
    if (has_stepped_back[part]) {
      Restart(part);
    }
  }
  for (const auto& [name, member] : members_) {
    std::optional<std::uint64_t>& sum = counters[member.part];
    const std::optional<std::uint64_t> advance = Advance(member);
    if (!member.is_seen || !advance || !sum ||
        *sum > std::numeric_limits<std::uint64_t>::max() - *advance) {
      sum = std::nullopt;
    } else {
      *sum += *advance;
    }
  }
}

}  // namespace wattfleet::agent
