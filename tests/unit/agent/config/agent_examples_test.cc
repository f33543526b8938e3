#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "agent/config/agent_config.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

TEST(AgentExamplesTest, EveryAgentsFileThatWeShipIsValid) {
  int agents = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WF_SOURCE_DIR "/deploy/examples")) {
    const std::string name = entry.path().filename().string();
    if (name.find("agent") != std::string::npos) {
      WF_EXPECT_OK(LoadAgentConfig(entry.path().string())) << name;
      ++agents;
    }
  }
  EXPECT_GE(agents, 3);
}

}  // namespace
}  // namespace wattfleet::agent
