#include "coordinator/config/coordinator_yaml.h"

#include <filesystem>
#include <system_error>

#include "common/config/load.h"
#include "common/config/section.h"
#include "common/status/status_macros.h"
#include "coordinator/config/field_checks.h"

namespace wattfleet::coordinator {

absl::StatusOr<CoordinatorFile> LoadCoordinatorFile(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadFile(path));
  std::error_code error;
  const std::string directory =
      std::filesystem::absolute(std::filesystem::path(path), error).parent_path().string();
  config::Problems problems(path);
  CoordinatorFile file;
  config::ReadMap(document.root, problems, "a coordinator's file", [&](config::Section& s) {
    s.Read("data", file.data_directory);
    file.data_directory = AbsolutePath(directory, file.data_directory);
    s.Read("listen", file.listen);
    if (const config::Value* listen = s.Find("listen");
        listen != nullptr && file.listen.rfind(':') == std::string::npos) {
      s.AddProblem(*listen, "listen: expected HOST:PORT, as in 127.0.0.1:7443");
    }
    s.Read("insecure_loopback", file.insecure_loopback);
    s.ReadMap("retention", [&](config::Section& retention) {
      std::string traces = "all";
      retention.ReadChoice("traces", {"all", "none"}, traces);
      file.keep_traces = traces == "all";
      retention.Refuse("responses", kNotSupportedYet);
    });
    for (const char* key : {"enrolment", "dashboard", "limits"}) {
      s.Refuse(key, kNotSupportedYet);
    }
  });
  WF_RETURN_IF_ERROR(problems.ToStatus());
  return file;
}

}  // namespace wattfleet::coordinator
