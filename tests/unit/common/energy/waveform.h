#ifndef WF_TESTS_UNIT_COMMON_ENERGY_WAVEFORM_H_
#define WF_TESTS_UNIT_COMMON_ENERGY_WAVEFORM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "common/random/random.h"

namespace wattfleet::testing {

// Power over time in pieces p + slope t + amplitude sin(2 pi frequency t + phase), t from each
// piece's start, and its exact integral: the truth that simulated sensors see. Seconds and watts.
class Waveform {
 public:
  struct Piece {
    double watts = 0;
    double slope = 0;
    double amplitude = 0;
    double frequency = 1;
    double phase = 0;
  };

  // From `seconds` after the end of what there is.
  void Append(double seconds, const Piece& piece);
  double end() const { return starts_.back(); }
  // Joules from 0 to `at`; before 0 and after the end the first and last piece go on.
  double Joules(double at) const;
  double Joules(double from, double to) const { return Joules(to) - Joules(from); }

 private:
  static double Integral(const Piece& piece, double seconds);
  std::vector<double> starts_{0};  // one more than pieces
  std::vector<double> joules_{0};  // at each start
  std::vector<Piece> pieces_;
};

struct RequestSpan {
  double start = 0;
  double end = 0;
};

// What the device does while a request runs.
enum class Load {
  kConstant,
  kSquareSlow,  // 0.1 to 0.5 Hz
  kSquareFast,  // 0.5 to 5 Hz
  kRampUp,
  kRampDown,
  kDecode,      // a prefill burst of 50 to 200 ms, then ripple of 20 to 50 Hz
  kBackToBack,  // constant, every other request at half the power, no pause between
};
inline constexpr Load kLoads[] = {Load::kConstant,  Load::kSquareSlow, Load::kSquareFast,
                                  Load::kRampUp,    Load::kRampDown,   Load::kDecode,
                                  Load::kBackToBack};
std::string LoadName(Load load);

inline constexpr double kIdleWatts = 70;
inline constexpr double kBusyWatts = 400;

struct Scenario {
  Waveform power;
  std::vector<RequestSpan> requests;
};

// `count` requests of about `duration` each with pauses of 0.6 to 1 s. Their starts are spread
// evenly over every phase of whatever period a sensor may have.
Scenario MakeScenario(Load load, double duration, std::size_t count, Random& random);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COMMON_ENERGY_WAVEFORM_H_
