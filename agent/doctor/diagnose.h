#ifndef WF_AGENT_DOCTOR_DIAGNOSE_H_
#define WF_AGENT_DOCTOR_DIAGNOSE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/doctor/diagnosis.h"
#include "agent/doctor/load.h"
#include "agent/doctor/self_test.h"
#include "agent/doctor/sensor_probe.h"
#include "agent/power/power_config.h"
#include "common/domain/fleet.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// A machine as the doctor meets it.
struct Patient {
  std::map<std::string, std::string> host_facts;
  std::vector<InstanceOffer> instances;
  std::vector<EngineOffer> engines;
  PowerConfig power;
  std::vector<std::unique_ptr<Load>> loads;
};

struct DiagnoseOptions {
  bool run_self_test = true;
  SelfTestOptions self_test;
  std::chrono::seconds probe{2};  // how long each source is read to see how it moves
};

// Opens every source, reads each for a while, says which classes each instance can be measured in,
// and lets the self-test decide whether the figures can be trusted. Takes some 2 s for each usable
// source and twice `settle` and `phase` of the self-test; `wait` ends it earlier. `clock` is the
// system's own.
Diagnosis Diagnose(const Patient& patient, const DiagnoseOptions& options, const Clock& clock,
                   const Wait& wait);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_DIAGNOSE_H_
