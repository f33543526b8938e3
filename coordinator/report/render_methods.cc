#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/analysis/energy_figures.h"
#include "coordinator/report/render.h"
#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

namespace {

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

std::string WorkloadText(const Report& report) {
  std::string text = absl::StrFormat(
      "The sweep %s asked %d queries of the workload %s (%s), of %s, in the same order of every "
      "pair of model, build, accelerator and condition.",
      report.sweep_name, report.queries, report.workload_name, report.workload_id,
      report.datasets.empty() ? "no dataset" : absl::StrJoin(report.datasets, ", "));
  if (!report.settings.empty()) {
    std::vector<std::string> settings;
    for (const auto& [name, value] : report.settings) {
      settings.push_back(absl::StrCat(name, ": ", value));
    }
    absl::StrAppend(&text, " Settings: ", absl::StrJoin(settings, "; "), ".");
  }
  return text;
}

std::string EngineVersions(const ReportedPair& pair) {
  std::set<std::string> versions;
  for (const ReportedEnvironment& environment : pair.environments) {
    if (environment.engine_version) {
      versions.insert(*environment.engine_version);
    }
  }
  return versions.empty() ? "" : absl::StrCat(" ", absl::StrJoin(versions, " and "));
}

std::string PowerModes(const ReportedPair& pair) {
  std::set<std::string> modes;
  for (const ReportedEnvironment& environment : pair.environments) {
    if (environment.ac) {
      modes.insert(*environment.ac ? "on mains" : "on battery");
    }
    if (environment.power_mode) {
      modes.insert("power mode " + *environment.power_mode);
    }
  }
  return modes.empty() ? "" : absl::StrCat(", ", absl::StrJoin(modes, ", "));
}

std::string PairText(const ReportedPair& pair) {
  std::string build = absl::StrCat("\"", pair.build.ref, "\"");
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      absl::StrAppend(&build, ", ", name, " ", value);
    }
  };
  add("revision", pair.build.revision);
  add("quantization", pair.build.quantization);
  add("digest", pair.build.digest);
  return absl::StrFormat("%s: %s%s serving %s on %s (%s%s), %s%s.", pair.model, pair.build.engine,
                         EngineVersions(pair), build, pair.accelerator,
                         pair.agents.empty() ? "no agent yet" : absl::StrJoin(pair.agents, ", "),
                         PowerModes(pair), pair.condition,
                         pair.location == "cloud" ? ", in a cloud" : "");
}

std::string PairsText(const Report& report) {
  std::vector<std::string> pairs;
  for (const ReportedPair& pair : report.pairs) {
    pairs.push_back(PairText(pair));
  }
  return absl::StrJoin(pairs, " ");
}

std::string SamplingText(const Report& report) {
  std::map<std::string, std::vector<std::string>> pairs_of;
  for (const ReportedPair& pair : report.pairs) {
    pairs_of[DescribeGeneration(pair.generation)].push_back(pair.model);
  }
  std::vector<std::string> parts;
  for (const auto& [text, models] : pairs_of) {
    const std::set<std::string> names(models.begin(), models.end());
    parts.push_back(pairs_of.size() == 1 ? text
                                         : absl::StrCat(text, " for ", absl::StrJoin(names, ", ")));
  }
  return absl::StrCat("Asked for: ", absl::StrJoin(parts, "; "),
                      ". What is not named was left to the engine's default.");
}

std::string GradingText(const Report& report) {
  std::vector<std::string> graders;
  for (const auto& [name, version] : report.quality.graders) {
    graders.push_back(absl::StrCat(name, " version ", version));
  }
  return absl::StrCat(
      graders.empty() ? "No answer is graded yet."
                      : absl::StrCat("Answers were graded by ", absl::StrJoin(graders, ", "), "."),
      " Every query is correct, wrong, no_answer (nothing extractable, refused, cut before it "
      "answered, out of time or context) or pending. Accuracy is correct / (correct + wrong + "
      "no_answer); no_answer counts as wrong and its energy counts. Coverage is correct / all "
      "queries.");
}

std::string SensorText(const ReportedSensor& sensor) {
  std::string text = absl::StrCat(sensor.source, " (", sensor.scope);
  if (!sensor.kind.empty()) {
    absl::StrAppend(&text, ", ", sensor.kind);
  }
  if (sensor.update_period_ms) {
    absl::StrAppend(&text, ", updated every ", *sensor.update_period_ms, " ms");
  }
  absl::StrAppend(&text, ", systematic error ",
                  sensor.systematic_relative
                      ? absl::StrCat("of one standard deviation ",
                                     Percent(*sensor.systematic_relative), ", a budget")
                      : "not declared");
  return text + ")";
}

