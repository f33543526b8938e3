#ifndef WF_COMMON_ENERGY_REQUEST_FATE_H_
#define WF_COMMON_ENERGY_REQUEST_FATE_H_

namespace wattfleet {

enum class RequestFate {
  kCounted,    // becomes a result: its energy is attributed
  kUncounted,  // failed or retried: its energy is booked as uncounted
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_REQUEST_FATE_H_
