#include "coordinator/service/open_served_sweep.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/grading/judge_prompt.h"

namespace wattfleet::coordinator {

namespace {

// What a judge is to be asked: by the file's grader, else by what the queries name.
absl::StatusOr<JudgeProtocol> ProtocolOf(const ServedSweep& served) {
  const std::string& told = served.file.default_grader;
  bool has_reference = told == "judge";
  bool has_pairwise = told == "pairwise";
  for (std::size_t i = 0; told == "auto" && i < served.q_of_position.size(); ++i) {
    WF_ASSIGN_OR_RETURN(const Query query, served.workload->Get(served.q_of_position[i]));
    has_reference = has_reference || query.grader == "judge";
    has_pairwise = has_pairwise || query.grader == "pairwise";
  }
  if (has_reference && has_pairwise) {
    return absl::InvalidArgumentError(
        "grading.judge: the workload has queries for judge and for pairwise; sweep them apart, or "
        "set grading.default");
  }
  if (!has_reference && !has_pairwise) {
    return absl::InvalidArgumentError(
        "grading.judge: no query of the workload is for a judge; set grading.default to judge or "
        "pairwise, or leave the judge out");
  }
  return has_pairwise ? JudgeProtocol::kPairwise : JudgeProtocol::kReference;
}

JudgeTask TaskOf(const JudgeEntry& judge, JudgeProtocol protocol) {
  return {.grader = JudgeGraderName(protocol, judge.rule, judge.name),
          .grader_version = kJudgeVersion,
          .protocol = protocol,
          .rule = judge.rule};
}

absl::Status SetJudge(ServedSweep& served) {
  if (!served.file.judge) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(const JudgeProtocol protocol, ProtocolOf(served));
  served.judge = TaskOf(*served.file.judge, protocol);
  if (served.file.fallback_judge) {
    served.fallback = TaskOf(*served.file.fallback_judge, protocol);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const ServedSweep>> Open(const std::string& data_directory,
                                                        const std::string& workload,
                                                        SweepFile file) {
  WF_ASSIGN_OR_RETURN(const std::string path, FindWorkload(data_directory, workload));
  auto served = std::make_shared<ServedSweep>();
  served->file = std::move(file);
  WF_ASSIGN_OR_RETURN(served->workload, OpenWorkload(path));
  if (!served->workload->facts().has_text) {
    return absl::FailedPreconditionError(
        absl::StrFormat("workload %s came in a bundle without its texts: import the dataset itself",
                        served->workload->facts().name));
  }
  WF_RETURN_IF_ERROR(CheckShots(*served->workload, FormOf(served->file)));
  served->q_of_position = SampleOf(served->workload->facts().queries, served->file.limit);
  WF_RETURN_IF_ERROR(SetJudge(*served));
  return std::shared_ptr<const ServedSweep>(std::move(served));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const std::string& resolved) {
  WF_ASSIGN_OR_RETURN(SweepFile file, ParseResolvedSweep(resolved));
  const std::string workload = file.workload.name;
  return Open(data_directory, workload, std::move(file));
}

absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const SweepRecord& sweep) {
  absl::StatusOr<SweepFile> file = ParseResolvedSweep(sweep.resolved);
  if (!file.ok()) {
    return Annotate(file.status(), "sweep " + sweep.name + " as stored");
  }
  return Open(data_directory, sweep.workload_id, *std::move(file));
}

}  // namespace wattfleet::coordinator