// Equal sensors of several agents stand once.
std::string SensorsText(const Report& report) {
  std::map<std::string, std::set<std::string>> agents_of;
  std::set<std::string> methods;
  for (const ReportedPair& pair : report.pairs) {
    for (const ReportedSensor& sensor : pair.sensors) {
      agents_of[SensorText(sensor)].insert(sensor.agent);
      if (!sensor.method.empty()) {
        methods.insert(sensor.method);
      }
    }
  }
  if (agents_of.empty()) {
    return "No sensor of this class was read.";
  }
  std::vector<std::string> parts;
  for (const auto& [sensor, agents] : agents_of) {
    parts.push_back(absl::StrCat(sensor, " on ", absl::StrJoin(agents, ", ")));
  }
  return absl::StrCat("Sensors: ", absl::StrJoin(parts, "; "), ".",
                      methods.empty() ? ""
                                      : absl::StrCat(" Readings were attributed to queries by ",
                                                     absl::StrJoin(methods, " and "), "."));
}

void AddUnmeasured(const Report& report, std::vector<std::string>& sentences) {
  std::map<std::string, std::vector<std::string>> pairs_of;
  for (const ReportedPair& pair : report.pairs) {
    if (!pair.energy.figures.means) {
      pairs_of[pair.energy.reason].push_back(pair.id);
    } else if (pair.energy.baseline_watts) {
      sentences.push_back(absl::StrFormat("The loaded and idle machine of %s drew %s W.", pair.id,
                                          ThreeDigits(pair.energy.baseline_watts)));
    }
  }
  for (const auto& [reason, pairs] : pairs_of) {
    sentences.push_back(absl::StrFormat("No measured energy is reported of %s: %s.",
                                        absl::StrJoin(pairs, ", "), reason));
  }
}

std::string EnergyText(const Report& report) {
  std::vector<std::string> sentences;
  sentences.push_back(absl::StrFormat(
      "Energy is gross and of class %s%s.", report.energy_class,
      report.pue
          ? absl::StrFormat(", derived: wall x PUE %g (%s)", report.pue->ratio, report.pue->source)
          : ""));
  sentences.push_back(SensorsText(report));
  sentences.push_back(absl::StrFormat(
      "Power is the mean over queries of energy by time under isolated, and energy by the time "
      "with a request present under served; IPW is accuracy / power, IPJ accuracy / joules per "
      "query, over the same queries: decided, measured, outside warm-up, ramp and tail. A pair "
      "with less than %.0f %% of its decided queries measured has none. Modelled and imported "
      "energies stand under their own names and are never ranked.",
      100 * kMeasuredShareMin));
  AddUnmeasured(report, sentences);
  return absl::StrJoin(sentences, " ");
}

std::string ExclusionsText(const Report& report) {
  const std::string parts = DescribeExclusions(report.quality.exclusions);
  std::string text =
      absl::StrCat("Results left out of energy figures: ", parts.empty() ? "none" : parts, ".");
  for (const ReportedPair& pair : report.pairs) {
    for (const Gap& gap : pair.gaps) {
      absl::StrAppend(&text, absl::StrFormat(" Of %s: %d %s (%s).", pair.id, gap.results, gap.kind,
                                             gap.reason));
    }
  }
  if (report.quality.ledger) {
    const ReportedLedger& ledger = *report.quality.ledger;
    absl::StrAppend(&text,
                    absl::StrFormat(" Of %s J read from the sensors %s J were attributed to "
                                    "results, %s J were idle, %s J went to failed or "
                                    "repeated work, %s J could not be assigned.",
                                    ThreeDigits(ledger.total), ThreeDigits(ledger.attributed),
                                    ThreeDigits(ledger.idle), ThreeDigits(ledger.uncounted),
                                    ThreeDigits(ledger.unassigned)));
  }
  return text;
}

std::string LeftOutText(const std::vector<std::string>& left_out) {
  return left_out.empty() ? "" : absl::StrCat(" Left out: ", absl::StrJoin(left_out, ", "), ".");
}

std::string UnionsText(const Report& report) {
  if (report.unions.empty()) {
    return "";
  }
  std::string text =
      "Union coverage is the share of the queries decided for all members that at least one of "
      "them "
      "answers correctly, one pair per model; its chance floor is what as many uniform guessers "
      "reach. Models with less than 95 % decided are in none.";
  for (const ReportedUnion& reported : report.unions) {
    if (!reported.result.left_out.empty()) {
      absl::StrAppend(&text, " Left out of ", reported.name, ": ",
                      absl::StrJoin(reported.result.left_out, ", "), ".");
    }
  }
  return text;
}

