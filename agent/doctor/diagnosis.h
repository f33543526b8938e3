#ifndef WF_AGENT_DOCTOR_DIAGNOSIS_H_
#define WF_AGENT_DOCTOR_DIAGNOSIS_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/doctor/class_reach.h"
#include "agent/doctor/self_test.h"
#include "agent/doctor/sensor_probe.h"
#include "common/domain/fleet.h"
#include "common/energy/channel.h"

namespace wattfleet::agent {

// One channel of a usable source.
struct ChannelDiagnosis {
  ChannelSpec spec;
  ChannelProbe probe;
  bool is_untested_on_hardware = false;  // its source says so
  std::optional<ChannelTrial> trial;     // where the self-test ran and it is a sensor
};

struct SourceDiagnosis {
  std::string name;
  std::string reason;          // why it is not usable; empty: it is
  std::string remedy;          // the command or step that mends it, where one is known
  bool was_asked_for = false;  // by name, in the agent's file
  bool is_used = false;        // by the agent, when usable
  std::chrono::nanoseconds poll_period{0};
  SourceProbe probe;
  std::vector<ChannelDiagnosis> channels;

  bool is_usable() const { return reason.empty(); }
};

struct InstanceDiagnosis {
  InstanceOffer offer;
  std::vector<ClassReach> classes;  // channels count through those of the used sources, in order
};

// What this machine's sensors are worth.
enum class Trust {
  kNothingToMeasure,  // no sensor can be read
  kNotTested,         // the self-test was not run
  kTrusted,           // every channel that could be tested tells load from idle, and one was
  kNotTrusted,        // one failed, none could be tested, or a source asked for by name is missing
  kStopped,           // the self-test was interrupted
};

struct Diagnosis {
  std::map<std::string, std::string> host_facts;
  std::vector<InstanceDiagnosis> instances;
  std::vector<SourceDiagnosis> sources;
  std::vector<EngineOffer> engines;
  // Why the agent would not start with the sources that it uses: two channels of a class see the
  // same part of the machine. Empty: none do.
  std::string overlap;
  std::optional<SelfTest> self_test;
  std::chrono::seconds phase{0};  // of the self-test
  Trust trust = Trust::kNothingToMeasure;
  std::string conclusion;  // one sentence or two, for people
};

// 0; 1 where figures must not be trusted; 130 when interrupted.
int ExitCodeOf(const Diagnosis& diagnosis);

// For people, several lines; for programs, one JSON object (wattfleet.doctor/1).
std::string DiagnosisText(const Diagnosis& diagnosis);
std::string DiagnosisJson(const Diagnosis& diagnosis);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_DIAGNOSIS_H_
