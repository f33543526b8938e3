#ifndef WF_TESTS_SUPPORT_FAKE_GPU_SCRIPT_H_
#define WF_TESTS_SUPPORT_FAKE_GPU_SCRIPT_H_

#include <string>

#include "common/time/clock.h"

namespace wattfleet::testing {

// Writes the file that tells a fake GPU library how to behave, line by line.
class FakeGpuScript {
 public:
  // Begins an empty script in a temporary file and names it in the environment, for the fake
  // library to find in this process and its children.
  explicit FakeGpuScript(const char* variable);
  ~FakeGpuScript();
  FakeGpuScript(const FakeGpuScript&) = delete;
  FakeGpuScript& operator=(const FakeGpuScript&) = delete;

  FakeGpuScript& Line(const std::string& line);
  // `zero_s` of the GPU named last.
  FakeGpuScript& Zero(MonotonicTime zero);

  const std::string& path() const { return path_; }

 private:
  const char* const variable_;
  std::string path_;
};

// The clock of a fake library, stopped: its devices move only by Set, for as long as this lives.
class FakeLibraryClock {
 public:
  explicit FakeLibraryClock(const std::string& library);
  ~FakeLibraryClock();
  FakeLibraryClock(const FakeLibraryClock&) = delete;
  FakeLibraryClock& operator=(const FakeLibraryClock&) = delete;

  // Seconds from the script's zero.
  void Set(double s);
  // What a function of the library without arguments returns.
  int Call(const char* function) const;

 private:
  void* const handle_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_GPU_SCRIPT_H_
