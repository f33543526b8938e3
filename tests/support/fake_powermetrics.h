#ifndef WF_TESTS_SUPPORT_FAKE_POWERMETRICS_H_
#define WF_TESTS_SUPPORT_FAKE_POWERMETRICS_H_

#include <fstream>
#include <string>

#include <sys/stat.h>

#include "common/time/clock.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::testing {

// A program that takes powermetrics' place (tests/support/fake_powermetrics.py) and does what a
// script says. Lines are added before it is started.
class FakePowermetrics {
 public:
  FakePowermetrics() {
    Line("");
    std::ofstream program(path());
    program << "#!/bin/sh\nexec " WF_FAKE_POWERMETRICS " " << script() << " \"$@\"\n";
    program.close();
    ::chmod(path().c_str(), 0755);
  }
  FakePowermetrics& Line(const std::string& line) {
    std::ofstream file(script(), std::ios::app);
    file << line << (line.empty() ? "" : "\n");
    return *this;
  }
  // The moment that its times count from.
  FakePowermetrics& Zero(MonotonicTime zero) {
    const auto since =
        std::chrono::duration_cast<std::chrono::nanoseconds>(zero.time_since_epoch());
    return Line("zero " + std::to_string(since.count()));
  }
  std::string path() const { return dir_.Path("powermetrics"); }

 private:
  std::string script() const { return dir_.Path("script"); }
  TempDir dir_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_POWERMETRICS_H_
