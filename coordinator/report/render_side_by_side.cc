#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "coordinator/report/names.h"
#include "coordinator/report/report_text.h"
#include "coordinator/report/side_by_side.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

// A figure that both sides have.
struct FigureRow {
  const char* name;
  std::optional<Estimate> a;
  std::optional<Estimate> b;
  std::string against;  // a against b
};

std::optional<Estimate> Plain(const std::optional<double>& value) {
  return value ? std::optional(Estimate{.value = *value, .low = {}, .high = {}, .note = {}})
               : std::nullopt;
}

std::string Times(const std::optional<double>& ratio) {
  return ratio ? absl::StrCat("x", ThreeDigits(ratio)) : std::string(kNoValue);
}

std::string AccuracyAgainst(const PairsSideBySide& both) {
  if (!both.accuracy_difference) {
    return std::string(kNoValue);
  }
  const Estimate& difference = *both.accuracy_difference;
  return absl::StrFormat(
      "%+.3f [%+.3f, %+.3f], p %.2g", difference.value, difference.low.value_or(difference.value),
      difference.high.value_or(difference.value), both.p_holm.value_or(both.p_mcnemar.value_or(1)));
}

std::vector<FigureRow> RowsOf(const PairsSideBySide& both) {
  const EnergyEstimates& a = both.a.energy.estimates;
  const EnergyEstimates& b = both.b.energy.estimates;
  const std::string none(kNoValue);
  return {
      {"accuracy", both.a.outcomes.Accuracy(), both.b.outcomes.Accuracy(), AccuracyAgainst(both)},
      {"coverage", both.a.outcomes.Coverage(), both.b.outcomes.Coverage(), none},
      {"power_watts", a.power_watts, b.power_watts, none},
      {"joules_per_query", a.joules_per_query, b.joules_per_query, none},
      {"joules_per_correct", a.joules_per_correct, b.joules_per_correct,
       Times(both.joules_per_correct_ratio)},
      {"ipw", a.ipw, b.ipw, Times(both.ipw_ratio)},
      {"ipj", a.ipj, b.ipj, Times(both.ipj_ratio)},
      {"output_tokens_per_second", Plain(both.a.tokens.output_per_second),
       Plain(both.b.tokens.output_per_second), none},
      {"latency_p50_seconds", Plain(both.a.latency.p50), Plain(both.b.latency.p50), none},
      {"cost_usd_per_query", Plain(both.a.cost_usd_per_query), Plain(both.b.cost_usd_per_query),
       none}};
}

Json ToJson(const std::optional<Estimate>& estimate) {
  if (!estimate) {
    return nullptr;
  }
  Json json = {{"value", estimate->value}};
  if (estimate->low && estimate->high) {
    json["low"] = *estimate->low;
    json["high"] = *estimate->high;
  }
  if (!estimate->note.empty()) {
    json["note"] = estimate->note;
  }
  return json;
}

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json PairsJson(const PairsSideBySide& both) {
  Json differences = Json::array();
  for (const ProvenanceDifference& difference : both.differences) {
    differences.push_back({{"what", difference.what}, {"a", difference.a}, {"b", difference.b}});
  }
  Json figures = Json::object();
  for (const FigureRow& row : RowsOf(both)) {
    figures[row.name] = {{"a", ToJson(row.a)}, {"b", ToJson(row.b)}};
  }
  return {{"a", both.a.id},
          {"b", both.b.id},
          {"differences", std::move(differences)},
          {"queries", both.queries},
          {"accuracy_difference", ToJson(both.accuracy_difference)},
          {"p_mcnemar", OrNull(both.p_mcnemar)},
          {"p_holm", OrNull(both.p_holm)},
          {"ipw_ratio", OrNull(both.ipw_ratio)},
          {"ipj_ratio", OrNull(both.ipj_ratio)},
          {"joules_per_correct_ratio", OrNull(both.joules_per_correct_ratio)},
          {"figures", std::move(figures)}};
}

