#include "coordinator/exchange/ipw_export.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "common/status/status_macros.h"
#include "coordinator/exchange/exported_result.h"
#include "coordinator/exchange/ipw_record.h"
#include "coordinator/exchange/scratch_folder.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlock = std::size_t{1} << 20;

// Letters, digits, "." and "-" of a name; "-" for the rest.
std::string Safe(const std::string& name) {
  std::string safe = name;
  std::replace_if(
      safe.begin(), safe.end(),
      [](unsigned char c) { return !absl::ascii_isalnum(c) && c != '.' && c != '-'; }, '-');
  return safe;
}

// Sums over one run, for accuracy.json: of the harness's definitions (accuracy over what has a
// verdict, energy and power over what has energy).
struct RunSums {
  std::int64_t queries = 0;
  std::int64_t correct = 0;
  std::int64_t incorrect = 0;
  std::int64_t unevaluated = 0;
  std::int64_t failed = 0;
  std::vector<double> joules;
  std::vector<double> watts;
  std::string basis;

  void Add(const ExportedResult& result, const std::string& energy_class) {
    ++queries;
    const ResultRow& row = result.detail.row;
    failed += row.status == ResultStatus::kFailed ? 1 : 0;
    if (!row.verdict) {
      ++unevaluated;
    } else {
      ++(*row.verdict == VerdictValue::kCorrect ? correct : incorrect);
    }
    if (result.energy && result.energy_status != "modelled") {
      joules.push_back(static_cast<double>(*result.energy) / 1e6);
      basis = IpwBasis(result, energy_class);
      if (row.duration_ns > 0) {
        watts.push_back(joules.back() * 1e9 / static_cast<double>(row.duration_ns));
      }
    }
  }
};

std::optional<double> Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return values.empty() ? std::nullopt : std::optional(sum / static_cast<double>(values.size()));
}

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> Over(std::optional<double> a, std::optional<double> b) {
  return a && b && *b > 0 ? std::optional(*a / *b) : std::nullopt;
}

// count, avg, median, min, max, total, accuracy of the harness's efficiency blocks.
Json Efficiency(std::vector<double> values, const std::optional<double>& accuracy) {
  std::sort(values.begin(), values.end());
  Json json = {{"count", values.size()}, {"avg", OrNull(Mean(values))}};
  const std::size_t half = values.size() / 2;
  std::optional<double> median;
  if (!values.empty()) {
    median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
  json["median"] = OrNull(median);
  json["min"] = values.empty() ? Json(nullptr) : Json(values.front());
  json["max"] = values.empty() ? Json(nullptr) : Json(values.back());
  json["accuracy"] = OrNull(accuracy);
  json["zero_values"] = std::count(values.begin(), values.end(), 0.0);
  return json;
}

Json AccuracyJson(const std::string& model, const RunSums& sums) {
  const std::int64_t scored = sums.correct + sums.incorrect;
  const std::optional<double> accuracy =
      scored > 0 ? std::optional(static_cast<double>(sums.correct) / static_cast<double>(scored))
                 : std::nullopt;
  const std::optional<double> joules = Mean(sums.joules);
  const std::optional<double> watts = Mean(sums.watts);
  Json energy = Efficiency(sums.joules, accuracy);
  energy["total"] =
      joules ? Json(*joules * static_cast<double>(sums.joules.size())) : Json(nullptr);
  energy["imputed_from_power"] = nullptr;
  energy["imputed_count"] = 0;
  Json power = Efficiency(sums.watts, accuracy);
  power["derived_power_samples"] = sums.watts.size();
  power["power_metric_samples"] = 0;
  return {{"analysis", "accuracy"},
          {"summary",
           {{"model", model},
            {"correct", sums.correct},
            {"incorrect", sums.incorrect},
            {"unevaluated", sums.unevaluated},
            {"failed", sums.failed},
            {"total_scored", scored},
            {"accuracy", OrNull(accuracy)},
            {"intelligence_per_joule", OrNull(Over(accuracy, joules))},
            {"intelligence_per_watt", OrNull(Over(accuracy, watts))},
            {"avg_per_query_energy_joules", OrNull(joules)},
            {"avg_per_query_power_watts", OrNull(watts)},
            {"energy_sample_count", sums.joules.size()},
            {"power_sample_count", sums.watts.size()},
            {"energy_basis", sums.basis.empty() ? Json(nullptr) : Json(sums.basis)}}},
          {"warnings", Json::array()},
          {"data",
           {{"per_model", Json::object()},
            {"records", Json::array()},
            {"efficiency", {{"energy", energy}, {"power", power}}}}}};
}

absl::Status WriteText(const std::string& path, const std::string& text) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  WF_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(folder));
  WF_RETURN_IF_ERROR(file.Append(text));
  return file.Publish(path);
}

