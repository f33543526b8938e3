#include "agent/power/drm_card.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>

#include "absl/strings/numbers.h"

#include "agent/power/temperature_pace.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

namespace fs = std::filesystem;

// The folders of all cards by number; connectors ("card0-DP-1") are none.
std::map<int, std::string> CardFolders(const std::string& drm) {
  constexpr std::string_view kPrefix = "card";
  std::map<int, std::string> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(drm, error)) {
    const std::string name = entry.path().filename().string();
    int number = 0;
    if (name.starts_with(kPrefix) && absl::SimpleAtoi(name.substr(kPrefix.size()), &number) &&
        number >= 0) {
      folders[number] = entry.path().string();
    }
  }
  return folders;
}

// The value of a line KEY=VALUE of a uevent file; empty when there is none.
std::string UeventValue(const std::string& device_folder, const std::string& key) {
  std::ifstream uevent(device_folder + "/uevent");
  for (std::string line; std::getline(uevent, line);) {
    if (line.starts_with(key + "=")) {
      return line.substr(key.size() + 1);
    }
  }
  return "";
}

}  // namespace

std::vector<DrmCard> FindDrmCards(const std::string& sysfs_root,
                                  const std::vector<std::string>& drivers) {
  std::vector<DrmCard> cards;
  for (const auto& [number, folder] : CardFolders(sysfs_root + "/class/drm")) {
    DrmCard card;
    card.device_folder = folder + "/device";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(card.device_folder + "/hwmon", error)) {
      const std::string name = ReadFirstLine(entry.path().string() + "/name").value_or("");
      if (std::find(drivers.begin(), drivers.end(), name) != drivers.end()) {
        card.driver = name;
        card.hwmon_folder = entry.path().string();
      }
    }
    if (card.hwmon_folder.empty()) {
      continue;
    }
    card.bus_id = UeventValue(card.device_folder, "PCI_SLOT_NAME");
    if (card.bus_id.empty()) {
      card.bus_id = fs::path(folder).filename().string();
    }
    card.pci_id = UeventValue(card.device_folder, "PCI_ID");
    card.product = ReadFirstLine(card.device_folder + "/product_name").value_or("");
    cards.push_back(std::move(card));
  }
  return cards;
}

bool IsApu(const DrmCard& card) {
  if (ReadFirstLine(card.hwmon_folder + "/in1_label").value_or("") == "vddnb") {
    return true;
  }
  const std::string status =
      ReadFirstLine(card.device_folder + "/power/runtime_status").value_or("");
  const auto metrics = KeptFile::Open(card.device_folder + "/gpu_metrics");
  std::array<char, 4> header{};  // size (2 bytes), format, content
  std::string_view read;
  return !status.starts_with("suspend") && metrics.ok() &&
         metrics->Read(header, read) == ReadFault::kNone && read.size() == header.size() &&
         (header[2] == 2 || header[2] == 3);
}

absl::StatusOr<DrmSensor> DrmSensor::Open(const DrmCard& card, const std::string& file) {
  WF_ASSIGN_OR_RETURN(KeptFile value, KeptFile::Open(card.hwmon_folder + "/" + file));
  auto status = KeptFile::Open(card.device_folder + "/power/runtime_status");
  return DrmSensor(std::move(value),
                   status.ok() ? std::optional<KeptFile>(*std::move(status)) : std::nullopt);
}

bool DrmSensor::IsAsleep() const {
  std::array<char, 32> buffer{};
  std::string_view text;
  return status_ && status_->Read(buffer, text) == ReadFault::kNone && text.starts_with("suspend");
}

ReadFault DrmSensor::Read(std::uint64_t& number) const {
  return IsAsleep() ? ReadFault::kUnavailable : value_.ReadNumber(number);
}

DrmThermometer::DrmThermometer(const DrmCard& card) {
  for (const char* file : {"temp1_input", "temp2_input"}) {
    auto sensor = DrmSensor::Open(card, file);
    std::uint64_t value = 0;
    if (!sensor_ && sensor.ok() &&
        (sensor->IsAsleep() || sensor->Read(value) == ReadFault::kNone)) {
      sensor_ = *std::move(sensor);
    }
  }
}

std::optional<std::int32_t> DrmThermometer::Read() {
  constexpr int kReadings = 10;
  std::uint64_t value = 0;
  if (!sensor_ || readings_++ % kReadings != 0 || sensor_->Read(value) != ReadFault::kNone ||
      value > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  return PlausibleMillicelsius(static_cast<std::int64_t>(value));
}

}  // namespace wattfleet::agent
