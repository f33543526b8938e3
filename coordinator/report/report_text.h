#ifndef WF_COORDINATOR_REPORT_REPORT_TEXT_H_
#define WF_COORDINATOR_REPORT_REPORT_TEXT_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/analysis/estimate.h"
#include "coordinator/report/report.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

// A report as people read it, before it is laid out for a terminal or as Markdown.
struct TextHeading {
  std::string text;
};
struct TextParagraph {
  std::string text;
};
struct TextList {
  std::string title;
  std::vector<std::string> items;
};
using TextBlock = std::variant<TextHeading, TextParagraph, TextList, TextTable>;

// All that the table and Markdown say, in order. A table or list that would be empty is left out.
std::vector<TextBlock> DescribeReport(const Report& report);

// Three significant digits, without an exponent from 0.0001 on; "-" for what is not known.
std::string ThreeDigits(std::optional<double> value);
// A share with three decimals.
std::string ThreeDecimals(std::optional<double> value);
// "0.442 [0.421, 0.464]", or the bare value where it has no interval.
std::string WithInterval(const std::optional<Estimate>& estimate);

// "1.23 [1.2, 1.26]", of three digits each; "-" for what is not known.
std::string WithRange(const std::optional<Estimate>& estimate);

// The energy part of DescribeReport: what was measured, what was modelled, and why not.
std::vector<TextBlock> DescribeEnergy(const Report& report);

// Of DescribeEnergy: why there is no energy where there is none, and what a reader must know before
// comparing measured figures.
std::vector<std::string> EnergyCautions(const Report& report);

// "12 in warm-up, 3 without energy": the results that are left out of energy figures; "" for none.
std::string DescribeExclusions(const EnergyExclusions& excluded);

// Sampling as asked for: "temperature 0, at most 2048 output tokens".
std::string DescribeGeneration(const Generation& generation);

// Columns that name a pair, and their cells.
std::vector<TextTable::Column> NamingColumns();
std::vector<std::string> NamingCells(const ReportedPair& pair);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_TEXT_H_
