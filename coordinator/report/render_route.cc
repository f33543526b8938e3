#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "coordinator/report/render.h"
#include "coordinator/report/report_text.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

namespace {

std::string Percent(const std::optional<double>& share) {
  return share ? absl::StrFormat("%.1f %%", 100 * *share) : std::string(kNoValue);
}

std::string EnergySaved(const RoutingPoint& point) {
  if (point.energy_saved_if_low && point.energy_saved_if_high) {
    return absl::StrFormat("%.1f to %.1f %%", 100 * *point.energy_saved_if_low,
                           100 * *point.energy_saved_if_high);
  }
  return Percent(point.energy_saved);
}

std::string LineOf(const RoutingMember& member) {
  return absl::StrFormat("  %s: %d queries\n", member.pair, member.queries);
}

std::vector<std::string> NotesOf(const Routing& routing) {
  std::vector<std::string> notes;
  const auto& assumed = routing.assumed_baseline_joules;
  if (assumed && routing.energy_reason.empty()) {
    notes.push_back(absl::StrFormat(
        "energy: the baseline is NOT measured; assumed %g to %g J per query, and every saving in "
        "energy rests on that",
        assumed->low, assumed->high));
  }
  for (const auto& [what, reason] :
       {std::pair{"energy", &routing.energy_reason}, std::pair{"cost", &routing.cost_reason},
        std::pair{"compute", &routing.compute_reason}}) {
    if (!reason->empty()) {
      notes.push_back(absl::StrFormat("%s: %s", what, *reason));
    }
  }
  if (routing.cost_reason.empty()) {
    notes.push_back(routing.electricity_usd_per_kwh
                        ? absl::StrFormat("cost: local queries at %g USD/kWh of measured energy, "
                                          "the baseline at list price",
                                          *routing.electricity_usd_per_kwh)
                        : "cost: list prices");
  }
  if (routing.compute_reason.empty()) {
    notes.push_back(absl::StrFormat("compute: 2 x %s parameters x tokens",
                                    routing.by_total_parameters ? "total" : "active"));
  }
  notes.push_back(routing.wasted_attempts
                      ? "a misrouted query costs a local attempt, then the baseline"
                      : "a misrouted query goes to the baseline at once (as in the paper): no "
                        "wasted local attempt is charged");
  for (const std::string& left_out : routing.left_out) {
    notes.push_back("left out: " + left_out);
  }
  return notes;
}

}  // namespace

std::string RenderRoute(const Report& report) {
  if (!report.routing) {
    return absl::StrFormat(
        "%s: nothing to route: a study needs a cloud pair as the baseline (or --baseline), local "
        "pairs, and queries that all of them have decided\n",
        report.sweep_name);
  }
  const Routing& routing = *report.routing;
  TextTable table{.title = absl::StrFormat("Saved against %s alone (accuracy %.3f)",
                                           routing.baseline, routing.baseline_accuracy),
                  .columns = {{.title = "router", .names_row = true},
                              {.title = "accuracy"},
                              {.title = "energy"},
                              {.title = "cost"},
                              {.title = "compute"}},
                  .rows = {}};
  for (const RoutingPoint& point : routing.points) {
    table.rows.push_back({point.router_accuracy >= 1
                              ? "oracle"
                              : absl::StrFormat("%.0f %% right", 100 * point.router_accuracy),
                          absl::StrFormat("%.3f", point.accuracy), EnergySaved(point),
                          Percent(point.cost_saved), Percent(point.compute_saved)});
  }
  std::string text = ToTerminal(table);
  const std::string choice =
      routing.ranked_by == "nothing"
          ? "first that answers it, as neither energy, cost nor time is known of them"
          : absl::StrCat("cheapest by ", routing.ranked_by, " that answers it");
  absl::StrAppend(
      &text, "\n",
      Wrapped(absl::StrFormat("The oracle sends %.1f %% of %d queries to the pool, each "
                              "to the %s:",
                              100 * routing.local_share, routing.queries, choice),
              0));
  for (const RoutingMember& member : routing.pool) {
    text += LineOf(member);
  }
  text += "\n";
  for (const std::string& note : NotesOf(routing)) {
    text += Wrapped(note, 2);
  }
  return text;
}

}  // namespace wattfleet::coordinator
