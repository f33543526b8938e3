#ifndef WF_COMMON_ENERGY_WIDE_INTEGER_H_
#define WF_COMMON_ENERGY_WIDE_INTEGER_H_

namespace wattfleet {

// Products of two 64-bit quantities (microwatts x nanoseconds, microjoules x weight) fit in it.
__extension__ typedef __int128 Int128;

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_WIDE_INTEGER_H_