Json PointsJson(const std::vector<OperatingPoint>& points) {
  Json json = Json::array();
  for (const OperatingPoint& point : points) {
    json.push_back({{"side", point.side},
                    {"measure", point.measure},
                    {"pair", point.pair},
                    {"condition", point.condition},
                    {"value", point.value}});
  }
  return json;
}

TextTable FiguresTable(const PairsSideBySide& both) {
  TextTable table{.title = absl::StrFormat("%d queries decided for both; p is Holm's over all "
                                           "pairs shown",
                                           both.queries),
                  .columns = {{.title = "figure", .names_row = true},
                              {.title = "A"},
                              {.title = "B"},
                              {.title = "A against B"}},
                  .rows = {}};
  for (const FigureRow& row : RowsOf(both)) {
    if (row.a || row.b) {
      table.rows.push_back({row.name, WithRange(row.a), WithRange(row.b), row.against});
    }
  }
  return table;
}

std::string DifferencesText(const PairsSideBySide& both) {
  std::string text;
  for (const ProvenanceDifference& difference : both.differences) {
    const auto shown = [](const std::string& value) { return value.empty() ? "not known" : value; };
    text += Wrapped(
        absl::StrFormat("  %s: %s | %s", difference.what, shown(difference.a), shown(difference.b)),
        4);
  }
  return text.empty() ? "" : absl::StrCat("warning: not the same on both sides (A | B):\n", text);
}

}  // namespace

std::string RenderSideBySideJson(const SideBySide& comparison) {
  Json pairs = Json::array();
  for (const PairsSideBySide& both : comparison.pairs) {
    pairs.push_back(PairsJson(both));
  }
  const Json json = {{"schema", "wattfleet.compare/1"},
                     {"sweep_a", comparison.sweep_a},
                     {"sweep_b", comparison.sweep_b},
                     {"provisional", comparison.is_provisional},
                     {"pairs", std::move(pairs)},
                     {"only_in_a", comparison.only_in_a},
                     {"only_in_b", comparison.only_in_b},
                     {"operating_points", PointsJson(comparison.operating_points)}};
  return json.dump(/*indent=*/1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

std::string RenderOperatingPoints(const SideBySide& comparison) {
  TextTable table{.title = absl::StrFormat("How each side is best run; A is %s, B is %s",
                                           comparison.sweep_a, comparison.sweep_b),
                  .columns = {{.title = "least", .names_row = true},
                              {.title = "side", .names_row = true},
                              {.title = "condition", .names_row = true},
                              {.title = "pair", .names_row = true},
                              {.title = "value"}},
                  .rows = {}};
  for (const char* measure : {"joules_per_correct", "seconds_per_correct", "usd_per_correct"}) {
    for (const OperatingPoint& point : comparison.operating_points) {
      if (point.measure == measure) {
        table.rows.push_back(
            {measure, point.side, point.condition, point.pair, ThreeDigits(point.value)});
      }
    }
  }
  const std::string note = comparison.is_provisional
                               ? "provisional: figures change until both sweeps are complete\n\n"
                               : "";
  return table.rows.empty() ? note +
                                  "no pair of either side has joules, seconds or USD per "
                                  "correct answer yet\n"
                            : note + ToTerminal(table);
}

std::string RenderSideBySide(const SideBySide& comparison) {
  std::string text;
  if (comparison.is_provisional) {
    text += "provisional: figures change until both sweeps are complete\n\n";
  }
  for (const PairsSideBySide& both : comparison.pairs) {
    absl::StrAppend(&text, "A  ", comparison.sweep_a, ": ", both.a.id, "\nB  ", comparison.sweep_b,
                    ": ", both.b.id, "\n", DifferencesText(both), "\n",
                    ToTerminal(FiguresTable(both)), "\n");
  }
  for (const std::string& id : comparison.only_in_a) {
    absl::StrAppend(&text, "only in ", comparison.sweep_a, ": ", id, "\n");
  }
  for (const std::string& id : comparison.only_in_b) {
    absl::StrAppend(&text, "only in ", comparison.sweep_b, ": ", id, "\n");
  }
  return text;
}

}  // namespace wattfleet::coordinator
