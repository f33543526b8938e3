#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/report/names.h"
#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kNamesShown = 5;

bool HasFigures(const ReportedPair& pair) {
  return pair.energy.figures.means.has_value();
}

std::string Listed(const std::vector<std::string>& names) {
  if (names.size() <= kNamesShown) {
    return absl::StrJoin(names, ", ");
  }
  return absl::StrCat(absl::StrJoin(names.begin(), names.begin() + kNamesShown, ", "), " and ",
                      names.size() - kNamesShown, " more");
}

// Pairs without energy figures that share a reason.
struct UnmeasuredGroup {
  std::vector<std::string> pairs;
  std::set<std::string> agents;
};

std::string SentenceOf(const Report& report, const std::string& reason,
                       const UnmeasuredGroup& group) {
  std::string who = absl::StrCat("for ", Listed(group.pairs));
  if (group.pairs.size() == report.pairs.size()) {
    who = "for any pair";
    if (reason == "no power sensor" && group.agents.size() == 1) {
      who = absl::StrCat("on this machine (", *group.agents.begin(), ")");
    } else if (reason == "no power sensor" && !group.agents.empty()) {
      who =
          absl::StrCat("on any machine (", Listed({group.agents.begin(), group.agents.end()}), ")");
    }
  }
  return absl::StrFormat(
      "energy: not measured %s - %s; watts, J/query, J/correct and IPW left empty", who, reason);
}

std::vector<std::string> UnmeasuredSentences(const Report& report) {
  std::map<std::string, UnmeasuredGroup> groups;
  for (const ReportedPair& pair : report.pairs) {
    if (HasFigures(pair)) {
      continue;
    }
    UnmeasuredGroup& group = groups[pair.energy.reason];
    group.pairs.push_back(pair.id);
    group.agents.insert(pair.agents.begin(), pair.agents.end());
  }
  std::vector<std::string> sentences;
  for (const auto& [reason, group] : groups) {
    sentences.push_back(SentenceOf(report, reason, group));
  }
  for (const ReportedPair& pair : report.pairs) {
    if (HasFigures(pair) && !pair.energy.reason.empty()) {
      sentences.push_back(absl::StrCat("energy of ", pair.id, ": ", pair.energy.reason));
    }
  }
  return sentences;
}

using OtherEnergy = std::optional<ReportedOtherEnergy> ReportedEnergy::*;

// Kinds of energy that no sensor measured, each under its own name.
struct OtherKind {
  std::string name;
  OtherEnergy energy;
};

