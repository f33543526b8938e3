#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "coordinator/report/names.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

namespace {

// The shortest decimal that reads back as the same double.
std::string Number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) {
    return "";
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *value);
  return {digits.data(), end.ptr};
}

std::string Count(std::int64_t value) {
  return absl::StrCat(value);
}

std::string Quoted(const std::string& cell) {
  const bool is_plain = cell.find_first_of(",\"\r\n") == std::string::npos &&
                        (cell.empty() || (cell.front() != ' ' && cell.back() != ' '));
  return is_plain ? cell : absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

struct Column {
  std::string title;
  std::function<std::string(const ReportedPair&)> cell;
};

// Adds the columns of a table one after another.
class Columns {
 public:
  template <typename CellOf>
  void Add(std::string title, CellOf cell_of) {
    columns_.push_back({std::move(title), [cell_of](const ReportedPair& pair) -> std::string {
                          const auto cell = cell_of(pair);
                          if constexpr (std::is_integral_v<std::decay_t<decltype(cell)>>) {
                            return Count(cell);
                          } else if constexpr (std::is_convertible_v<decltype(cell), std::string>) {
                            return cell;
                          } else {
                            return Number(cell);
                          }
                        }});
  }

  // The figure under `title`, its 95 % interval under title_low and title_high.
  template <typename EstimateOf>
  void AddEstimate(const std::string& title, EstimateOf estimate_of) {
    using Bound = std::optional<double>;
    Add(title, [estimate_of](const ReportedPair& pair) {
      const std::optional<Estimate> estimate = estimate_of(pair);
      return estimate ? Bound(estimate->value) : Bound();
    });
    Add(title + "_low", [estimate_of](const ReportedPair& pair) {
      const std::optional<Estimate> estimate = estimate_of(pair);
      return estimate ? estimate->low : Bound();
    });
    Add(title + "_high", [estimate_of](const ReportedPair& pair) {
      const std::optional<Estimate> estimate = estimate_of(pair);
      return estimate ? estimate->high : Bound();
    });
  }

  std::vector<Column> Take() { return std::move(columns_); }

 private:
  std::vector<Column> columns_;
};

void AddNames(Columns& columns) {
  columns.Add("pair", [](const ReportedPair& pair) { return pair.id; });
  columns.Add("model", [](const ReportedPair& pair) { return pair.model; });
  columns.Add("engine", [](const ReportedPair& pair) { return pair.build.engine; });
  columns.Add("build_ref", [](const ReportedPair& pair) { return pair.build.ref; });
  columns.Add("build_revision", [](const ReportedPair& pair) { return pair.build.revision; });
  columns.Add("quantization", [](const ReportedPair& pair) { return pair.build.quantization; });
  columns.Add("model_digest", [](const ReportedPair& pair) { return pair.build.digest; });
  columns.Add("accelerator", [](const ReportedPair& pair) { return pair.accelerator; });
  columns.Add("devices", [](const ReportedPair& pair) { return pair.devices; });
  columns.Add("location", [](const ReportedPair& pair) { return pair.location; });
  columns.Add("condition", [](const ReportedPair& pair) { return pair.condition; });
  columns.Add("agents", [](const ReportedPair& pair) { return absl::StrJoin(pair.agents, ";"); });
  columns.Add("parameters_total", [](const ReportedPair& pair) { return pair.parameters_total; });
  columns.Add("parameters_active", [](const ReportedPair& pair) { return pair.parameters_active; });
  columns.Add("released", [](const ReportedPair& pair) { return pair.released; });
}

void AddOutcomes(Columns& columns) {
  columns.Add("repetitions", [](const ReportedPair& pair) { return pair.repetitions; });
  columns.Add("queries", [](const ReportedPair& pair) { return pair.queries; });
  columns.Add("completed", [](const ReportedPair& pair) { return pair.progress.completed; });
  columns.Add("failed", [](const ReportedPair& pair) { return pair.progress.failed; });
  columns.Add("quarantined", [](const ReportedPair& pair) { return pair.progress.quarantined; });
  columns.Add("open", [](const ReportedPair& pair) { return pair.progress.open; });
  columns.Add("correct", [](const ReportedPair& pair) { return pair.outcomes.correct(); });
  columns.Add("wrong", [](const ReportedPair& pair) { return pair.outcomes.wrong(); });
  columns.Add("no_answer", [](const ReportedPair& pair) { return pair.outcomes.no_answer(); });
  columns.Add("pending", [](const ReportedPair& pair) { return pair.outcomes.pending(); });
  columns.AddEstimate("accuracy",
                      [](const ReportedPair& pair) { return pair.outcomes.Accuracy(); });
  columns.Add("accuracy_macro", [](const ReportedPair& pair) { return pair.macro_accuracy; });
  columns.AddEstimate("accuracy_extractable",
                      [](const ReportedPair& pair) { return pair.outcomes.AccuracyExtractable(); });
  columns.AddEstimate("coverage",
                      [](const ReportedPair& pair) { return pair.outcomes.Coverage(); });
  columns.Add("coverage_if_pending_wrong",
              [](const ReportedPair& pair) { return pair.outcomes.CoverageIfPendingWrong(); });
  columns.Add("coverage_if_pending_right",
              [](const ReportedPair& pair) { return pair.outcomes.CoverageIfPendingRight(); });
  columns.AddEstimate("weighted_coverage",
                      [](const ReportedPair& pair) { return pair.weighted_coverage; });
}

void AddOtherEnergy(const std::string& kind, std::optional<ReportedOtherEnergy> ReportedEnergy::*of,
                    Columns& columns) {
  columns.Add(kind + "_by", [of](const ReportedPair& pair) {
    return pair.energy.*of ? (pair.energy.*of)->model : std::string();
  });
  columns.Add(kind + "_joules_per_query", [of](const ReportedPair& pair) {
    return pair.energy.*of ? std::optional((pair.energy.*of)->means.joules_per_query)
                           : std::nullopt;
  });
  columns.Add(kind + "_power_watts", [of](const ReportedPair& pair) {
    return pair.energy.*of ? (pair.energy.*of)->means.power_watts : std::nullopt;
  });
}

void AddEnergy(Columns& columns) {
  columns.Add("energy_class", [](const ReportedPair& pair) { return pair.energy.energy_class; });
  columns.Add("energy_status", [](const ReportedPair& pair) {
    return std::string(EnergyStatusName(pair.energy.figures.verdict));
  });
  columns.Add("energy_reason", [](const ReportedPair& pair) { return pair.energy.reason; });
  columns.Add("measured_fraction",
              [](const ReportedPair& pair) { return pair.energy.figures.measured_fraction; });
  const auto add = [&](const char* title, std::optional<Estimate> EnergyEstimates::*of) {
    columns.AddEstimate(title,
                        [of](const ReportedPair& pair) { return pair.energy.estimates.*of; });
  };
  add("joules_per_query", &EnergyEstimates::joules_per_query);
  add("joules_per_correct", &EnergyEstimates::joules_per_correct);
  add("joules_per_output_token", &EnergyEstimates::joules_per_output_token);
  add("power_watts", &EnergyEstimates::power_watts);
  add("power_share_watts", &EnergyEstimates::power_share_watts);
  add("ipw_per_watt", &EnergyEstimates::ipw);
  add("ipj_per_joule", &EnergyEstimates::ipj);
  columns.Add("systematic_relative",
              [](const ReportedPair& pair) { return pair.energy.systematic_relative; });
  columns.Add("baseline_watts",
              [](const ReportedPair& pair) { return pair.energy.baseline_watts; });
  AddOtherEnergy("modelled", &ReportedEnergy::modelled, columns);
  AddOtherEnergy("imported", &ReportedEnergy::imported, columns);
}

void AddTiming(const std::string& name, const std::function<TimingFigures(const ReportedPair&)>& of,
               Columns& columns) {
  columns.Add(name + "_mean_seconds", [of](const ReportedPair& pair) { return of(pair).mean; });
  columns.Add(name + "_p50_seconds", [of](const ReportedPair& pair) { return of(pair).p50; });
  columns.Add(name + "_p90_seconds", [of](const ReportedPair& pair) { return of(pair).p90; });
  columns.Add(name + "_p99_seconds", [of](const ReportedPair& pair) { return of(pair).p99; });
}

void AddToolTimings(Columns& columns) {
  const auto add = [&](const char* name, TimingFigures ToolTimings::*of) {
    AddTiming(
        name,
        [of](const ReportedPair& pair) {
          return pair.timings ? (*pair.timings).*of : TimingFigures();
        },
        columns);
  };
  add("tpot_vllm", &ToolTimings::tpot_vllm);
  add("tpot_guidellm", &ToolTimings::tpot_guidellm);
  add("itl_pooled", &ToolTimings::itl_pooled);
  add("itl_mean", &ToolTimings::itl_mean);
  add("e2e_from_schedule", &ToolTimings::e2e_from_schedule);
}

void AddCosts(Columns& columns) {
  AddTiming(
      "latency", [](const ReportedPair& pair) { return pair.latency; }, columns);
  AddTiming(
      "ttft", [](const ReportedPair& pair) { return pair.ttft; }, columns);
  columns.Add("input_tokens_mean", [](const ReportedPair& pair) { return pair.tokens.input_mean; });
  columns.Add("cached_input_tokens_mean",
              [](const ReportedPair& pair) { return pair.tokens.cached_input_mean; });
  columns.Add("output_tokens_mean",
              [](const ReportedPair& pair) { return pair.tokens.output_mean; });
  columns.Add("reasoning_tokens_mean",
              [](const ReportedPair& pair) { return pair.tokens.reasoning_mean; });
  columns.Add("output_tokens_per_second",
              [](const ReportedPair& pair) { return pair.tokens.output_per_second; });
  columns.Add("truncated_share",
              [](const ReportedPair& pair) { return pair.tokens.truncated_share; });
  columns.Add("cached_input_share",
              [](const ReportedPair& pair) { return pair.tokens.cached_input_share; });
  columns.Add("cost_usd_per_query",
              [](const ReportedPair& pair) { return pair.cost_usd_per_query; });
  columns.Add("seconds_per_correct",
              [](const ReportedPair& pair) { return pair.seconds_per_correct; });
  columns.Add("usd_per_correct", [](const ReportedPair& pair) { return pair.usd_per_correct; });
}

// The same for every report, but for times in other tools' conventions, which are last and only
// where they were asked for.
std::vector<Column> ColumnsOf(const Report& report) {
  Columns columns;
  AddNames(columns);
  AddOutcomes(columns);
  AddEnergy(columns);
  AddCosts(columns);
  if (std::any_of(report.pairs.begin(), report.pairs.end(),
                  [](const ReportedPair& pair) { return pair.timings.has_value(); })) {
    AddToolTimings(columns);
  }
  return columns.Take();
}

}  // namespace

std::string RenderCsv(const Report& report) {
  const std::vector<Column> columns = ColumnsOf(report);
  std::string text = "sweep";
  for (const Column& column : columns) {
    absl::StrAppend(&text, ",", column.title);
  }
  text += "\n";
  for (const ReportedPair& pair : report.pairs) {
    text += Quoted(report.sweep_name);
    for (const Column& column : columns) {
      absl::StrAppend(&text, ",", Quoted(column.cell(pair)));
    }
    text += "\n";
  }
  return text;
}

}  // namespace wattfleet::coordinator
