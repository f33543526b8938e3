#ifndef WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_REPORT_H_
#define WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// What one property list of `powermetrics -f plist` says of the time since the one before. All
// numbers are finite and not negative; what it does not say is absent.
struct PowermetricsReport {
  std::int64_t elapsed_ns = 0;  // above 0
  // Of the dictionary `processor`; the `gpu_energy` outside it differs and is not read.
  std::optional<double> cpu_mw;
  std::optional<double> gpu_mw;
  std::optional<double> ane_mw;
  std::optional<double> combined_mw;
  std::optional<double> cpu_mj;
  std::optional<double> gpu_mj;
  std::optional<double> ane_mj;
  std::string thermal_pressure;  // "Nominal" and so on; empty: not said
};

// Reads the keys above from one document, whatever else it holds: a value may be <integer> or
// <real>, unknown elements are passed over, and a key that occurs twice or has no value (as macOS
// writes `idle_ratio`) spoils nothing. INVALID_ARGUMENT: no `elapsed_ns` of this kind, or a number
// that is none.
absl::StatusOr<PowermetricsReport> ParsePowermetricsReport(std::string_view document);

// Nanojoules of CPU, GPU and neural engine together, from their mean powers and the time, which is
// finer than the energies in mJ; from these where the powers are missing. Nothing where a part is
// missing, where more than 10 kW come out, or where all is exactly 0: a chip that runs draws power,
// so a 0 (as in virtual machines) is not a measurement.
std::optional<std::uint64_t> CombinedNanojoules(const PowermetricsReport& report);

// Whether the energies in mJ say otherwise than the powers, by more than 1 mJ each and 1 %.
bool EnergyDisagrees(const PowermetricsReport& report);

// Cuts the output of powermetrics into documents: each ends with </plist>, and a NUL stands before
// the next. One that a NUL cuts short, or that is longer than `limit`, is dropped.
class PlistSplitter {
 public:
  explicit PlistSplitter(std::size_t limit = 4U << 20) : limit_(limit) {}

  // Calls `document` for each one that `bytes` completes, with what stood before it (blank lines,
  // what sudo says).
  void Add(std::string_view bytes, const std::function<void(std::string_view)>& document);
  std::size_t dropped() const { return dropped_; }

 private:
  void Finish(const std::function<void(std::string_view)>& document);

  std::size_t limit_;
  std::string pending_;
  std::size_t searched_ = 0;  // of pending_, for the end
  bool is_dropping_ = false;
  std::size_t dropped_ = 0;  // documents
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_REPORT_H_
