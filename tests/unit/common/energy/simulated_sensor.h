#ifndef WF_TESTS_UNIT_COMMON_ENERGY_SIMULATED_SENSOR_H_
#define WF_TESTS_UNIT_COMMON_ENERGY_SIMULATED_SENSOR_H_

#include <chrono>
#include <string>
#include <vector>

#include "common/energy/channel.h"
#include "common/energy/interval_reducer.h"
#include "common/random/random.h"
#include "tests/unit/common/energy/waveform.h"

namespace wattfleet::testing {

// A sensor as it is declared to the reducers, and how it really behaves.
struct SensorModel {
  std::string name;
  ChannelSpec spec;
  std::chrono::nanoseconds poll_period{0};
  double update = 0;     // seconds between two of its values
  double seen = 0;       // of each update, the last so many seconds; 0: all
  double late_most = 0;  // reads come up to this share of the period late
  double skipped = 0;    // share of reads that never come
};

struct SensorRun {
  std::vector<SensorReading> readings;
  // What a program that reads the sensor and adds up has counted at each reading, in joules.
  std::vector<double> naive_joules;
};

// What polling the sensor brings while the device draws `power`.
SensorRun RunSensor(const SensorModel& sensor, const Waveform& power, Random& random);

// Every kind of sensor that the suite knows; each spec says what a source would declare.
std::vector<SensorModel> AllSensors();

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COMMON_ENERGY_SIMULATED_SENSOR_H_