class IpwWriter {
 public:
  IpwWriter(const IpwExport& options, SweepView& view, ResultWalk& walk)
      : options_(options), view_(view), walk_(walk) {}

  absl::Status Write() {
    const std::string beside = std::filesystem::path(options_.path).parent_path().string();
    WF_ASSIGN_OR_RETURN(ScratchFolder scratch,
                        ScratchFolder::Create(beside.empty() ? "." : beside));
    for (const PairSnapshot& pair : walk_.pairs()) {
      WF_RETURN_IF_ERROR(WriteRun(pair, scratch.path()));
    }
    return scratch.Publish(options_.path);
  }

 private:
  std::string RunName(const PairSpec& pair) {
    const std::string name =
        absl::StrCat("profile_", Safe(pair.accelerator), "_", Safe(pair.model), "_",
                     Safe(view_.sweep().workload_name), "_", Safe(BuildName(pair.build)), "_",
                     ConditionName(pair.condition));
    // Two names may differ only in what is not safe.
    return names_.insert(name).second ? name : absl::StrCat(name, "_", pair.id.value);
  }

  absl::Status WriteRun(const PairSnapshot& pair, const std::string& folder) {
    const std::string run = RunName(pair.spec);
    const std::string path = absl::StrCat(folder, "/", run);
    std::error_code error;
    std::filesystem::create_directories(path + "/analysis", error);
    WF_ASSIGN_OR_RETURN(TemporaryFile rows, TemporaryFile::Create(path));
    RunSums sums;
    std::string buffer;
    WF_RETURN_IF_ERROR(walk_.ForEachResult(pair, [&](const ExportedResult& result) {
      sums.Add(result, options_.energy_class);
      absl::StrAppend(&buffer, IpwRecord(result, options_.energy_class), "\n");
      if (buffer.size() < kBlock) {
        return absl::OkStatus();
      }
      const absl::Status status = rows.Append(buffer);
      buffer.clear();
      return status;
    }));
    WF_RETURN_IF_ERROR(rows.Append(buffer));
    WF_RETURN_IF_ERROR(rows.Publish(path + "/data.jsonl"));
    WF_RETURN_IF_ERROR(WriteText(path + "/analysis/accuracy.json",
                                 AccuracyJson(pair.spec.model, sums).dump(2) + "\n"));
    return WriteText(path + "/summary.json", Summary(pair.spec, run, sums).dump(2) + "\n");
  }

  Json Summary(const PairSpec& pair, const std::string& run, const RunSums& sums) const {
    const SweepRecord& sweep = view_.sweep();
    return {{"model", pair.model},
            {"profiler_config",
             {{"engine", pair.build.engine},
              {"quantization", pair.build.quantization},
              {"condition", ConditionName(pair.condition)},
              {"energy_class", options_.energy_class},
              {"repetitions", pair.repetitions}}},
            {"dataset", sweep.workload_name},
            {"dataset_name", sweep.workload_name},
            {"hardware_label", pair.accelerator},
            {"generated_at", static_cast<double>(options_.made_unix_ms) / 1e3},
            {"total_queries", sums.queries},
            {"system_info", nullptr},
            {"gpu_info", nullptr},
            {"output_dir", run},
            {"versions", {{"ipw", nullptr}, {"python", nullptr}, {"wattfleet", options_.version}}},
            {"client_info", nullptr},
            {"wattfleet",
             {{"sweep", sweep.name},
              {"workload_id", sweep.workload_id},
              {"queries", sweep.n_queries},
              {"pair", PairName(pair)}}}};
  }

  const IpwExport& options_;
  SweepView& view_;
  ResultWalk& walk_;
  std::set<std::string> names_;
};

}  // namespace

absl::Status ExportIpw(SweepView& view, const Workload& workload, const IpwExport& options) {
  std::error_code error;
  if (std::filesystem::exists(options.path, error)) {
    return absl::AlreadyExistsError(absl::StrCat(options.path, " is there already"));
  }
  WF_ASSIGN_OR_RETURN(const auto walk,
                      ResultWalk::Start(view, workload, options.energy_class, true));
  return IpwWriter(options, view, *walk).Write();
}

}  // namespace wattfleet::coordinator
