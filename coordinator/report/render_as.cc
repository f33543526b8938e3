#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

const std::vector<std::string>& RenderFormats() {
  static const auto* formats =
      new std::vector<std::string>{"table", "md", "json", "csv", "latex", "methods", "html"};
  return *formats;
}

absl::StatusOr<std::string> RenderAs(const Report& report, const std::string& format) {
  if (format == "table") {
    return RenderTable(report);
  }
  if (format == "md") {
    return RenderMarkdown(report);
  }
  if (format == "json") {
    return RenderJson(report);
  }
  if (format == "csv") {
    return RenderCsv(report);
  }
  if (format == "latex") {
    return RenderLatex(report);
  }
  if (format == "methods") {
    return RenderMethods(report);
  }
  if (format == "html") {
    return RenderHtml(report);
  }
  return absl::InvalidArgumentError(absl::StrFormat("report format \"%s\" is not known; %s", format,
                                                    NearestText(format, RenderFormats())));
}

}  // namespace wattfleet::coordinator
