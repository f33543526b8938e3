#include "agent/doctor/diagnose.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "agent/energy/live_power.h"
#include "agent/power/channel_overlap.h"
#include "agent/power/open_power_source.h"
#include "agent/power/sampler.h"
#include "common/domain/class_table.h"

namespace wattfleet::agent {

namespace {

// What a source without hardware at hand writes into its channels' facts.
constexpr char kUntested[] = "untested on hardware";

SourceDiagnosis Examine(SourceVerdict& verdict, const DiagnoseOptions& options, const Clock& clock,
                        const Wait& wait) {
  SourceDiagnosis source;
  source.name = verdict.source;
  source.was_asked_for = verdict.was_asked_for;
  source.is_used = verdict.is_used;
  source.reason = verdict.reason;
  source.remedy = verdict.remedy;
  if (!verdict.is_usable()) {
    return source;
  }
  source.poll_period = verdict.opened->poll_period();
  source.probe = ProbeSource(*verdict.opened, clock, wait, options.probe);
  for (const ChannelSpec& spec : verdict.opened->channels()) {
    source.channels.push_back(
        {.spec = spec,
         .probe = source.probe.channels[source.channels.size()],
         .is_untested_on_hardware = absl::StrContains(spec.facts_json, kUntested),
         .trial = std::nullopt});
  }
  return source;
}

std::vector<ChannelDiagnosis*> UsedChannels(Diagnosis& diagnosis) {
  std::vector<ChannelDiagnosis*> channels;
  for (SourceDiagnosis& source : diagnosis.sources) {
    for (ChannelDiagnosis& channel : source.channels) {
      if (source.is_used) {
        channels.push_back(&channel);
      }
    }
  }
  return channels;
}

std::vector<SensedChannel> Sensed(const Diagnosis& diagnosis) {
  std::vector<SensedChannel> sensed;
  for (const SourceDiagnosis& source : diagnosis.sources) {
    for (const ChannelDiagnosis& channel : source.channels) {
      if (source.is_used) {
        sensed.push_back(
            {channel.spec.name, source.name, channel.spec.scope, channel.spec.device_id});
      }
    }
  }
  return sensed;
}

// Runs over the sources that are used, in their order; their channels get their trials.
void Test(std::vector<SourceVerdict>& verdicts, const Patient& patient,
          const DiagnoseOptions& options, const Clock& clock, const Wait& wait,
          Diagnosis& diagnosis) {
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (SourceVerdict& verdict : verdicts) {
    if (verdict.is_usable() && verdict.is_used) {
      samplers.push_back(std::make_unique<Sampler>(std::move(verdict.opened), clock));
    }
  }
  LivePower power(std::move(samplers));
  power.Start();
  diagnosis.phase = options.self_test.phase;
  diagnosis.self_test = RunSelfTest(power, patient.loads, wait, options.self_test);
  const std::vector<ChannelDiagnosis*> channels = UsedChannels(diagnosis);
  for (const ChannelTrial& trial : diagnosis.self_test->channels) {
    channels[trial.channel]->trial = trial;
  }
}

// Why the agent would refuse the sources that are used together; empty: it would not.
std::string OverlapOf(const std::vector<SourceVerdict>& verdicts) {
  std::vector<const PowerSource*> used;
  for (const SourceVerdict& verdict : verdicts) {
    if (verdict.is_usable() && verdict.is_used) {
      used.push_back(verdict.opened.get());
    }
  }
  return std::string(CheckNoOverlap(used).message());
}

std::vector<std::string> ChannelsThat(const Diagnosis& diagnosis, Reaction reaction) {
  std::vector<std::string> names;
  for (const SourceDiagnosis& source : diagnosis.sources) {
    for (const ChannelDiagnosis& channel : source.channels) {
      if (channel.trial && channel.trial->reaction == reaction) {
        names.push_back(channel.spec.name);
      }
    }
  }
  return names;
}

bool HasSensor(const Diagnosis& diagnosis) {
  return std::any_of(
      diagnosis.sources.begin(), diagnosis.sources.end(), [](const SourceDiagnosis& source) {
        return source.is_used &&
               std::any_of(source.channels.begin(), source.channels.end(),
                           [](const auto& channel) { return IsSensorScope(channel.spec.scope); });
      });
}

std::string MissingSources(const Diagnosis& diagnosis) {
  std::vector<std::string> missing;
  for (const SourceDiagnosis& source : diagnosis.sources) {
    if (source.was_asked_for && !source.is_usable()) {
      missing.push_back(source.name);
    }
  }
  return absl::StrJoin(missing, ", ");
}

void ConcludeFromTest(Diagnosis& diagnosis) {
  const auto passed = ChannelsThat(diagnosis, Reaction::kTellsLoadFromIdle);
  std::vector<std::string> failed = ChannelsThat(diagnosis, Reaction::kDoesNotReact);
  const auto silent = ChannelsThat(diagnosis, Reaction::kSilent);
  failed.insert(failed.end(), silent.begin(), silent.end());
  if (!failed.empty()) {
    diagnosis.trust = Trust::kNotTrusted;
    diagnosis.conclusion =
        absl::StrCat("no figure with ", absl::StrJoin(failed, ", "),
                     " is to be trusted: it did not tell load from idle. Was anything else running "
                     "on this machine? End it and run doctor again; or leave the source out");
  } else if (passed.empty()) {
    diagnosis.trust = Trust::kNotTrusted;
    diagnosis.conclusion =
        "no figure is to be trusted yet: no channel could be tested. Start an engine that uses the "
        "accelerator, and run doctor again";
  } else {
    diagnosis.trust = Trust::kTrusted;
    diagnosis.conclusion = absl::StrCat(absl::StrJoin(passed, ", "),
                                        passed.size() == 1 ? " tells" : " tell", " load from idle");
  }
}

void Conclude(Diagnosis& diagnosis) {
  if (const std::string missing = MissingSources(diagnosis); !missing.empty()) {
    diagnosis.trust = Trust::kNotTrusted;
    diagnosis.conclusion = absl::StrCat("the agent's file asks for ", missing,
                                        ", which cannot be opened: the agent would not start");
  } else if (!diagnosis.overlap.empty()) {
    diagnosis.trust = Trust::kNotTrusted;
    diagnosis.conclusion = absl::StrCat("the agent would not start: ", diagnosis.overlap);
  } else if (!HasSensor(diagnosis)) {
    diagnosis.trust = Trust::kNothingToMeasure;
    diagnosis.conclusion =
        "nothing can be measured on this machine: no power sensor can be read. Accuracy, latency "
        "and tokens are reported; energy, watts, IPW and IPJ stay empty. What would be needed is "
        "said above of each source, or a meter at the plug";
  } else if (!diagnosis.self_test) {
    diagnosis.trust = Trust::kNotTested;
    diagnosis.conclusion =
        "the self-test was not run: whether the sensors see the work is not known";
  } else if (diagnosis.self_test->was_stopped) {
    diagnosis.trust = Trust::kStopped;
    diagnosis.conclusion = "the self-test was interrupted";
  } else {
    ConcludeFromTest(diagnosis);
  }
}

}  // namespace

int ExitCodeOf(const Diagnosis& diagnosis) {
  constexpr int kInterrupted = 130;
  return diagnosis.trust == Trust::kNotTrusted ? 1
         : diagnosis.trust == Trust::kStopped  ? kInterrupted
                                               : 0;
}

Diagnosis Diagnose(const Patient& patient, const DiagnoseOptions& options, const Clock& clock,
                   const Wait& wait) {
  Diagnosis diagnosis;
  diagnosis.host_facts = patient.host_facts;
  diagnosis.engines = patient.engines;
  std::vector<SourceVerdict> verdicts = DescribePower(patient.power);
  for (SourceVerdict& verdict : verdicts) {
    diagnosis.sources.push_back(Examine(verdict, options, clock, wait));
  }
  for (const InstanceOffer& instance : patient.instances) {
    diagnosis.instances.push_back(
        {instance, ReachOfClasses(DeviceKindOf(instance.accelerator), instance.device_ids,
                                  Sensed(diagnosis))});
  }
  diagnosis.overlap = OverlapOf(verdicts);
  if (options.run_self_test && HasSensor(diagnosis) && diagnosis.overlap.empty()) {
    Test(verdicts, patient, options, clock, wait, diagnosis);
  }
  Conclude(diagnosis);
  return diagnosis;
}

}  // namespace wattfleet::agent
