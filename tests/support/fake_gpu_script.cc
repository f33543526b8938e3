#include "tests/support/fake_gpu_script.h"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_format.h"
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace wattfleet::testing {

FakeGpuScript::FakeGpuScript(const char* variable) : variable_(variable) {
  char path[] = "/tmp/fake-gpu-XXXXXX";
  const int descriptor = mkstemp(path);
  close(descriptor);
  path_ = path;
  setenv(variable_, path, 1);
}

FakeGpuScript::~FakeGpuScript() {
  unsetenv(variable_);
  unlink(path_.c_str());
}

FakeGpuScript& FakeGpuScript::Line(const std::string& line) {
  std::ofstream(path_, std::ios::app) << line << '\n';
  return *this;
}

FakeGpuScript& FakeGpuScript::Zero(MonotonicTime zero) {
  return Line(absl::StrFormat("zero_s %.9f",
                              std::chrono::duration<double>(zero.time_since_epoch()).count()));
}

FakeLibraryClock::FakeLibraryClock(const std::string& library)
    : handle_(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  EXPECT_NE(handle_, nullptr) << library;
  Set(0);
}

FakeLibraryClock::~FakeLibraryClock() {
  dlclose(handle_);
}

void FakeLibraryClock::Set(double s) {
  reinterpret_cast<void (*)(double)>(dlsym(handle_, "fakeSetNow"))(s);
}

int FakeLibraryClock::Call(const char* function) const {
  return reinterpret_cast<int (*)()>(dlsym(handle_, function))();
}

}  // namespace wattfleet::testing
