#ifndef WF_AGENT_POWER_SUPPLY_STATE_H_
#define WF_AGENT_POWER_SUPPLY_STATE_H_

#include <optional>
#include <string>
#include <vector>

#include "agent/power/kept_file.h"

namespace wattfleet::agent {

// What the machine draws its power from.
enum class SupplyState { kMains, kBattery };
// "mains", "battery".
const char* SupplyName(SupplyState state);

// Follows the power supplies below <sysfs_root>/class/power_supply: mains where one is online, or
// where there is no battery of the machine's own (a mouse's does not count), or where no supply but
// batteries is listed and none of them discharges. Used by one thread.
class SupplyWatcher {
 public:
  explicit SupplyWatcher(const std::string& sysfs_root);

  // False where the system says nothing of its supplies: a server, or not Linux.
  bool is_able() const { return has_supplies_; }
  // Nothing when it cannot be told this time.
  std::optional<SupplyState> Read() const;

 private:
  // Of the machine's batteries; only asked where there is no other supply.
  std::optional<SupplyState> ReadBatteries() const;

  std::vector<KeptFile> mains_online_;
  std::vector<KeptFile> battery_status_;
  bool has_supplies_ = false;
  bool has_battery_ = false;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SUPPLY_STATE_H_
