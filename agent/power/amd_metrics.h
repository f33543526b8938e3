#ifndef WF_AGENT_POWER_AMD_METRICS_H_
#define WF_AGENT_POWER_AMD_METRICS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/power/kept_file.h"
#include "common/domain/flags.h"

namespace wattfleet::agent {

// Why an AMD card's clocks are held back at the moment, from the table in its file gpu_metrics:
// THERMAL_THROTTLED for heat of any part and for what asserts PROCHOT, POWER_CAPPED for its package
// power limits. Nothing where the table is of another form than 1.3 (cards of the years 2020 to
// 2023), or leaves it out.
std::optional<Flags> ThrottleFlagsOf(std::string_view table);

// For how much of the firmware's cycles an MI300 was held back so far, in counts that wrap at 2^32.
struct AmdResidencies {
  std::uint32_t cycles = 0;
  std::uint32_t prochot = 0;
  std::uint32_t power = 0;
  std::uint32_t socket_heat = 0;
  std::uint32_t regulator_heat = 0;
  std::uint32_t memory_heat = 0;
  bool operator==(const AmdResidencies&) const = default;
};

// Nothing where the table is of another form than 1.6 to 1.8. Older drivers' forms for the MI300
// (1.4, 1.5) have a word for it that the driver leaves 0, which says nothing.
std::optional<AmdResidencies> ResidenciesOf(std::string_view table);

// Held back for more than 1 % of the cycles in between (reference: energy.md 6). Nothing where none
// has passed. A count that is all ones is not told.
std::optional<Flags> ThrottleFlagsBetween(const AmdResidencies& before,
                                          const AmdResidencies& after);

// Follows one card's file. Used by one thread.
class AmdThrottle {
 public:
  // `device_folder`: .../card0/device. A card without the file tells nothing.
  explicit AmdThrottle(const std::string& device_folder);

  // What is known of why the card is held back: the current reasons, or those since the reading
  // before that had news. No flag where nothing is told. Only of a card that is awake, for it wakes
  // one.
  Flags Read();
  // "current reasons", "residencies" or "not told", as the last reading had it.
  const char* way() const { return way_; }

 private:
  std::optional<KeptFile> file_;
  std::optional<AmdResidencies> last_;
  Flags flags_ = 0;  // since the residencies before the last
  const char* way_ = "not told";
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMD_METRICS_H_
