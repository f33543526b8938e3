#ifndef WF_COORDINATOR_REPORT_JSON_BACKGROUND_H_
#define WF_COORDINATOR_REPORT_JSON_BACKGROUND_H_

#include <nlohmann/json_fwd.hpp>

#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// What stands beside a pair's figures: how they spread, what they rest on, what they lack.
void AddBackground(const ReportedPair& pair, nlohmann::ordered_json& json);

// How the sweep asked, and what the figures say in words.
void AddBackground(const Report& report, nlohmann::ordered_json& json);

// The key "judges", where there are any.
void AddJudges(const ReportedQuality& quality, nlohmann::ordered_json& json);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_JSON_BACKGROUND_H_
