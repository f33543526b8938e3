#include "common/domain/class_table.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace wattfleet {

std::string ScopeNames(ScopeSet scopes) {
  std::vector<std::string_view> names;
  for (const ScopeRow& row : AllScopes()) {
    if ((scopes & ScopeBit(row.scope)) != 0) {
      names.push_back(row.name);
    }
  }
  return absl::StrJoin(names, " + ",
                       [](std::string* out, std::string_view name) { out->append(name); });
}

DeviceKind DeviceKindOf(std::string_view accelerator) {
  if (accelerator == "cpu" || accelerator.starts_with("cpu-")) {
    return DeviceKind::kCpu;
  }
  if (accelerator.starts_with("apple-") || accelerator.starts_with("nvidia-jetson-")) {
    return DeviceKind::kIntegrated;
  }
  return DeviceKind::kDiscrete;
}

std::vector<std::string> EnergyClasses() {
  std::vector<std::string> classes;
  for (const ClassRow& row : kClassRows) {
    if (std::find(classes.begin(), classes.end(), row.asked) == classes.end()) {
      classes.emplace_back(row.asked);
    }
  }
  return classes;
}

bool IsEnergyClass(std::string_view name) {
  return std::any_of(kClassRows.begin(), kClassRows.end(),
                     [&](const ClassRow& row) { return row.asked == name; });
}

std::string_view ClassName(std::string_view name) {
  return name == "accelerator" ? "paper" : name;
}

}  // namespace wattfleet
