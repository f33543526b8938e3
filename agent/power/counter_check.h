#ifndef WF_AGENT_POWER_COUNTER_CHECK_H_
#define WF_AGENT_POWER_COUNTER_CHECK_H_

#include <chrono>
#include <optional>

#include "common/time/clock.h"

namespace wattfleet::agent {

// An energy counter beside the integral of the power that the same device told meanwhile.
struct CounterComparison {
  double seconds = 0;
  double counter_joules = 0;
  double power_joules = 0;  // by trapezoids

  double watts() const { return power_joules / seconds; }
  double ratio() const { return counter_joules / power_joules; }
};

// Compares the two over one span after the other. A consistency check, not one of accuracy: the
// counter may well integrate the very power that it is compared with.
class CounterComparer {
 public:
  explicit CounterComparer(std::chrono::nanoseconds span) : span_(span) {}

  // The next reading, of both. Gives the comparison when a span is full. Readings more than a
  // second apart, or a counter that steps back, begin a new span.
  std::optional<CounterComparison> Add(MonotonicTime at, double counter_joules, double watts);
  void Restart() { begun_ = false; }

 private:
  std::chrono::nanoseconds span_;
  bool begun_ = false;
  MonotonicTime start_{};
  double start_joules_ = 0;
  MonotonicTime last_{};
  double last_joules_ = 0;
  double last_watts_ = 0;
  double power_joules_ = 0;
};

// Goes on comparing, and says whether the counter is to be doubted: it was more than 20 % off in
// the last 10 s under load (50 W and more), 30 % when idle (reference: energy.md 2.1).
class CounterWatch {
 public:
  void Add(MonotonicTime at, double counter_joules, double watts);
  void Restart() { comparer_.Restart(); }
  bool is_suspect() const { return is_suspect_; }

 private:
  CounterComparer comparer_{std::chrono::seconds(10)};
  bool is_suspect_ = false;
};

// Decides once whether a counter is to be used at all: it must agree with power to 0.7 to 1.4 over
// 2 s of at least 50 W (reference: energy.md 2.3). One such span accepts it; two that fail
// reject it, since a power value that lags makes the first of a load look wrong.
class CounterTrial {
 public:
  enum class Verdict { kOpen, kAccepted, kRejected };

  Verdict Add(MonotonicTime at, double counter_joules, double watts);
  void Restart() { comparer_.Restart(); }
  Verdict verdict() const { return verdict_; }

 private:
  CounterComparer comparer_{std::chrono::seconds(2)};
  int failed_ = 0;
  Verdict verdict_ = Verdict::kOpen;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_COUNTER_CHECK_H_
