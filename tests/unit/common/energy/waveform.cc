#include "tests/unit/common/energy/waveform.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wattfleet::testing {

namespace {

constexpr double kGolden = 0.6180339887498949;
constexpr double kSilver = 0.41421356237309515;

double Fraction(double x) {
  return x - std::floor(x);
}

double Between(Random& random, double low, double high) {
  return low + (high - low) * random.Unit();
}

// High and low by turns, for `duration`, beginning anywhere in a period.
void AppendSquare(double duration, double frequency, Random& random, Waveform& power) {
  const double half = 0.5 / frequency;
  double left = duration;
  double piece = half * random.Unit();
  bool high = random.Chance(0.5);
  while (left > 0) {
    power.Append(std::min(piece, left), {.watts = high ? kBusyWatts : 250});
    left -= piece;
    piece = half;
    high = !high;
  }
}

// Decode steps are never quite alike: each period differs from the last by up to a tenth.
void AppendDecode(double duration, Random& random, Waveform& power) {
  const double prefill = std::min(duration / 2, Between(random, 0.05, 0.2));
  power.Append(prefill, {.watts = 550});
  const double frequency = Between(random, 20, 50);
  double left = duration - prefill;
  while (left > 0) {
    const double period = Between(random, 0.9, 1.1) / frequency;
    power.Append(std::min(period, left), {.watts = 330, .amplitude = 60, .frequency = 1 / period});
    left -= period;
  }
}

void AppendRequest(Load load, double duration, std::size_t number, Random& random,
                   Waveform& power) {
  switch (load) {
    case Load::kConstant:
      power.Append(duration, {.watts = kBusyWatts});
      return;
    case Load::kSquareSlow:
      AppendSquare(duration, Between(random, 0.1, 0.5), random, power);
      return;
    case Load::kSquareFast:
      AppendSquare(duration, Between(random, 0.5, 5), random, power);
      return;
    case Load::kRampUp:
      power.Append(duration, {.watts = 150, .slope = 250 / duration});
      return;
    case Load::kRampDown:
      power.Append(duration, {.watts = 400, .slope = -250 / duration});
      return;
    case Load::kDecode:
      AppendDecode(duration, random, power);
      return;
    case Load::kBackToBack:
      power.Append(duration, {.watts = number % 2 == 0 ? kBusyWatts : kBusyWatts / 2});
      return;
  }
}

}  // namespace

double Waveform::Integral(const Piece& piece, double seconds) {
  const double omega = 2 * std::numbers::pi * piece.frequency;
  const double ripple = piece.amplitude == 0
                            ? 0
                            : piece.amplitude / omega *
                                  (std::cos(piece.phase) - std::cos(omega * seconds + piece.phase));
  return piece.watts * seconds + piece.slope * seconds * seconds / 2 + ripple;
}

void Waveform::Append(double seconds, const Piece& piece) {
  pieces_.push_back(piece);
  starts_.push_back(starts_.back() + seconds);
  joules_.push_back(joules_.back() + Integral(piece, seconds));
}

double Waveform::Joules(double at) const {
  const auto next = std::upper_bound(starts_.begin() + 1, starts_.end() - 1, at);
  const auto index = static_cast<std::size_t>(next - starts_.begin()) - 1;
  return joules_[index] + Integral(pieces_[index], at - starts_[index]);
}

std::string LoadName(Load load) {
  switch (load) {
    case Load::kConstant:
      return "constant";
    case Load::kSquareSlow:
      return "square 0.1-0.5 Hz";
    case Load::kSquareFast:
      return "square 0.5-5 Hz";
    case Load::kRampUp:
      return "ramp up";
    case Load::kRampDown:
      return "ramp down";
    case Load::kDecode:
      return "prefill and decode";
    case Load::kBackToBack:
      return "back to back";
  }
  return "";
}

Scenario MakeScenario(Load load, double duration, std::size_t count, Random& random) {
  Scenario scenario;
  scenario.power.Append(3, {.watts = kIdleWatts});
  const double offset = random.Unit();
  for (std::size_t i = 0; i < count; ++i) {
    const double n = static_cast<double>(i);
    const double length = duration * (0.8 + 0.4 * Fraction(offset + n * kSilver));
    if (load != Load::kBackToBack) {
      scenario.power.Append(0.6 + 0.4 * Fraction(offset + n * kGolden), {.watts = kIdleWatts});
    }
    const double start = scenario.power.end();
    AppendRequest(load, length, i, random, scenario.power);
    scenario.requests.push_back({start, scenario.power.end()});
  }
  scenario.power.Append(5, {.watts = kIdleWatts});
  return scenario;
}

}  // namespace wattfleet::testing