std::string StudiesText(const Report& report) {
  std::string text;
  if (report.difficulty) {
    absl::StrAppend(&text,
                    absl::StrFormat(" Difficulty is the size in total parameters, as declared, of "
                                    "the smallest of %d models that answers a query, over %d "
                                    "queries; answers that were guessed are not told apart.",
                                    report.difficulty->models.size(), report.difficulty->queries),
                    LeftOutText(report.difficulty->left_out));
  }
  if (report.trend) {
    absl::StrAppend(&text,
                    absl::StrFormat(" The trend is by declared release dates, over %d queries.",
                                    report.trend->queries),
                    LeftOutText(report.trend->left_out));
  }
  if (report.routing) {
    const Routing& routing = *report.routing;
    absl::StrAppend(
        &text,
        absl::StrFormat(" Routing: baseline %s, a pool of %d pair%s, over %d queries; the oracle "
                        "sends each to the %s, else to the baseline, and a router of accuracy a "
                        "does so on that share.",
                        routing.baseline, routing.pool.size(), routing.pool.size() == 1 ? "" : "s",
                        routing.queries,
                        routing.ranked_by == "nothing"
                            ? std::string("first pair of the pool that answers it")
                            : absl::StrCat("pair of the pool that answers it for the least ",
                                           routing.ranked_by)),
        LeftOutText(routing.left_out));
  }
  return text;
}

std::string AcrossText(const Report& report) {
  const std::string text = absl::StrCat(UnionsText(report), StudiesText(report));
  return std::string(absl::StripLeadingAsciiWhitespace(text));
}

// The notes of figures that have no interval.
std::set<std::string> NotesOf(const Report& report) {
  std::set<std::string> notes;
  for (const ReportedPair& pair : report.pairs) {
    const EnergyEstimates& estimates = pair.energy.estimates;
    for (const auto* estimate : {&estimates.joules_per_query, &estimates.power_watts,
                                 &estimates.joules_per_correct, &estimates.ipw, &estimates.ipj}) {
      if (*estimate && !(*estimate)->low) {
        notes.insert((*estimate)->note);
      }
    }
  }
  notes.erase("");
  return notes;
}

std::string UncertaintyText(const Report& report) {
  std::string text = absl::StrFormat(
      "Intervals are 95 %%. Proportions: Wilson's; with repetitions a bootstrap over queries.%s "
      "Resampling seed %d. The systematic error of a sensor stands beside and is in no interval; "
      "it "
      "cancels between two models on one device.",
      report.comparisons.empty()
          ? ""
          : absl::StrFormat(
                " Paired accuracies: exact McNemar test and Bonett and Price's interval, "
                "p adjusted by Holm over %d comparisons.",
                report.comparisons.size()),
      report.quality.bootstrap_seed);
  const std::set<std::string> notes = NotesOf(report);
  if (!notes.empty()) {
    absl::StrAppend(&text, " Energy figures without an interval: ", absl::StrJoin(notes, ", "),
                    ".");
  }
  std::set<std::string> single;
  for (const ReportedPair& pair : report.pairs) {
    if (pair.energy.figures.means && pair.agents.size() == 1) {
      single.insert(pair.id);
    }
  }
  if (!single.empty()) {
    absl::StrAppend(&text, " One physical device: ", absl::StrJoin(single, ", "), ".");
  }
  return text;
}

std::string TroubleText(const Report& report) {
  std::vector<std::string> items;
  if (report.provisional) {
    items.push_back(
        absl::StrFormat("the sweep is %s, so that every figure is provisional", report.state));
  }
  for (const Mismatch& mismatch : report.quality.mismatches) {
    items.push_back(absl::StrCat(mismatch.kind, ": ", mismatch.text));
  }
  return items.empty() ? "" : absl::StrCat(absl::StrJoin(items, "; "), ".");
}

}  // namespace

std::string RenderMethods(const Report& report) {
  std::string text;
  const auto add = [&](const char* title, const std::string& paragraph) {
    if (!paragraph.empty()) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", title, ". ", paragraph, "\n");
    }
  };
  add("Workload", WorkloadText(report));
  if (report.pairs.empty()) {
    add("Models and engines", "No pair yet.");
  } else {
    add("Models and engines", PairsText(report));
    add("Sampling", SamplingText(report));
    add("Grading", GradingText(report));
    add("Energy", EnergyText(report));
    add("Across models", AcrossText(report));
    add("Exclusions and gaps", ExclusionsText(report));
    add("Uncertainty", UncertaintyText(report));
  }
  add("Reservations", TroubleText(report));
  add("Software", absl::StrCat("wattfleet ", report.quality.version, "."));
  return text;
}

}  // namespace wattfleet::coordinator
