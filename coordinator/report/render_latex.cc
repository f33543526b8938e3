#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/report/latex_text.h"
#include "coordinator/report/render.h"
#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

namespace {

constexpr const char* kMissing = "--";

struct LatexColumn {
  std::string title;  // LaTeX
  bool is_name = false;
  std::vector<std::string> cells;  // LaTeX, one per pair
};

std::string Figure(std::optional<double> value) {
  return value ? absl::StrCat("$", ThreeDigits(value), "$") : kMissing;
}

// The value, and its interval in small print where it has one.
std::string Figure(const std::optional<Estimate>& estimate, bool is_share) {
  if (!estimate) {
    return kMissing;
  }
  const auto print = is_share ? ThreeDecimals : ThreeDigits;
  std::string text = absl::StrCat("$", print(estimate->value), "$");
  if (estimate->low && estimate->high) {
    absl::StrAppend(&text, " {\\scriptsize$[", print(estimate->low), ",\\,", print(estimate->high),
                    "]$}");
  }
  return text;
}

template <typename CellOf>
LatexColumn ColumnOf(const Report& report, std::string title, const CellOf& cell_of) {
  LatexColumn column{.title = std::move(title)};
  for (const ReportedPair& pair : report.pairs) {
    column.cells.push_back(cell_of(pair));
  }
  return column;
}

LatexColumn EnergyColumn(const Report& report, std::string title,
                         std::optional<Estimate> EnergyEstimates::*of) {
  return ColumnOf(report, std::move(title), [of](const ReportedPair& pair) {
    return Figure(pair.energy.estimates.*of, /*is_share=*/false);
  });
}

bool IsAllMissing(const LatexColumn& column) {
  return std::all_of(column.cells.begin(), column.cells.end(),
                     [](const std::string& cell) { return cell == kMissing; });
}

bool HasMeasured(const Report& report) {
  return std::any_of(report.pairs.begin(), report.pairs.end(),
                     [](const auto& pair) { return pair.energy.figures.means.has_value(); });
}

std::vector<LatexColumn> NameColumns(const Report& report) {
  std::vector<LatexColumn> columns;
  const std::vector<TextTable::Column> titles = NamingColumns();
  for (std::size_t at = 0; at < titles.size(); ++at) {
    columns.push_back(ColumnOf(report, titles[at].title, [at](const ReportedPair& pair) {
      return LatexEscaped(NamingCells(pair)[at]);
    }));
    columns.back().is_name = true;
  }
  if (HasMeasured(report)) {
    columns.push_back(ColumnOf(report, "class", [](const ReportedPair& pair) {
      return LatexEscaped(pair.energy.energy_class);
    }));
    columns.back().is_name = true;
  }
  return columns;
}

void AddOtherColumns(const Report& report, const std::string& kind,
                     std::optional<ReportedOtherEnergy> ReportedEnergy::*of,
                     std::vector<LatexColumn>& columns) {
  columns.push_back(ColumnOf(report, kind + " W", [of](const ReportedPair& pair) {
    return Figure(pair.energy.*of ? (pair.energy.*of)->means.power_watts : std::nullopt);
  }));
  columns.push_back(ColumnOf(report, kind + " J/query", [of](const ReportedPair& pair) {
    return Figure(pair.energy.*of ? std::optional((pair.energy.*of)->means.joules_per_query)
                                  : std::nullopt);
  }));
}

// Columns that would be empty for every pair are left out.
std::vector<LatexColumn> FigureColumns(const Report& report) {
  std::vector<LatexColumn> columns;
  columns.push_back(ColumnOf(report, "accuracy", [](const ReportedPair& pair) {
    return Figure(pair.outcomes.Accuracy(), /*is_share=*/true);
  }));
  columns.push_back(ColumnOf(report, "coverage", [](const ReportedPair& pair) {
    return Figure(pair.outcomes.Coverage(), /*is_share=*/true);
  }));
  columns.push_back(EnergyColumn(report, "W", &EnergyEstimates::power_watts));
  columns.push_back(EnergyColumn(report, "J/query", &EnergyEstimates::joules_per_query));
  columns.push_back(EnergyColumn(report, "J/correct", &EnergyEstimates::joules_per_correct));
  columns.push_back(EnergyColumn(report, "IPW, W$^{-1}$", &EnergyEstimates::ipw));
  columns.push_back(EnergyColumn(report, "IPJ, J$^{-1}$", &EnergyEstimates::ipj));
  AddOtherColumns(report, "modelled", &ReportedEnergy::modelled, columns);
  AddOtherColumns(report, "imported", &ReportedEnergy::imported, columns);
  columns.push_back(ColumnOf(report, "tok/s", [](const ReportedPair& pair) {
    return Figure(pair.tokens.output_per_second);
  }));
  columns.push_back(
      ColumnOf(report, "p50 s", [](const ReportedPair& pair) { return Figure(pair.latency.p50); }));
  columns.erase(std::remove_if(columns.begin(), columns.end(), IsAllMissing), columns.end());
  return columns;
}

// Naming columns in which all rows agree go to the caption; the first stays.
std::string TakeSharedNames(std::vector<LatexColumn>& columns) {
  std::vector<std::string> shared;
  for (std::size_t at = columns.size(); at-- > 1;) {
    const std::vector<std::string>& cells = columns[at].cells;
    if (columns[at].is_name && std::all_of(cells.begin(), cells.end(), [&](const auto& cell) {
          return cell == cells.front();
        })) {
      shared.insert(shared.begin(), absl::StrCat(columns[at].title, " ", cells.front()));
      columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return shared.empty() ? "" : absl::StrCat(" Of all rows: ", absl::StrJoin(shared, ", "), ".");
}

bool HasUnmeasured(const Report& report) {
  return std::any_of(report.pairs.begin(), report.pairs.end(),
                     [](const auto& pair) { return !pair.energy.figures.means; });
}

std::string Caption(const Report& report, const std::string& shared) {
  std::string caption = absl::StrFormat(
      "Sweep %s%s: %d queries of workload %s.%s Accuracy of decided queries, coverage of all; in "
      "brackets 95\\,\\%% intervals.",
      LatexEscaped(report.sweep_name), report.provisional ? " (provisional)" : "", report.queries,
      LatexEscaped(report.workload_name), shared);
  if (!HasMeasured(report)) {
    return caption + " No energy was measured.";
  }
  absl::StrAppend(&caption, " Energy gross, class ", LatexEscaped(report.energy_class));
  if (report.pue) {
    absl::StrAppend(&caption, absl::StrFormat(", derived: wall $\\times$ PUE %g (%s)",
                                              report.pue->ratio, LatexEscaped(report.pue->source)));
  }
  absl::StrAppend(&caption, ".", HasUnmeasured(report) ? " A dash: not measured." : "");
  return caption;
}

std::string Row(const std::vector<std::string>& cells) {
  return absl::StrCat(absl::StrJoin(cells, " & "), " \\\\\n");
}

}  // namespace

std::string RenderLatex(const Report& report) {
  std::vector<LatexColumn> columns = NameColumns(report);
  const std::string shared = report.pairs.empty() ? "" : TakeSharedNames(columns);
  for (LatexColumn& column : FigureColumns(report)) {
    columns.push_back(std::move(column));
  }
  std::string alignment;
  std::vector<std::string> titles;
  for (const LatexColumn& column : columns) {
    alignment += column.is_name ? 'l' : 'r';
    titles.push_back(column.title);
  }
  std::string text = absl::StrCat(
      "% needs \\usepackage{booktabs}\n\\begin{table*}\n\\centering\n\\caption{",
      Caption(report, shared), "}\n\\small\n\\setlength{\\tabcolsep}{4pt}\n\\begin{tabular}{",
      alignment, "}\n\\toprule\n", Row(titles), "\\midrule\n");
  if (report.pairs.empty()) {
    absl::StrAppend(&text, "\\multicolumn{", columns.size(), "}{c}{no pair yet} \\\\\n");
  }
  for (std::size_t row = 0; row < report.pairs.size(); ++row) {
    std::vector<std::string> cells;
    for (const LatexColumn& column : columns) {
      cells.push_back(column.cells[row]);
    }
    text += Row(cells);
  }
  return text + "\\bottomrule\n\\end{tabular}\n\\end{table*}\n";
}

}  // namespace wattfleet::coordinator
