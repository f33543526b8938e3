#ifndef WF_COORDINATOR_GRADING_NUMBER_H_
#define WF_COORDINATOR_GRADING_NUMBER_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace wattfleet::coordinator {

// A number as people write it, found in text.
struct FoundNumber {
  std::string_view text;    // without currency and unit
  double value = 0;         // as written, "%" and words of size not applied
  double scale = 1;         // 1e3, 1e6, 1e9, 1e12 for "thousand".. "trillion" behind it
  bool is_percent = false;  // "%", "\%" or "percent" behind it
};

// The first number of `text`. Reads 1,234.50; -3; $5; .5; 1e-3; 1.5 x 10^3; 3/4; 1 1/2;
// \frac{3}{4}; a minus directly before the number or its currency sign counts unless it stands
// behind a digit or a letter ("16-3"). Digits inside a word or identifier ("H2O") are not numbers.
std::optional<FoundNumber> FirstNumber(std::string_view text);
// The last number of `text`; linear in the last line that has one.
std::optional<FoundNumber> LastNumber(std::string_view text);

// Whether a stated number means the reference: equal within 1e-6 relative, whole numbers exactly;
// "50%" means 50 and 0.5, "3 million" means 3 and 3,000,000.
bool SameQuantity(const FoundNumber& stated, const FoundNumber& reference);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_NUMBER_H_
