#ifndef WF_COORDINATOR_MATH_UNITS_H_
#define WF_COORDINATOR_MATH_UNITS_H_

#include <string_view>

namespace wattfleet::coordinator {

// Whether two units, as written, may stand for the same: what is missing or not known does not
// contradict, "cm" and "centimeters" are one, "cm" and "m" are two. Nothing is converted.
bool UnitsAgree(std::string_view a, std::string_view b);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_MATH_UNITS_H_
