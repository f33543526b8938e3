#ifndef WF_AGENT_DOCTOR_METER_H_
#define WF_AGENT_DOCTOR_METER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/doctor/class_reach.h"
#include "agent/energy/live_power.h"
#include "common/domain/fleet.h"

namespace wattfleet::agent {

struct MeteredChannel {
  std::string name;
  Scope scope = Scope::kAccelerator;
  std::optional<double> watts;
};

// What the whole machine draws in one class of energy.
struct MeteredClass {
  std::string name;             // as it is here, e.g. host-nodram
  std::optional<double> watts;  // absent while one of its channels has none
};

struct MeterLine {
  std::vector<MeteredChannel> channels;
  std::vector<MeteredClass> classes;
};

// The power of a machine, channel by channel, and summed where no two channels share a part.
class Meter {
 public:
  // `power` samples already. The classes are those of all of `instances` that are here.
  Meter(std::unique_ptr<LivePower> power, const std::vector<InstanceOffer>& instances);

  // Since the last call.
  MeterLine Look();

 private:
  std::unique_ptr<LivePower> power_;
  std::vector<ClassReach> totals_;  // within reach
};

// One line for each channel and class; `second` is when.
std::string MeterText(const MeterLine& line, int second);
// One line, one JSON object (wattfleet.meter/1); null where there is no value.
std::string MeterJson(const MeterLine& line, int second);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_METER_H_
