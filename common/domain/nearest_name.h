#ifndef WF_COMMON_DOMAIN_NEAREST_NAME_H_
#define WF_COMMON_DOMAIN_NEAREST_NAME_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wattfleet {

// Edits that turn `a` into `b`: insertions, deletions, substitutions and swaps of neighbours, each
// counting one (optimal string alignment; Damerau 1964). Letter case does not count.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate closest to `name`, the first of equals; nothing when none is near enough to be what
// was meant (more than a third of its letters differ, with two always allowed; the beginning of a
// longer name counts as two).
std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& candidates);

// For the end of an error message: `nearest is "models"`, or `one of a, b, c` when nothing is near
// (the first eight, then how many more); empty when there are no candidates.
std::string NearestText(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_NEAREST_NAME_H_
