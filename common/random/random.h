#ifndef WF_COMMON_RANDOM_RANDOM_H_
#define WF_COMMON_RANDOM_RANDOM_H_

#include <cstdint>
#include <random>

namespace wattfleet {

// Where every random number comes from. One seed means the same sequence on every platform, which
// is why the distributions are ours: std::*_distribution differs between standard libraries.
// Not thread-safe; give each thread its own.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // Uniform over all 64-bit values.
  std::uint64_t Next64() { return engine_(); }
  // Uniform in [0, bound); `bound` > 0. Without modulo bias (Lemire 2019, by rejection).
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [0, 1) with 53 random bits.
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Unit() < probability; }

 private:
  std::mt19937_64 engine_;
};

// A seed from the operating system, for identities and for runs whose file names no seed.
std::uint64_t SeedFromSystem();

}  // namespace wattfleet

#endif  // WF_COMMON_RANDOM_RANDOM_H_
