#include "tests/unit/common/energy/simulated_sensor.h"

#include <cmath>
#include <cstdint>

namespace wattfleet::testing {

namespace {

using std::chrono::milliseconds;

double Seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::int64_t Nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

// The moments at which the sensor is read: a fixed grid, each read somewhat late, some left out.
std::vector<double> PollTimes(const SensorModel& sensor, double end, Random& random) {
  std::vector<double> times;
  const double period = Seconds(sensor.poll_period);
  for (double due = period * random.Unit(); due < end; due += period) {
    if (!random.Chance(sensor.skipped)) {
      times.push_back(due + period * sensor.late_most * random.Unit());
    }
  }
  return times;
}

// What the sensor shows at each of its updates: joules so far, or watts.
class Display {
 public:
  Display(const SensorModel& sensor, const Waveform& power, double phase)
      : sensor_(sensor), power_(power), phase_(phase) {}

  double At(double time) {
    const double update = phase_ + std::floor((time - phase_) / sensor_.update) * sensor_.update;
    const double seen = sensor_.seen > 0 ? sensor_.seen : sensor_.update;
    if (sensor_.spec.kind != SampleKind::kCounter) {
      return power_.Joules(update - seen, update) / seen;
    }
    if (seen == sensor_.update) {
      return power_.Joules(update);
    }
    for (; counted_to_ < update - sensor_.update / 2; counted_to_ += sensor_.update) {
      const double next = counted_to_ + sensor_.update;
      counted_ += power_.Joules(next - seen, next) / seen * sensor_.update;
    }
    return counted_;
  }

 private:
  const SensorModel& sensor_;
  const Waveform& power_;
  const double phase_;
  double counted_to_ = phase_;
  double counted_ = 0;
};

SensorReading ReadingAt(double time, double raw) {
  SensorReading reading;
  reading.before_ns = Nanoseconds(time) - 50'000;
  reading.after_ns = Nanoseconds(time) + 50'000;
  reading.value.raw = static_cast<std::uint64_t>(raw);
  reading.value.fault = ReadFault::kNone;
  return reading;
}

// A program that prints the mean power of each interval at its end, a little late.
SensorRun RunReports(const SensorModel& sensor, const Waveform& power, double unit,
                     Random& random) {
  SensorRun run;
  double from = 0;
  double naive = 0;
  while (from < power.end()) {
    const double to = from + sensor.update * (1 + 0.03 * random.Unit());
    const double joules = power.Joules(from, to);
    SensorReading reading = ReadingAt(to + 0.005 * random.Unit(), joules / unit + 0.5);
    reading.value.elapsed = std::chrono::nanoseconds(Nanoseconds(to - from));
    naive += joules;
    run.readings.push_back(reading);
    run.naive_joules.push_back(naive);
    from = to;
  }
  return run;
}

SensorModel Counter(std::string name, double update, milliseconds poll_period, RawUnit unit) {
  SensorModel sensor{.name = std::move(name), .poll_period = poll_period, .update = update};
  sensor.spec.kind = SampleKind::kCounter;
  sensor.spec.unit = unit;
  sensor.spec.update_period = milliseconds(std::llround(update * 1e3));
  sensor.late_most = 0.2;
  return sensor;
}

SensorModel Power(std::string name, SampleKind kind, double update, milliseconds window,
                  milliseconds poll_period) {
  SensorModel sensor = Counter(std::move(name), update, poll_period, {1'000, 1});
  sensor.spec.kind = kind;
  sensor.spec.part_time = kind == SampleKind::kPowerInstant;
  sensor.spec.window = kind == SampleKind::kPowerAverage ? window : milliseconds(0);
  sensor.seen = Seconds(window);
  return sensor;
}

}  // namespace

SensorRun RunSensor(const SensorModel& sensor, const Waveform& power, Random& random) {
  // Real periods are a per cent or so off what is declared.
  SensorModel real = sensor;
  real.update *= 0.99 + 0.02 * random.Unit();
  const double unit = 1e-6 * static_cast<double>(sensor.spec.unit.numerator) /
                      static_cast<double>(sensor.spec.unit.denominator);
  if (sensor.spec.kind == SampleKind::kIntervalEnergy) {
    return RunReports(real, power, unit, random);
  }
  SensorRun run;
  Display display(real, power, real.update * random.Unit() - 3 * real.update);
  double naive = 0;
  double last = 0;
  for (const double time : PollTimes(real, power.end(), random)) {
    const double shown = display.At(time);
    run.readings.push_back(ReadingAt(time, shown / unit));
    const bool counts = sensor.spec.kind == SampleKind::kCounter;
    naive = counts ? shown : naive + shown * (time - last);
    last = time;
    run.naive_joules.push_back(naive);
  }
  return run;
}

std::vector<SensorModel> AllSensors() {
  const RawUnit millijoules{1'000, 1};
  std::vector<SensorModel> sensors;
  sensors.push_back(Counter("counter, 100 ms", 0.1, milliseconds(25), millijoules));
  sensors.push_back(Counter("counter, 20 ms", 0.02, milliseconds(10), millijoules));
  sensors.push_back(Counter("counter, 20 ms, read every 50", 0.02, milliseconds(50), millijoules));
  sensors.push_back(Counter("counter, 1 ms, read every 50", 0.001, milliseconds(50), {1, 1}));
  sensors.push_back(Counter("counter, 25 of 100 ms", 0.1, milliseconds(25), millijoules));
  sensors.back().seen = 0.025;
  sensors.back().spec.part_time = true;
  sensors.push_back(
      Counter("counter, 100 ms, steps of 1 J", 0.1, milliseconds(25), {1'000'000, 1}));
  sensors.push_back(
      Counter("counter, 100 ms, reads late and lost", 0.1, milliseconds(25), millijoules));
  sensors.back().late_most = 0.9;
  sensors.back().skipped = 0.1;
  SensorModel reports = Counter("energy of 200 ms", 0.2, milliseconds(200), millijoules);
  reports.spec.kind = SampleKind::kIntervalEnergy;
  sensors.push_back(reports);
  sensors.push_back(Power("power now, 10 of 20 ms", SampleKind::kPowerInstant, 0.02,
                          milliseconds(10), milliseconds(50)));
  sensors.push_back(Power("power now, 25 of 100 ms", SampleKind::kPowerInstant, 0.1,
                          milliseconds(25), milliseconds(50)));
  sensors.push_back(Power("mean power of 100 ms", SampleKind::kPowerAverage, 0.1, milliseconds(100),
                          milliseconds(100)));
  sensors.push_back(Power("mean power of 1 s", SampleKind::kPowerAverage, 0.1, milliseconds(1'000),
                          milliseconds(200)));
  return sensors;
}

}  // namespace wattfleet::testing
