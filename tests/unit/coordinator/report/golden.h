#ifndef WF_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_
#define WF_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace wattfleet::testing {

// Compares with a file of tests/data, or writes it when WF_UPDATE_GOLDEN is set.
inline void ExpectGolden(const std::string& text, const std::string& name) {
  const std::string path = std::string(WF_SOURCE_DIR "/tests/data/") + name;
  if (std::getenv("WF_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
  }
  std::stringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, committed.str()) << "made again by: WF_UPDATE_GOLDEN=1 coordinator_report_test";
}

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_
