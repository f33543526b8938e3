#ifndef WF_COORDINATOR_REPORT_REPORT_H_
#define WF_COORDINATOR_REPORT_REPORT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/domain/pair.h"
#include "coordinator/analysis/comparison.h"
#include "coordinator/analysis/difficulty.h"
#include "coordinator/analysis/distribution.h"
#include "coordinator/analysis/energy_figures.h"
#include "coordinator/analysis/energy_intervals.h"
#include "coordinator/analysis/estimate.h"
#include "coordinator/analysis/outcome.h"
#include "coordinator/analysis/routing.h"
#include "coordinator/analysis/timing.h"
#include "coordinator/analysis/tokens.h"
#include "coordinator/analysis/tool_timings.h"
#include "coordinator/analysis/trend.h"
#include "coordinator/analysis/union_coverage.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// Power usage effectiveness: what the whole facility draws for each joule at the wall. Given by
// somebody, never measured here.
struct Pue {
  double ratio = 1;    // >= 1
  std::string source;  // who says so, and when
  bool operator==(const Pue&) const = default;
};

// What a sweep publishes: the content of `wattfleet.report/1`, field by field (design, section 8),
// and what the table and Markdown say beside it. Absent means not known. Definitions of figures:
// metrics.md; units are in the names.
struct ReportedBuild {
  std::string engine;
  std::string ref;
  std::string revision;      // empty: not given
  std::string quantization;  // as sealed, else as asked for; empty: neither
  std::string digest;        // empty: not sealed yet
};

struct ReportedEnvironment {
  std::int64_t id = 0;
  std::int64_t results = 0;
  std::optional<std::string> engine_version;
  std::optional<std::string> power_mode;
  std::optional<bool> ac;
  std::optional<std::int64_t> recorded_answers;  // rows of the recording that answered
};

// How a pair's results divide among ways to power a machine, when there is more than one.
using MixedPower = std::optional<std::string>;

// A part of a pair's queries. Of agents: the results that each brought, so that its queries are a
// share that the scheduler chose; accuracy and energy per query say whether the agents differ,
// coverage says nothing.
struct ReportedStratum {
  std::string name;
  OutcomeTally outcomes;
  std::optional<double> joules_per_query;  // agents only, where the pair has energy figures
  std::optional<double> power_watts;
};

// Energy that is shown under its own name and never ranked.
struct ReportedOtherEnergy {
  std::string model;  // what it was computed by, or which recording says so
  EnergyMeans means;
};

struct ReportedEnergy {
  std::string energy_class;  // as measured: e.g. host-nodram where host was asked for
  std::string derived;       // from what, where it was not measured itself; empty otherwise
  std::string reason;        // why there are no figures, or no ranking; empty otherwise
  EnergyFigures figures;
  EnergyEstimates estimates;  // the same figures with their intervals: what is shown
  std::optional<double> systematic_relative;
  std::optional<double> baseline_watts;
  std::optional<ReportedOtherEnergy> modelled;
  std::optional<ReportedOtherEnergy> imported;
};

// A channel that a pair's measured energy is made of. Empty and absent: its agent did not say.
struct ReportedSensor {
  std::string agent;
  std::string name;    // of the channel, unique on its agent
  std::string source;  // "nvml", "rapl"
  std::string scope;   // what it covers: common/domain/scope.h
  std::string kind;    // counter, interval_energy, power_instant, power_average
  std::string method;  // how readings became a query's energy
  std::optional<double> update_period_ms;
  std::optional<double> systematic_relative;  // 1 standard uncertainty
};

// Queries without an answer, and why.
struct Gap {
  std::string kind;  // failed, quarantined, open
  std::string reason;
  std::int64_t results = 0;  // units
};

struct ReportedPair {
  std::string id;
  std::string model;
  ReportedBuild build;
  std::string accelerator;
  std::string location;  // local, cloud
  std::string condition;
  std::vector<std::string> agents;
  std::vector<ReportedEnvironment> environments;
  std::int64_t queries = 0;
  std::int64_t repetitions = 1;
  Progress progress;
  OutcomeTally outcomes;
  std::optional<double> macro_accuracy;  // absent with a single dataset
  TokenFigures tokens;
  ReportedEnergy energy;
  MixedPower mixed_power;
  TimingFigures latency;
  TimingFigures ttft;
  std::optional<ToolTimings> timings;  // in other tools' conventions, where asked for
  std::optional<double> cost_usd_per_query;
  // Time with a request present, and list price, of the decided queries over the correct ones.
  std::optional<double> seconds_per_correct;
  std::optional<double> usd_per_correct;
  std::vector<std::pair<std::string, std::int64_t>> flags;  // in bit order, none with 0
  std::vector<ReportedStratum> subjects;
  std::vector<ReportedStratum> datasets;
  std::vector<ReportedStratum> of_agents;     // empty unless several answered
  std::vector<ReportedStratum> difficulty;    // by Report::difficulty; empty without it
  std::optional<Estimate> weighted_coverage;  // by Report::weights
  // As the sweep file declares them.
  std::optional<double> parameters_total;
  std::optional<double> parameters_active;
  std::string released;  // YYYY-MM-DD; empty: not declared
  std::optional<Price> price;
  std::int32_t devices = 1;  // of the accelerator: 2 of "nvidia-h100-sxm-80gb-x2"
  std::vector<Gap> gaps;
  Generation generation;  // sampling as asked for
  std::vector<ReportedSensor> sensors;
  std::optional<Distribution> latency_spread;  // seconds
  std::optional<Distribution> energy_spread;   // joules; kMeasured only
};

