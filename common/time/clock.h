#ifndef WF_COMMON_TIME_CLOCK_H_
#define WF_COMMON_TIME_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace wattfleet {

// Instants for measuring intervals, and instants for showing to people, are different types so
// that mixing them does not compile.
using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// The only way the program learns what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime MonotonicNow() const = 0;
  virtual WallTime WallNow() const = 0;
};

inline std::int64_t UnixMillis(WallTime t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

}  // namespace wattfleet

#endif  // WF_COMMON_TIME_CLOCK_H_
