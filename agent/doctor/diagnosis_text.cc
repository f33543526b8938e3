#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "agent/doctor/diagnosis.h"

namespace wattfleet::agent {

namespace {

// "640 ns", "12.3 us", "100 ms", "1.5 s".
std::string Words(std::chrono::nanoseconds span) {
  const auto ns = static_cast<double>(span.count());
  if (ns < 1e3) {
    return absl::StrFormat("%.0f ns", ns);
  }
  if (ns < 1e6) {
    return absl::StrFormat("%.3g us", ns * 1e-3);
  }
  return ns < 1e9 ? absl::StrFormat("%.3g ms", ns * 1e-6) : absl::StrFormat("%.3g s", ns * 1e-9);
}

std::string WattWords(std::optional<double> watts) {
  return watts ? absl::StrFormat("%.2f W", *watts) : "no reading";
}

std::string UpdateWords(const ChannelProbe& probe, std::chrono::nanoseconds spacing) {
  if (probe.values == 0) {
    return "brought no value";
  }
  if (probe.update) {
    return absl::StrFormat("changes every %s (%s to %s, 95 %% below)", Words(probe.update->median),
                           Words(probe.update->least), Words(probe.update->p95));
  }
  if (probe.changes_at_every_read) {
    return absl::StrFormat("changes at every read, at least every %s", Words(spacing));
  }
  return absl::StrFormat("changed %d times in %d reads", probe.changes, probe.values);
}

void AppendMachine(const Diagnosis& diagnosis, std::string& out) {
  absl::StrAppend(&out, "machine\n");
  for (const auto& [name, value] : diagnosis.host_facts) {
    absl::StrAppendFormat(&out, "  %-14s %s\n", name, value);
  }
}

void AppendInstances(const Diagnosis& diagnosis, std::string& out) {
  std::vector<std::string> names;
  for (const SourceDiagnosis& source : diagnosis.sources) {
    for (const ChannelDiagnosis& channel : source.channels) {
      if (source.is_used) {
        names.push_back(channel.spec.name);
      }
    }
  }
  absl::StrAppend(&out, "instances, and the classes of energy in which each can be measured\n");
  for (const InstanceDiagnosis& instance : diagnosis.instances) {
    const auto& devices = instance.offer.device_ids;
    absl::StrAppendFormat(&out, "  %-14s %s\n", instance.offer.name,
                          devices.empty() ? "this host's processor" : absl::StrJoin(devices, ", "));
    for (const ClassReach& reach : instance.classes) {
      std::vector<std::string> summed;
      for (const std::size_t channel : reach.channels) {
        summed.push_back(names[channel]);
      }
      absl::StrAppendFormat(
          &out, "    %-14s %s\n", reach.asked,
          !reach.name ? absl::StrCat("out of reach: ", reach.lack)
          : reach.name == reach.asked
              ? absl::StrJoin(summed, " + ")
              : absl::StrCat("only as ", *reach.name, ": ", absl::StrJoin(summed, " + ")));
    }
  }
}

void AppendSources(const Diagnosis& diagnosis, std::string& out) {
  absl::StrAppend(&out, "power sources\n");
  for (const SourceDiagnosis& source : diagnosis.sources) {
    if (!source.is_usable()) {
      absl::StrAppendFormat(&out, "  %-14s not usable: %s\n", source.name, source.reason);
      if (!source.remedy.empty()) {
        absl::StrAppendFormat(&out, "  %-14s mend it:    %s\n", "", source.remedy);
      }
      continue;
    }
    const double core_percent = 100.0 * static_cast<double>(source.probe.cost_median.count()) /
                                static_cast<double>(source.poll_period.count());
    absl::StrAppendFormat(
        &out,
        "  %-14s usable%s; a read takes %s (at most %s of %d), every %s: %.2g %% "
        "of a core\n",
        source.name,
        source.is_used ? ""
                       : ", but not used: left out of the agent's file, or seen by another source",
        Words(source.probe.cost_median), Words(source.probe.cost_most), source.probe.reads,
        Words(source.poll_period), core_percent);
    for (const ChannelDiagnosis& channel : source.channels) {
      absl::StrAppendFormat(&out, "    %-36s %-14s %s%s\n", channel.spec.name,
                            RowOf(channel.spec.scope).name,
                            UpdateWords(channel.probe, source.probe.spacing),
                            channel.is_untested_on_hardware ? "; untested on hardware" : "");
    }
  }
}

void AppendEngines(const Diagnosis& diagnosis, std::string& out) {
  absl::StrAppend(&out, "engines\n");
  for (const EngineOffer& offer : diagnosis.engines) {
    absl::StrAppendFormat(&out, "  %-14s %s %s\n", offer.kind, offer.base_url,
                          absl::StrJoin(offer.refs, ", "));
  }
  if (diagnosis.engines.empty()) {
    absl::StrAppend(&out, "  none answers; list them under `engines:` in agent.yaml\n");
  }
}

void AppendSelfTest(const Diagnosis& diagnosis, std::string& out) {
  if (!diagnosis.self_test) {
    return;
  }
  absl::StrAppendFormat(&out, "self-test: %d s idle, then %d s under load\n",
                        diagnosis.phase.count(), diagnosis.phase.count());
  for (const LoadTrial& load : diagnosis.self_test->loads) {
    absl::StrAppendFormat(
        &out, "  load: %s%s\n", load.reach.what,
        load.failure.empty() ? "" : absl::StrCat(" could not be made: ", load.failure));
  }
  for (const SourceDiagnosis& source : diagnosis.sources) {
    for (const ChannelDiagnosis& channel : source.channels) {
      if (channel.trial) {
        absl::StrAppendFormat(&out, "  %-36s idle %11s   load %11s   %s\n", channel.spec.name,
                              WattWords(channel.trial->idle_watts),
                              WattWords(channel.trial->load_watts),
                              ReactionName(channel.trial->reaction));
      }
    }
  }
}

}  // namespace

std::string DiagnosisText(const Diagnosis& diagnosis) {
  std::string out;
  AppendMachine(diagnosis, out);
  AppendInstances(diagnosis, out);
  AppendSources(diagnosis, out);
  AppendEngines(diagnosis, out);
  AppendSelfTest(diagnosis, out);
  absl::StrAppend(&out, "conclusion\n  ", diagnosis.conclusion, "\n");
  return out;
}

}  // namespace wattfleet::agent