struct ReportedUnion {
  std::string name;
  UnionCoverage result;
};

struct ReportedComparison {
  std::string model;
  std::string numerator;    // pair id
  std::string denominator;  // pair id
  WeightsMatch match = WeightsMatch::kSameBaseModel;
  std::int64_t queries = 0;  // decided for both: what the accuracies are compared over
  std::optional<Estimate> ipw_ratio;
  std::optional<Estimate> ipj_ratio;
  std::optional<Estimate> joules_per_correct_ratio;
  // The ratios as if each device of an accelerator worked alone; only where one side has several.
  std::optional<Estimate> ipw_ratio_per_device;
  std::optional<Estimate> ipj_ratio_per_device;
  std::optional<Estimate> accuracy_difference;
  std::optional<double> p_mcnemar;
  std::optional<double> p_holm;
};

// Something that must not be overlooked; shown on the first page.
struct Mismatch {
  // ACCURACY_DISAGREES, PROMPT_MISMATCH, MIXED_VERSIONS, MIXED_POWER, MIXED_METHODS, MIXED_CLASSES,
  // LEDGER_IMBALANCE, RECORDING_UNUSED, CONTENDED, SAME_FAMILY, MIXED_JUDGES
  std::string kind;
  std::vector<std::string> pairs;
  std::string text;
};

// Of the channels that the pairs' energy figures are made of; joules.
struct ReportedLedger {
  double total = 0;
  double attributed = 0;
  double idle = 0;
  double uncounted = 0;
  double unassigned = 0;
};

// A judge's work on the answers of one pair; its tokens, cost and energy are in no other figure.
struct ReportedJudge {
  std::string pair;            // whose answers
  std::string judge;           // the model
  bool is_taken_over = false;  // another judges the pair instead
  std::string grader;
  std::string state;
  std::string reason;
  std::int64_t judged = 0;                              // answers with a verdict, correct or wrong
  std::int64_t pending = 0;                             // answers that wait for one
  std::map<std::string, std::int64_t> without_verdict;  // replies, by reason
  std::int64_t twice = 0;                               // answers judged twice in the same order
  std::int64_t twice_agree = 0;                         // of `twice`: with the same verdict
  std::int64_t both_orders = 0;
  std::int64_t flipped = 0;  // of `both_orders`: win or tie in one alone
  // Share of "correct" among the answers with a verdict, by quarters of output tokens, shortest
  // first; empty where fewer than four have both.
  std::vector<double> win_rate_by_length;
  TokenSums tokens;
  std::optional<double> cost_usd;  // absent without a price, or where a reply has no token count
  std::optional<double> joules;    // of the report's class; absent where nothing was measured
};

struct ReportedQuality {
  EnergyExclusions exclusions;  // of the pairs with a measured channel
  std::vector<Mismatch> mismatches;
  std::vector<ReportedJudge> judges;
  std::optional<ReportedLedger> ledger;  // absent where nothing was measured
  std::uint64_t bootstrap_seed = 0;
  std::string version;
  std::vector<std::pair<std::string, std::int32_t>> graders;
  std::string verdicts_by;  // NAME@VERSION of the one grader asked for; empty: those in force
};

// By which subjects are weighted.
struct SubjectWeights {
  std::string source;                                   // the file
  std::vector<std::pair<std::string, double>> weights;  // > 0
  std::vector<std::string> without;                     // subjects that have none: left out
};

struct Report {
  std::string sweep_name;
  std::string sweep_id;
  std::string state;
  std::string reason;  // of the state; may be empty
  bool provisional = true;
  std::string workload_name;
  std::string workload_id;
  std::int64_t queries = 0;
  std::vector<std::string> datasets;
  std::string energy_class;  // as asked for
  std::optional<Pue> pue;    // what class facility is derived with
  // How the sweep asked: name and text, for methods and provenance; e.g. "template",
  // "auto-v1:1a2b".
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<ReportedPair> pairs;
  std::vector<ReportedUnion> unions;
  std::vector<ReportedComparison> comparisons;
  std::optional<Difficulty> difficulty;  // absent: no model declares its parameters
  std::optional<Trend> trend;            // absent: no model declares its release
  std::optional<Routing> routing;        // absent: no pair of a cloud, or of this place
  std::optional<SubjectWeights> weights;
  ReportedQuality quality;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_H_
