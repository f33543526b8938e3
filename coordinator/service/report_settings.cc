#include "coordinator/service/report_settings.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace wattfleet::coordinator {

std::vector<std::pair<std::string, std::string>> ReportSettings(const SweepFile& file,
                                                                const Workload& workload) {
  std::vector<std::pair<std::string, std::string>> settings;
  settings.emplace_back("prompt template",
                        TemplateId({file.prompt_template, file.prompt_shots}, workload.shots()));
  if (file.prompt_shots > 0) {
    settings.emplace_back("shots", absl::StrCat(file.prompt_shots));
  }
  settings.emplace_back("system prompt", file.system_prompt.empty()
                                             ? "none"
                                             : absl::StrCat("\"", file.system_prompt, "\""));
  settings.emplace_back(
      "sample", file.limit ? absl::StrCat("at most ", *file.limit, ", stratified, seed ", file.seed)
                           : "the whole workload");
  settings.emplace_back("repetitions", absl::StrCat(file.repetitions));
  if (file.passes > 1) {
    settings.emplace_back("passes", absl::StrCat(file.passes));
  }
  settings.emplace_back("prefix cache", file.cache);
  settings.emplace_back("time limit of a query",
                        absl::StrCat(file.timeouts.query / std::chrono::seconds(1), " s"));
  settings.emplace_back("grader asked for", file.default_grader);
  return settings;
}

}  // namespace wattfleet::coordinator
