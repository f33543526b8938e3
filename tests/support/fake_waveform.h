#ifndef WF_TESTS_SUPPORT_FAKE_WAVEFORM_H_
#define WF_TESTS_SUPPORT_FAKE_WAVEFORM_H_

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/time/system_clock.h"

namespace wattfleet::testing {

// Ends each fake library: fakeSetNow(s) stops its clock at s.
#define WF_FAKE_CLOCK                                                           \
  extern "C" __attribute__((visibility("default"))) void fakeSetNow(double s) { \
    wattfleet::testing::FakeWaveform::StoppedAt() = s;                          \
  }

// What a fake device draws and what its sensor sees of it, in the words that the fake libraries of
// NVIDIA and AMD share; header only, since those are built without our libraries:
//
//   power T WATTS            draws WATTS from T on; at least one
//   zero_s S                 the T of all lines count from S, seconds since boot
//   update_s S               the sensor moves every S; 0.1
//   window_s S               it sees only the last S of each update
//   restart_s T              its counter starts from 0 at T
//   unsupported CALL         CALL is not supported
//   fail CALL CODE FROM TO   CALL (or `all`) returns CODE from FROM to TO
class FakeWaveform {
 public:
  // Whether `key` is one of the words above; then takes its values.
  bool ReadWord(const std::string& key, std::istringstream& words) {
    if (key == "power") {
      Step& step = steps_.emplace_back();
      words >> step.from_s >> step.watts;
    } else if (key == "zero_s") {
      words >> zero_s_;
    } else if (key == "update_s") {
      words >> update_s_;
    } else if (key == "window_s") {
      words >> window_s_.emplace();
    } else if (key == "restart_s") {
      words >> restart_s_.emplace();
    } else if (key == "unsupported") {
      std::string call;
      words >> call;
      unsupported_.insert(call);
    } else if (key == "fail") {
      Failure& failure = failures_.emplace_back();
      words >> failure.call >> failure.code >> failure.from_s >> failure.to_s;
    } else {
      return false;
    }
    return true;
  }

  // The time of every waveform of this library, where a test has stopped the clock.
  static std::optional<double>& StoppedAt() {
    static std::optional<double> now;
    return now;
  }

  double Now() const {
    if (StoppedAt()) {
      return *StoppedAt();
    }
    const auto since = SystemClock().MonotonicNow().time_since_epoch();
    return std::chrono::duration<double>(since).count() - zero_s_;
  }

  // What the counter says now, in joules since long before zero, `start` then; or since a restart.
  double CounterJoules(double start) const {
    const double at = Updated();
    if (restart_s_ && Now() >= *restart_s_) {
      return Joules(at) - Joules(*restart_s_);
    }
    if (!window_s_) {
      return start + Joules(at);
    }
    double joules = Joules(0);
    for (double t = update_s_; t <= at + update_s_ / 2; t += update_s_) {
      joules += MeanWatts(t, *window_s_) * update_s_;
    }
    return start + joules;
  }
  // Power over the sensor's own window, and over any other, as of its last update.
  double SensedWatts() const { return MeanWatts(Updated(), window_s_.value_or(update_s_)); }
  double SensedWatts(double span_s) const { return MeanWatts(Updated(), span_s); }

  // What `call` returns: 0 when all is well.
  int CodeOf(const std::string& call, int not_supported) const {
    for (const Failure& failure : failures_) {
      const bool meant = failure.call == call || failure.call == "all";
      if (meant && Now() >= failure.from_s && Now() < failure.to_s) {
        return failure.code;
      }
    }
    return unsupported_.count(call) > 0 ? not_supported : 0;
  }

 private:
  struct Step {
    double from_s = 0;
    double watts = 0;
  };
  struct Failure {
    std::string call;
    int code = 0;
    double from_s = 0;
    double to_s = 0;
  };

  // The last moment at which the sensor moved.
  double Updated() const { return std::floor(Now() / update_s_) * update_s_; }
  double Joules(double at_s) const {
    constexpr double kBefore = 1'000;
    double joules = steps_.front().watts * (kBefore + std::min(at_s, 0.0));
    for (std::size_t i = 0; i < steps_.size() && at_s > 0; ++i) {
      const double from = std::max(0.0, steps_[i].from_s);
      const double to = i + 1 < steps_.size() ? steps_[i + 1].from_s : at_s;
      joules += steps_[i].watts * std::max(0.0, std::min(at_s, to) - from);
    }
    return joules;
  }
  double MeanWatts(double to_s, double span_s) const {
    return (Joules(to_s) - Joules(to_s - span_s)) / span_s;
  }

  double zero_s_ = 0;
  double update_s_ = 0.1;
  std::optional<double> window_s_;
  std::optional<double> restart_s_;
  std::vector<Step> steps_;
  std::vector<Failure> failures_;
  std::set<std::string> unsupported_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_WAVEFORM_H_
