#ifndef WF_COORDINATOR_PLAN_SERVE_H_
#define WF_COORDINATOR_PLAN_SERVE_H_

#include <string_view>

#include "common/domain/fleet.h"
#include "common/domain/pair.h"

namespace wattfleet::coordinator {

// Whether `pattern` ('*' and '?' are wild) covers `text`. Linear in practice, quadratic at worst.
bool GlobMatch(std::string_view pattern, std::string_view text);

// Whether `pattern` has a '*' or '?'.
bool HasWildcard(std::string_view pattern);

// Whether `instance` can serve `build` (engine kind and ref), whatever its accelerator.
bool CanServe(const InstanceOffer& instance, const Build& build);

// Whether a pair may be leased to `instance`: accelerator ("any" covers all) and build.
bool CanServePair(const InstanceOffer& instance, const PairSpec& pair);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_SERVE_H_
