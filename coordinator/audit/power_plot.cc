#include <algorithm>
#include <array>
#include <cmath>

#include "coordinator/audit/show_result.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

std::string DrawPower(const PowerPlot& plot) {
  double highest = 0;
  for (const std::optional<double>& watts : plot.watts) {
    highest = std::max(highest, watts.value_or(0));
  }
  std::string line;
  for (const std::optional<double>& watts : plot.watts) {
    if (!watts) {
      line += ' ';
      continue;
    }
    const double share = highest > 0 ? *watts / highest : 0;
    const auto height = static_cast<std::size_t>(std::lround(share * (kBlocks.size() - 1)));
    line += kBlocks[std::min(height, kBlocks.size() - 1)];
  }
  return line;
}

std::string DrawMarks(const PowerPlot& plot, const std::vector<PlotMark>& marks) {
  std::string line(plot.watts.size(), ' ');
  const double span = plot.to_seconds - plot.from_seconds;
  for (const PlotMark& mark : marks) {
    const double share = span > 0 ? (mark.at_seconds - plot.from_seconds) / span : 0;
    if (share >= 0 && share <= 1 && !line.empty()) {
      const auto at = static_cast<std::size_t>(share * static_cast<double>(line.size()));
      line[std::min(at, line.size() - 1)] = mark.letter;
    }
  }
  return line;
}

}  // namespace wattfleet::coordinator