std::vector<OtherKind> OtherKindsOf(const Report& report) {
  std::vector<OtherKind> kinds;
  for (const OtherKind& kind : {OtherKind{"modelled", &ReportedEnergy::modelled},
                                OtherKind{"imported", &ReportedEnergy::imported}}) {
    if (std::any_of(report.pairs.begin(), report.pairs.end(), [&](const ReportedPair& pair) {
          return (pair.energy.*kind.energy).has_value();
        })) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

std::vector<std::string> MeasuredCells(const ReportedPair& pair) {
  const EnergyFigures& figures = pair.energy.figures;
  const EnergyMeans means = figures.means.value_or(EnergyMeans{});
  const auto of_means = [&](std::optional<double> value) {
    return ThreeDigits(HasFigures(pair) ? value : std::nullopt);
  };
  return {of_means(means.power_watts), of_means(means.joules_per_query),
          ThreeDigits(figures.joules_per_correct), ThreeDigits(figures.ipw),
          ThreeDigits(figures.ipj)};
}

std::string EnergyTitle(const Report& report, const std::vector<OtherKind>& kinds) {
  std::string title = absl::StrCat("Energy per instance, gross, class ", report.energy_class);
  if (report.pue) {
    absl::StrAppend(&title, absl::StrFormat(", derived: wall x PUE %g (%s)", report.pue->ratio,
                                            report.pue->source));
  }
  for (const OtherKind& kind : kinds) {
    absl::StrAppend(&title, "; ", kind.name, " figures are not measurements and never ranked");
  }
  return title;
}

TextTable EnergyTable(const Report& report, const std::vector<OtherKind>& kinds) {
  TextTable table{.title = EnergyTitle(report, kinds), .columns = NamingColumns(), .rows = {}};
  table.columns.push_back({.title = "class", .names_row = true});
  for (const OtherKind& kind : kinds) {
    table.columns.push_back({.title = kind.name + " by", .names_row = true});
  }
  for (const char* title : {"watts", "J/query", "J/correct", "IPW 1/W", "IPJ 1/J"}) {
    table.columns.push_back({.title = title});
  }
  for (const OtherKind& kind : kinds) {
    table.columns.push_back({.title = kind.name + " W"});
    table.columns.push_back({.title = kind.name + " J/query"});
  }
  for (const ReportedPair& pair : report.pairs) {
    std::vector<std::string> cells = NamingCells(pair);
    cells.push_back(pair.energy.energy_class);
    std::vector<std::string> figures = MeasuredCells(pair);
    for (const OtherKind& kind : kinds) {
      const std::optional<ReportedOtherEnergy>& other = pair.energy.*kind.energy;
      const EnergyMeans means = other ? other->means : EnergyMeans{};
      cells.push_back(other ? other->model : std::string(kNoValue));
      figures.push_back(ThreeDigits(means.power_watts));
      figures.push_back(ThreeDigits(other ? std::optional(means.joules_per_query) : std::nullopt));
    }
    cells.insert(cells.end(), figures.begin(), figures.end());
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// What a reader must know before comparing measured figures.
std::vector<std::string> Cautions(const Report& report) {
  std::vector<std::string> cautions;
  std::vector<std::string> single;
  std::set<std::string> accelerators;
  for (const ReportedPair& pair : report.pairs) {
    if (!HasFigures(pair)) {
      continue;
    }
    accelerators.insert(pair.accelerator);
    if (pair.agents.size() == 1) {
      single.push_back(pair.id);
    }
  }
  if (!single.empty()) {
    cautions.push_back(absl::StrCat("one physical device: ", Listed(single)));
  }
  if (report.energy_class == "host" && accelerators.size() > 1) {
    cautions.emplace_back(
        "differences below about 20 % between kinds of accelerator are within what class host "
        "cannot resolve");
  }
  return cautions;
}

}  // namespace

std::string DescribeExclusions(const EnergyExclusions& excluded) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t results, const char* why) {
    if (results > 0) {
      parts.push_back(absl::StrCat(results, " ", why));
    }
  };
  add(excluded.warm_up, "in warm-up");
  add(excluded.ramp, "in ramp or tail");
  add(excluded.invalid_energy, "with invalid energy");
  add(excluded.partial_energy, "with a channel missing");
  add(excluded.unmeasured, "without energy");
  add(excluded.timing, "with spoiled timing");
  return absl::StrJoin(parts, ", ");
}

std::vector<std::string> EnergyCautions(const Report& report) {
  std::vector<std::string> sentences = UnmeasuredSentences(report);
  for (std::string& caution : Cautions(report)) {
    sentences.push_back(std::move(caution));
  }
  return sentences;
}

std::vector<TextBlock> DescribeEnergy(const Report& report) {
  std::vector<TextBlock> blocks;
  const bool is_any_measured = std::any_of(report.pairs.begin(), report.pairs.end(), HasFigures);
  const std::vector<OtherKind> kinds = OtherKindsOf(report);
  if (is_any_measured || !kinds.empty()) {
    blocks.emplace_back(EnergyTable(report, kinds));
  }
  for (std::string& sentence : UnmeasuredSentences(report)) {
    blocks.emplace_back(TextParagraph{std::move(sentence)});
  }
  if (is_any_measured) {
    if (const std::string parts = DescribeExclusions(report.quality.exclusions); !parts.empty()) {
      blocks.emplace_back(
          TextParagraph{absl::StrCat("results left out of energy figures: ", parts)});
    }
  }
  for (std::string& caution : Cautions(report)) {
    blocks.emplace_back(TextParagraph{std::move(caution)});
  }
  return blocks;
}

}  // namespace wattfleet::coordinator
