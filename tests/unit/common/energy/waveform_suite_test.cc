// Analytic waveforms through simulated sensors of every kind, reduced, booked and settled by the
// production code: what its figures and its uncertainties are worth. Prints the table of
// docs/measurement.md.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/energy/channel_book.h"
#include "common/energy/interval_reducer.h"
#include "common/random/random.h"
#include "tests/unit/common/energy/simulated_sensor.h"
#include "tests/unit/common/energy/waveform.h"

namespace wattfleet::testing {
namespace {

// Errors relative to the truth, and how many were within their uncertainties.
struct Score {
  std::size_t count = 0;
  double sum = 0;
  double squares = 0;
  double relative_u = 0;
  double error_joules = 0;
  double joules = 0;
  std::size_t within_2u = 0;
  std::size_t within_3u = 0;
  double in_window = 0;  // sums of the naive methods' errors
  double since_previous = 0;
  double interpolated = 0;

  double n() const { return static_cast<double>(count); }
  double mean() const { return sum / n(); }
  double total() const { return error_joules / joules; }
  double deviation() const { return std::sqrt(std::max(0.0, squares / n() - mean() * mean())); }
  double share_2u() const { return static_cast<double>(within_2u) / n(); }
  double share_3u() const { return static_cast<double>(within_3u) / n(); }
  void Add(const Score& other) {
    count += other.count;
    sum += other.sum;
    squares += other.squares;
    relative_u += other.relative_u;
    error_joules += other.error_joules;
    joules += other.joules;
    within_2u += other.within_2u;
    within_3u += other.within_3u;
    in_window += other.in_window;
    since_previous += other.since_previous;
    interpolated += other.interpolated;
  }
};

std::int64_t Nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

// Drives reducer and book in the order in which an agent would.
std::map<std::uint64_t, ChannelEnergy> Settled(const SensorModel& sensor, const Scenario& scenario,
                                               const SensorRun& run) {
  ChannelBook book(sensor.spec, sensor.poll_period);
  book.SetBaseline(Baseline{std::llround(kIdleWatts * 1e6), 0}, 0);
  book.OpenLedger(1, 0);
  const auto reducer = MakeReducer(sensor.spec, sensor.poll_period);
  const std::vector<RequestSpan>& requests = scenario.requests;
  std::vector<EnergyInterval> intervals;
  std::vector<SettledRequest> settled;
  std::size_t started = 0;
  std::size_t ended = 0;
  for (const SensorReading& reading : run.readings) {
    const auto passed = [&reading](double at) { return Nanoseconds(at) <= reading.after_ns; };
    while (started < requests.size() && passed(requests[started].start)) {
      if (ended < started && passed(requests[ended].end)) {
        book.End({1, ended}, Nanoseconds(requests[ended].end), RequestFate::kCounted, settled);
        ++ended;
        continue;
      }
      book.Start({1, started}, Nanoseconds(requests[started].start));
      ++started;
    }
    for (; ended < started && passed(requests[ended].end); ++ended) {
      book.End({1, ended}, Nanoseconds(requests[ended].end), RequestFate::kCounted, settled);
    }
    intervals.clear();
    reducer->Add(reading, intervals);
    for (const EnergyInterval& interval : intervals) {
      book.Add(interval, settled);
    }
  }
  EXPECT_TRUE(book.CloseLedger(1).Balances());
  std::map<std::uint64_t, ChannelEnergy> energies;
  for (const SettledRequest& request : settled) {
    energies[request.key.request] = request.energy;
  }
  return energies;
}

// What a program would have found that adds up what it read.
class NaiveMethods {
 public:
  explicit NaiveMethods(const SensorRun& run) : run_(run) {}

  double InWindow(const RequestSpan& request) const {
    const std::size_t first = FirstFrom(request.start);
    const std::size_t past = FirstFrom(request.end);
    return past > first ? run_.naive_joules[past - 1] - run_.naive_joules[first] : 0;
  }
  double SincePrevious(const RequestSpan& request) {
    const double last = run_.naive_joules[FirstFrom(request.end) - 1];
    const double since = has_previous_ ? previous_ : run_.naive_joules[FirstFrom(request.start)];
    has_previous_ = true;
    previous_ = last;
    return last - since;
  }
  double Interpolated(const RequestSpan& request) const {
    return At(request.end) - At(request.start);
  }

 private:
  std::size_t FirstFrom(double at) const {
    const auto found = std::lower_bound(
        run_.readings.begin(), run_.readings.end(), Nanoseconds(at),
        [](const SensorReading& reading, std::int64_t ns) { return reading.at_ns() < ns; });
    return static_cast<std::size_t>(found - run_.readings.begin());
  }
  double At(double at) const {
    const std::size_t right = FirstFrom(at);
    const std::int64_t from = run_.readings[right - 1].at_ns();
    const std::int64_t to = run_.readings[right].at_ns();
    const double share =
        static_cast<double>(Nanoseconds(at) - from) / static_cast<double>(to - from);
    return run_.naive_joules[right - 1] +
           (run_.naive_joules[right] - run_.naive_joules[right - 1]) * share;
  }

