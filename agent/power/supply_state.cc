#include "agent/power/supply_state.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace wattfleet::agent {

const char* SupplyName(SupplyState state) {
  return state == SupplyState::kMains ? "mains" : "battery";
}

SupplyWatcher::SupplyWatcher(const std::string& sysfs_root) {
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(sysfs_root + "/class/power_supply", error)) {
    const std::string folder = entry.path().string();
    const std::string type = ReadFirstLine(folder + "/type").value_or("");
    const bool is_of_machine = ReadFirstLine(folder + "/scope").value_or("System") != "Device";
    if (type == "Mains" || type == "USB") {
      if (auto online = KeptFile::Open(folder + "/online"); online.ok()) {
        mains_online_.push_back(*std::move(online));
        has_supplies_ = true;
      }
    } else if (type == "Battery" && is_of_machine) {
      has_battery_ = true;
      has_supplies_ = true;
      if (auto status = KeptFile::Open(folder + "/status"); status.ok()) {
        battery_status_.push_back(*std::move(status));
      }
    }
  }
}

std::optional<SupplyState> SupplyWatcher::ReadBatteries() const {
  std::optional<SupplyState> state;
  for (const KeptFile& file : battery_status_) {
    std::array<char, 32> buffer{};
    std::string_view text;
    if (file.Read(buffer, text) == ReadFault::kNone) {
      if (text.substr(0, text.find('\n')) == "Discharging") {
        return SupplyState::kBattery;
      }
      state = SupplyState::kMains;
    }
  }
  return state;
}

std::optional<SupplyState> SupplyWatcher::Read() const {
  if (!has_supplies_) {
    return std::nullopt;
  }
  bool is_told = true;
  for (const KeptFile& file : mains_online_) {
    std::uint64_t online = 0;
    const ReadFault fault = file.ReadNumber(online);
    if (fault == ReadFault::kNone && online != 0) {
      return SupplyState::kMains;
    }
    is_told = is_told && fault == ReadFault::kNone;
  }
  if (!has_battery_) {
    return SupplyState::kMains;
  }
  if (mains_online_.empty()) {
    return ReadBatteries();
  }
  return is_told ? std::optional(SupplyState::kBattery) : std::nullopt;
}

}  // namespace wattfleet::agent
