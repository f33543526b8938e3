#ifndef WF_COORDINATOR_CONFIG_FIELD_CHECKS_H_
#define WF_COORDINATOR_CONFIG_FIELD_CHECKS_H_

#include <string>
#include <string_view>

#include "common/config/section.h"

namespace wattfleet::coordinator {

inline constexpr std::string_view kNotSupportedYet = "not supported yet; leave it out";

// Names become parts of pair ids and of file names: letters, digits and . _ + -, at most 100.
void CheckName(const config::Value& at, std::string_view what, const std::string& name,
               config::Problems& problems);

// The value of `key`, when it is set, must be a date such as 2024-07-23.
void CheckDate(config::Section& s, std::string_view key, const std::string& date);

// `path` as seen from `directory`, without dots.
std::string AbsolutePath(const std::string& directory, const std::string& path);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CONFIG_FIELD_CHECKS_H_