  const SensorRun& run_;
  bool has_previous_ = false;
  double previous_ = 0;
};

Score ScoreOf(const SensorModel& sensor, const Scenario& scenario, Random& random) {
  const SensorRun run = RunSensor(sensor, scenario.power, random);
  const auto energies = Settled(sensor, scenario, run);
  NaiveMethods naive(run);
  Score score;
  for (std::size_t i = 1; i + 1 < scenario.requests.size(); ++i) {
    const RequestSpan& request = scenario.requests[i];
    const double truth = scenario.power.Joules(request.start, request.end);
    const auto found = energies.find(i);
    if (found == energies.end() || !found->second.gross || !found->second.random) {
      ADD_FAILURE() << "request " << i << " has no energy";
      continue;
    }
    const double error = static_cast<double>(*found->second.gross) * 1e-6 - truth;
    const double u = static_cast<double>(*found->second.random) * 1e-6;
    ++score.count;
    score.sum += error / truth;
    score.squares += error * error / truth / truth;
    score.relative_u += u / truth;
    score.error_joules += error;
    score.joules += truth;
    score.within_2u += std::abs(error) <= 2 * u ? 1 : 0;
    score.within_3u += std::abs(error) <= 3 * u ? 1 : 0;
    score.in_window += naive.InWindow(request) / truth - 1;
    score.since_previous += naive.SincePrevious(request) / truth - 1;
    score.interpolated += naive.Interpolated(request) / truth - 1;
  }
  return score;
}

// The shortest request for which a sensor's figures are meant to be used one by one.
double ShortestFor(const SensorModel& sensor) {
  switch (sensor.spec.kind) {
    case SampleKind::kPowerInstant:
      return 2;
    case SampleKind::kPowerAverage:
      return 12.5 * std::chrono::duration<double>(sensor.spec.window).count();
    default:
      return 0.5;
  }
}

// All loads of one sensor and length of query. Requests that follow each other without a pause are
// scored apart: what lies between neighbours is split by presence, so that the lighter of two gets
// some of the heavier's energy. Their sum is judged, and their uncertainties.
struct TableRow {
  Score loads;
  Score neighbours;
  double worst_bias = 0;
  double least_2u = 1;
  double least_3u = 1;
};

TableRow RowOf(const SensorModel& sensor, double duration, Random& random) {
  TableRow row;
  const std::size_t count = duration < 1 ? 1'602 : duration < 5 ? 802 : 322;
  for (const Load load : kLoads) {
    const Score score = ScoreOf(sensor, MakeScenario(load, duration, count, random), random);
    row.least_2u = std::min(row.least_2u, score.share_2u());
    row.least_3u = std::min(row.least_3u, score.share_3u());
    if (load == Load::kBackToBack) {
      row.neighbours = score;
      EXPECT_LT(std::abs(score.total()), 0.01) << LoadName(load);
      continue;
    }
    row.loads.Add(score);
    EXPECT_LT(std::abs(score.mean()), 0.01) << LoadName(load);
    if (std::abs(score.mean()) > std::abs(row.worst_bias)) {
      row.worst_bias = score.mean();
    }
  }
  return row;
}

void Print(const SensorModel& sensor, double duration, const TableRow& row) {
  const Score& s = row.loads;
  std::printf(
      "| %-36s | %4.1f s | %+6.1f %% | %+6.1f %% | %+6.1f %% | %+5.2f %% | %+5.2f %% | %4.1f %% | "
      "%4.1f %% | %5.1f %% | %5.1f %% | %5.1f %% | %5.1f %% |\n",
      sensor.name.c_str(), duration, 100 * s.in_window / s.n(), 100 * s.since_previous / s.n(),
      100 * s.interpolated / s.n(), 100 * s.mean(), 100 * row.worst_bias, 100 * s.deviation(),
      100 * s.relative_u / s.n(), 100 * s.share_2u(), 100 * s.share_3u(), 100 * row.least_2u,
      100 * row.least_3u);
}

TEST(WaveformSuiteTest, FiguresAreUnbiasedAndTheirUncertaintiesHold) {
  std::printf(
      "| sensor | query | first to last inside | since the previous | interpolated | alloc-v1 | "
      "its worst load | sd | u | within 2u | within 3u | least 2u | least 3u |\n");
  Random random(20'251'120);
  for (const SensorModel& sensor : AllSensors()) {
    for (const double duration : {0.5, 2.0, 12.5}) {
      if (duration < ShortestFor(sensor)) {
        continue;
      }
      SCOPED_TRACE(sensor.name + ", " + std::to_string(duration) + " s");
      const TableRow row = RowOf(sensor, duration, random);
      Print(sensor, duration, row);
      EXPECT_GE(row.loads.share_2u(), 0.95);
      EXPECT_GE(row.loads.share_3u(), 0.99);
      EXPECT_GE(row.neighbours.share_2u(), 0.95);
      EXPECT_GE(row.neighbours.share_3u(), 0.99);
      // Covering is easy for what claims nothing: u stays of the size of the errors.
      EXPECT_LT(row.loads.relative_u / row.loads.n(), 0.2);
    }
  }
}

}  // namespace
}  // namespace wattfleet::testing
