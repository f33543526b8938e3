#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "common/status/status_macros.h"
#include "common/trace/trace_reader.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/bundle_file.h"
#include "coordinator/exchange/pseudonyms.h"
#include "coordinator/exchange/scratch_folder.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/pair_json.h"
#include "coordinator/store/sweep_copy.h"
#include "coordinator/workload/workload.h"
#include "coordinator/workload/workload_copy.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::json;

// Keys of facts whose values name a person, a machine or a place.
bool NamesSomebody(std::string_view key) {
  static const auto& keys = *new std::set<std::string_view>{
      "host",   "hostname",      "host_name", "node",    "user", "username",
      "serial", "serial_number", "chassis",   "address", "url",  "credentials_file"};
  return keys.contains(key);
}

// Adds all texts of a fact that name somebody.
void AddNames(const Json& facts, Pseudonyms& pseudonyms) {
  if (!facts.is_structured()) {
    return;
  }
  for (const auto& [key, value] : facts.items()) {
    if (value.is_string() && NamesSomebody(key)) {
      pseudonyms.AddName(value.get<std::string>());
    }
    AddNames(value, pseudonyms);
  }
}

std::string ScrubSpec(std::string_view text) {
  absl::StatusOr<PairSpec> pair = PairSpecFromJson(text);
  if (!pair.ok()) {
    return "{}";
  }
  pair->build.api_key_file.clear();
  pair->build.base_url.clear();
  pair->build.ref = std::filesystem::path(pair->build.ref).is_absolute()
                        ? std::filesystem::path(pair->build.ref).filename().string()
                        : pair->build.ref;
  const absl::StatusOr<std::optional<JudgeTask>> judge = JudgeTaskFromJson(text);
  return judge.ok() ? PairSpecToJson(*pair, *judge) : "{}";
}

// Leaves of a build what it is, without where it is on this machine or network.
void Withhold(Build& build) {
  build.api_key_file.clear();
  build.base_url = build.base_url.empty() ? "" : "https://withheld.invalid";
  const std::filesystem::path ref(build.ref);
  build.ref = ref.is_absolute() ? "/" + ref.filename().string() : build.ref;
}

// The sweep's file without where things are on this machine.
std::string ScrubResolved(std::string_view text) {
  absl::StatusOr<SweepFile> file = ParseResolvedSweep(std::string(text));
  if (!file.ok()) {
    return std::string(text);
  }
  file->workload = {.name = file->workload.name};
  for (ModelEntry& model : file->models) {
    for (ServeEntry& entry : model.serve) {
      Withhold(entry.build);
    }
  }
  for (std::optional<JudgeEntry>* judge : {&file->judge, &file->fallback_judge}) {
    if (judge->has_value()) {
      Withhold((*judge)->serve.build);
    }
  }
  return ResolvedSweep(*file);
}

class BundleMaker {
 public:
  BundleMaker(const BundleExport& options, std::string store_id)
      : options_(options), pseudonyms_(std::move(store_id)) {}

  absl::Status Make() {
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                        OpenSweepView(options_.data_directory, options_.sweep));
    WF_ASSIGN_OR_RETURN(const std::string workload_path,
                        FindWorkload(options_.data_directory, view->sweep().workload_id));
    WF_RETURN_IF_ERROR(CollectNames(*view));
    const std::filesystem::path folder = std::filesystem::path(options_.path).parent_path();
    WF_ASSIGN_OR_RETURN(const ScratchFolder scratch,
                        ScratchFolder::Create(folder.empty() ? "." : folder.string()));
    const std::string sweep_path = scratch.path() + "/sweep.db";
    WF_RETURN_IF_ERROR(CopySweepFile(
        SweepPath(options_.data_directory, view->sweep().id), sweep_path,
        {.id = SweepId{1},
         .text = [this](SweepText kind, std::string_view text) { return Rewritten(kind, text); },
         .with_responses = options_.with_text}));
    const std::string workload_copy = scratch.path() + "/workload.db";
    WF_RETURN_IF_ERROR(CopyWorkload(workload_path, workload_copy, options_.with_text));
    const SweepRecord& sweep = view->sweep();
    return WriteBundle(options_.path,
                       {.lab = pseudonyms_.Lab(),
                        .sweep = sweep.name,
                        .workload_id = sweep.workload_id,
                        .workload_name = sweep.workload_name,
                        .made_by = options_.made_by,
                        .made_unix_ms = options_.made_unix_ms,
                        .has_text = options_.with_text,
                        .agents = agents_},
                       {{"sweep.db", sweep_path}, {"workload.db", workload_copy}});
  }

 private:
  absl::Status CollectNames(SweepView& view) {
    std::map<std::int64_t, std::string> agents;
    WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, view.Pairs());
    for (const PairSnapshot& pair : pairs) {
      WF_ASSIGN_OR_RETURN(const auto environments, view.Environments(pair.spec.id));
      for (const EnvironmentRow& row : environments) {
        agents[row.agent.value] = row.agent_name;
        pseudonyms_.AddName(row.agent_name);
        AddNames(Json::parse(row.environment.facts_json, nullptr, false), pseudonyms_);
      }
    }
    WF_ASSIGN_OR_RETURN(const auto channels, view.Channels());
    for (const ChannelRow& row : channels) {
      AddNames(Json::parse(row.facts.facts_json, nullptr, false), pseudonyms_);
    }
    for (const auto& [id, name] : agents) {
      agents_.push_back({id, pseudonyms_.Agent(name)});
    }
    return absl::OkStatus();
  }

  std::string Rewritten(SweepText kind, std::string_view text) const {
    switch (kind) {
      case SweepText::kResolved:
        return ScrubResolved(text);
      case SweepText::kSpec:
        return ScrubSpec(text);
      case SweepText::kExtracted:
        return options_.with_text ? std::string(text) : std::string();
      case SweepText::kTrace: {
        const auto scrub = [this](std::string_view name) { return pseudonyms_.Scrub(name); };
        return RewriteTraceTexts(text, scrub).value_or("");
      }
      case SweepText::kMessage:
      case SweepText::kFacts:
      case SweepText::kChannelName:
      case SweepText::kInstance:
        break;
    }
    return pseudonyms_.Scrub(text);
  }

  const BundleExport& options_;
  Pseudonyms pseudonyms_;
  std::vector<BundleAgent> agents_;
};

}  // namespace

absl::Status ExportBundle(const BundleExport& options) {
  WF_ASSIGN_OR_RETURN(std::string store_id, ReadStoreId(options.data_directory));
  return BundleMaker(options, std::move(store_id)).Make();
}

}  // namespace wattfleet::coordinator
