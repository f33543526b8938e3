#ifndef WF_COORDINATOR_REPORT_FACTS_H_
#define WF_COORDINATOR_REPORT_FACTS_H_

#include <optional>
#include <string>

namespace wattfleet::coordinator {

// One value of the facts that an agent declared about an environment or a channel, a JSON object.
// What an agent says of its host (power_supply) or a sensor of itself (systematic_relative) stands
// one level deeper, in the objects "host" and "source"; the key itself counts before them.
// nullopt when the text is no object, the key is absent, or its value is of another type or an
// empty text.
std::optional<std::string> TextFact(const std::string& facts_json, const char* key);
std::optional<double> NumberFact(const std::string& facts_json, const char* key);
std::optional<bool> BoolFact(const std::string& facts_json, const char* key);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_FACTS_H_
