#ifndef WF_COMMON_WIRE_WIRE_CHECKS_H_
#define WF_COMMON_WIRE_WIRE_CHECKS_H_

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace wattfleet::wire {

// Notes the first thing wrong with a message, so that parsing reads as a list of fields.
class Checks {
 public:
  // `what` names the field and lives as long as this.
  void Require(bool holds, std::string_view what) {
    if (!holds && !wrong_) {
      wrong_ = what;
    }
  }
  void AtLeast(std::int64_t value, std::int64_t least, std::string_view what) {
    Require(value >= least, what);
  }
  void Finite(double value, std::string_view what) { Require(std::isfinite(value), what); }

  // A value of a closed enum: one this version does not know is an error.
  template <typename Enum>
  Enum Closed(std::int32_t value, Enum last, std::string_view what) {
    const bool known = value >= 0 && value <= static_cast<std::int32_t>(last);
    Require(known, what);
    return known ? static_cast<Enum>(value) : Enum{};
  }

  absl::Status status() const {
    return wrong_ ? absl::InvalidArgumentError(absl::StrFormat("bad %s", *wrong_))
                  : absl::OkStatus();
  }

 private:
  std::optional<std::string_view> wrong_;
};

// A value of an open enum: one this version does not know becomes `unknown`.
template <typename Enum>
Enum OpenEnum(std::int32_t value, Enum last, Enum unknown) {
  return value >= 0 && value <= static_cast<std::int32_t>(last) ? static_cast<Enum>(value)
                                                                : unknown;
}

}  // namespace wattfleet::wire

#endif  // WF_COMMON_WIRE_WIRE_CHECKS_H_
