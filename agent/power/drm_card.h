#ifndef WF_AGENT_POWER_DRM_CARD_H_
#define WF_AGENT_POWER_DRM_CARD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// A graphics card as Linux shows it under /sys/class/drm, with its driver's hardware monitor.
struct DrmCard {
  std::string driver;         // by the monitor's name: "amdgpu", "i915", "xe"
  std::string bus_id;         // e.g. "0000:03:00.0"; "card0" where the kernel does not tell
  std::string pci_id;         // e.g. "1002:744C"; may be empty
  std::string product;        // e.g. "AMD Radeon RX 7900 XTX"; mostly empty
  std::string device_folder;  // .../card0/device
  std::string hwmon_folder;   // .../card0/device/hwmon/hwmon3
};

// The cards with a monitor of one of `drivers`, in the order of their numbers.
std::vector<DrmCard> FindDrmCards(const std::string& sysfs_root,
                                  const std::vector<std::string>& drivers);

// Whether a card of AMD's is part of a chip with a CPU (APU): it measures the north bridge's
// voltage, or its metrics table is of the kind (2 or 3) that only such chips have. A card that
// sleeps is none: reading its metrics would wake it.
bool IsApu(const DrmCard& card);

// A number that a card's driver tells. It is not read while the card sleeps, for reading would wake
// it and keep it awake: kUnavailable then, as nobody knows what it draws.
class DrmSensor {
 public:
  // `file`: in the monitor's folder. Errors as KeptFile::Open.
  static absl::StatusOr<DrmSensor> Open(const DrmCard& card, const std::string& file);

  bool IsAsleep() const;
  ReadFault Read(std::uint64_t& number) const;

 private:
  DrmSensor(KeptFile value, std::optional<KeptFile> status)
      : value_(std::move(value)), status_(std::move(status)) {}

  KeptFile value_;
  std::optional<KeptFile> status_;  // power/runtime_status; absent: the card never sleeps
};

// The temperature that a card's driver tells, read once in ten readings: they are ten a second.
class DrmThermometer {
 public:
  // By the first of the monitor's first two that reads; on a card that sleeps, that exists.
  explicit DrmThermometer(const DrmCard& card);

  bool is_there() const { return sensor_.has_value(); }
  // Thousandths of a degree Celsius; mostly nothing.
  std::optional<std::int32_t> Read();

 private:
  std::optional<DrmSensor> sensor_;
  int readings_ = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_DRM_CARD_H_
