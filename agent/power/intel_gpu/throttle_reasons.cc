#include "agent/power/intel_gpu/throttle_reasons.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wattfleet::agent {

namespace {

namespace fs = std::filesystem;

// The paths in `folder` whose name begins so, sorted.
std::vector<std::string> PathsIn(const std::string& folder, std::string_view prefix) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator()) {
    if (entry->path().filename().string().starts_with(prefix)) {
      paths.push_back(entry->path().string());
    }
    entry.increment(error);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Of a reason as the drivers name it; 0 for one that is neither, or that says "any".
Flags FlagOf(std::string_view reason) {
  const auto has = [reason](std::string_view part) {
    return reason.find(part) != std::string_view::npos;
  };
  if (has("therm") || has("temp") || reason == "prochot" || reason == "ratl") {
    return kFlagThermalThrottled;
  }
  // Package and card limits, of power (pl1, psys_pl2) and of current (iccmax, vr_tdc).
  const bool is_limit = has("pl1") || has("pl2") || has("pl4") || reason == "psys_crit" ||
                        reason == "iccmax" || reason == "vr_tdc";
  return is_limit ? kFlagPowerCapped : 0;
}

}  // namespace

ThrottleReasons::ThrottleReasons(const DrmCard& card) {
  const auto take = [this](const std::string& folder, std::string_view prefix) {
    for (const std::string& path : PathsIn(folder, prefix)) {
      const Flags flag = FlagOf(fs::path(path).filename().string().substr(prefix.size()));
      auto file = KeptFile::Open(path);
      if (flag != 0 && file.ok()) {
        reasons_.push_back({*std::move(file), flag});
      }
    }
  };
  for (const std::string& tile : PathsIn(card.device_folder, "tile")) {
    for (const std::string& gt : PathsIn(tile, "gt")) {
      for (const std::string& clock : PathsIn(gt, "freq")) {
        take(clock + "/throttle", "reason_");
      }
    }
  }
  for (const std::string& gt :
       PathsIn(fs::path(card.device_folder).parent_path().string() + "/gt", "gt")) {
    take(gt, "throttle_reason_");
  }
}

Flags ThrottleReasons::Read() const {
  Flags flags = 0;
  for (const Reason& reason : reasons_) {
    std::uint64_t value = 0;
    if ((flags & reason.flag) == 0 && reason.file.ReadNumber(value) == ReadFault::kNone &&
        value == 1) {
      flags |= reason.flag;
    }
  }
  return flags;
}

}  // namespace wattfleet::agent
