#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/bundle_file.h"
#include "coordinator/exchange/receive_sweep.h"
#include "coordinator/exchange/scratch_folder.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/fsck.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sweep_copy.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

namespace fs = std::filesystem;

// One bundle, unpacked into a data directory of its own and looked through.
struct Opened {
  std::string path;
  std::string directory;
  BundleHeader header;
};

// The sweep of a directory that was unpacked as `sweep-1.db`: what the invariants and a reader say
// of it.
absl::Status CheckSweep(const Opened& bundle) {
  WF_ASSIGN_OR_RETURN(const auto violations, RunFsck(bundle.directory));
  if (!violations.empty()) {
    return absl::InvalidArgumentError(violations.front().text);
  }
  WF_ASSIGN_OR_RETURN(const auto sweeps, ListSweeps(bundle.directory));
  if (sweeps.size() != 1 || sweeps[0].workload_id != bundle.header.workload_id) {
    return absl::InvalidArgumentError("its sweep is not the one that its header names");
  }
  WF_RETURN_IF_ERROR(ParseResolvedSweep(sweeps[0].resolved).status());
  WF_ASSIGN_OR_RETURN(const auto workload, OpenWorkload(bundle.directory + "/workload.db"));
  if (workload->facts().id != sweeps[0].workload_id) {
    return absl::InvalidArgumentError("its workload is not the one of its sweep");
  }
  WF_ASSIGN_OR_RETURN(const auto view, OpenSweepView(bundle.directory, sweeps[0].name));
  WF_ASSIGN_OR_RETURN(const auto sample, view->Sample());
  const bool is_within = std::all_of(sample.begin(), sample.end(), [&](std::int64_t q) {
    return q >= 0 && q < workload->facts().queries;
  });
  return is_within ? absl::OkStatus()
                   : absl::InvalidArgumentError("its sample is not of its workload");
}

// Only pseudonyms of a lab, so that nobody's own agents are spoken for.
bool IsPseudonym(const std::string& name) {
  return absl::StartsWith(name, "lab-") && absl::StrContains(name, "/agent-") &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

absl::StatusOr<Opened> Open(const std::string& path, const std::string& directory) {
  std::error_code error;
  fs::create_directory(directory, error);
  WF_ASSIGN_OR_RETURN(UnpackedBundle unpacked, ReadBundle(path, directory));
  if (!unpacked.members.contains("sweep.db") || !unpacked.members.contains("workload.db")) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is no whole bundle: it lacks its sweep or its workload", path));
  }
  const std::string sweep_path = SweepPath(directory, SweepId{1});
  fs::rename(unpacked.members["sweep.db"], sweep_path, error);
  const auto& agents = unpacked.header.agents;
  if (!std::all_of(agents.begin(), agents.end(),
                   [](const BundleAgent& agent) { return IsPseudonym(agent.name); })) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is no whole bundle: its agents have no pseudonyms", path));
  }
  Opened bundle{.path = path, .directory = directory, .header = std::move(unpacked.header)};
  absl::Status status = UpdateSweepFile(sweep_path);
  status = status.ok() ? CheckSweep(bundle) : status;
  if (!status.ok()) {
    const bool is_newer = absl::IsFailedPrecondition(status);
    return absl::Status(is_newer ? status.code() : absl::StatusCode::kInvalidArgument,
                        absl::StrCat(path, " is no whole bundle: ", std::string(status.message())));
  }
  return bundle;
}

}  // namespace

absl::StatusOr<ImportedSweep> ImportBundle(const BundleImport& options) {
  if (options.paths.size() > 1 && options.name.empty()) {
    return absl::InvalidArgumentError("several bundles make one sweep: name it with --name");
  }
  WF_ASSIGN_OR_RETURN(const ScratchFolder scratch, ScratchBeside(options.data_directory));
  std::vector<SweepSource> sources;
  std::string name = options.name;
  for (const std::string& path : options.paths) {
    WF_ASSIGN_OR_RETURN(const Opened bundle,
                        Open(path, absl::StrCat(scratch.path(), "/", sources.size())));
    SweepSource source{.shown_as = path,
                       .sweep_path = SweepPath(bundle.directory, SweepId{1}),
                       .workload_path = bundle.directory + "/workload.db",
                       .workload_name = bundle.header.workload_name,
                       .from = bundle.header.lab};
    for (const BundleAgent& agent : bundle.header.agents) {
      source.agents[agent.id] = agent.name;
    }
    name = name.empty() ? bundle.header.sweep : name;
    sources.push_back(std::move(source));
  }
  return ReceiveSweep(options.data_directory, name, sources, scratch);
}

}  // namespace wattfleet::coordinator
