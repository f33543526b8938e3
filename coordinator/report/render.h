#ifndef WF_COORDINATOR_REPORT_RENDER_H_
#define WF_COORDINATOR_REPORT_RENDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// The contract `wattfleet.report/1` (design, section 8): every key of it, null for what is not
// known. Keys beyond the contract's example appear only where they say something:
// `accuracy_macro` with several datasets, `imported` with imported energies, `revision` of a build,
// `if_pending_wrong` of a union that leaves models out, further reasons of `exclusions`,
// `by.agent`, `by.difficulty`, `seconds_per_correct`, `usd_per_correct`, `weighted_coverage`,
// `parameters`, `released`, `price` and `devices` of a pair, `queries`, `joules_per_correct_ratio`
// and the
// `*_per_device` ratios of a comparison, and `difficulty`, `trend`, `routing` and `weights`. Always
// there beyond it: `energy_class` as asked for, `settings` of the sweep, `findings` and
// `attention` in words, and of a pair `spread`
// (quantiles, and bins as [low, high, count]), `sensors` and `gaps`.
std::string RenderJson(const Report& report);

// For a terminal: aligned, at most 100 columns as long as no single name is longer.
std::string RenderTable(const Report& report);

// To paste into an issue: the same content as RenderTable.
std::string RenderMarkdown(const Report& report);

// One row per pair (RFC 4180, lines end with LF), after a row of column names that say the units.
// Numbers read back as the same doubles; an empty cell is not known.
std::string RenderCsv(const Report& report);

// A table of the package booktabs that compiles as it stands.
std::string RenderLatex(const Report& report);

// How it was measured, in prose, for an appendix: one line per paragraph.
std::string RenderMethods(const Report& report);

// One file that holds everything it shows and asks for nothing: the report's JSON and what draws
// it.
std::string RenderHtml(const Report& report);

// "table", "md", "json", "csv", "latex", "methods", "html".
const std::vector<std::string>& RenderFormats();

// The routing study of a report: for a terminal, and as the JSON of the report's `routing` (null
// where there is none).
std::string RenderRoute(const Report& report);
std::string RenderRouteJson(const Report& report);

// By the name of its format. INVALID_ARGUMENT names the nearest one.
absl::StatusOr<std::string> RenderAs(const Report& report, const std::string& format);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_RENDER_H_
