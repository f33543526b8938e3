#ifndef WF_COMMON_ENERGY_HEAT_STEADINESS_H_
#define WF_COMMON_ENERGY_HEAT_STEADINESS_H_

#include <cstdint>
#include <deque>
#include <optional>

namespace wattfleet {

// Whether a device's temperature has settled under load: over 30 s of it the means of the first and
// of the second half differ by less than 0.5 C, which is 1 C from end to end of an even rise
// (reference: energy.md 6). Once settled it stays so. Where no temperature was ever told there is
// nothing to wait for. A pause of more than 5 s begins anew.
class HeatSteadiness {
 public:
  // A temperature while the load was present, in thousandths of a degree Celsius; in time order.
  void Add(std::int64_t at_ns, std::int32_t millicelsius);
  bool is_steady() const { return is_steady_ || !last_ns_; }

 private:
  void EndWindow();

  bool is_steady_ = false;
  std::optional<std::int64_t> last_ns_;
  std::int64_t window_from_ns_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t count_ = 0;
  std::deque<double> celsius_;  // means of the last windows of 5 s
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_HEAT_STEADINESS_H_
