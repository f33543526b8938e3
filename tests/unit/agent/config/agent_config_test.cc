#include "agent/config/agent_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

absl::StatusOr<AgentConfig> Parse(const std::string& text) {
  return ParseAgentConfig(text, "agent.yaml", "/etc/wattfleet");
}

TEST(AgentConfigTest, AnEmptyMappingMeansEverythingFoundHere) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig agent, Parse("{}"));

  EXPECT_TRUE(agent.discover_accelerators);
  EXPECT_TRUE(agent.discover_engines);
  EXPECT_TRUE(agent.power.automatic);
  EXPECT_FALSE(agent.name.empty());
}

TEST(AgentConfigTest, ReadsEveryKey) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig agent, Parse(R"(
coordinator: lab-server:7443
name: mac-studio-3
accelerators:
  - {id: nvidia-h200, devices: [GPU-1, GPU-2], location: cloud}
engines:
  - {kind: ollama, url: "http://127.0.0.1:11434"}
  - {kind: llama-server, command: "llama-server -m {ref} --port {port}", start_timeout: 90s}
  - auto
power: [rapl, {source: modelled, watts_per_core: 12}]
spool: {directory: spool, limit: 64MiB}
)"));

  EXPECT_EQ(agent.coordinator, "lab-server:7443");
  EXPECT_EQ(agent.name, "mac-studio-3");
  EXPECT_EQ(agent.accelerators.at(0).location, Location::kCloud);
  EXPECT_THAT(agent.accelerators.at(0).devices, ElementsAre("GPU-1", "GPU-2"));
  ASSERT_EQ(agent.engines.size(), 2U);
  EXPECT_EQ(agent.engines[1].start_timeout, std::chrono::seconds(90));
  EXPECT_TRUE(agent.discover_engines);
  EXPECT_FALSE(agent.power.automatic);
  EXPECT_EQ(agent.power.sources.at(0).name, "rapl");
  EXPECT_EQ(agent.power.sources.at(1).options.at("watts_per_core"), "12");
  EXPECT_EQ(agent.spool_directory, "/etc/wattfleet/spool");
  EXPECT_EQ(agent.spool_limit_bytes, 64 << 20);
}

TEST(AgentConfigTest, TheIdleBaselineTakesAsLongAsTheFileSays) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig usual, Parse("{}"));
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig quick, Parse("baseline: {settle: 500ms, measure: 3s}"));

  EXPECT_EQ(usual.baseline.settle, std::chrono::seconds(10));
  EXPECT_EQ(usual.baseline.span, std::chrono::seconds(30));
  EXPECT_EQ(quick.baseline.settle, std::chrono::milliseconds(500));
  EXPECT_EQ(quick.baseline.span, std::chrono::seconds(3));
}

TEST(AgentConfigTest, TheWarmUpIsTenRequestsUnlessTheFileSaysOtherwise) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig usual, Parse("{}"));
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig other,
                          Parse("warmup: {requests: 0, time: 60s, steady: 5m}"));

  EXPECT_EQ(usual.warm_up, (WarmUpOptions{10, std::chrono::seconds(0), std::chrono::seconds(0)}));
  EXPECT_EQ(other.warm_up, (WarmUpOptions{0, std::chrono::seconds(60), std::chrono::minutes(5)}));
}

TEST(AgentConfigTest, TheGuardBetweenIsolatedQueriesIsAutomaticOffOrATime) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig usual, Parse("isolated: {guard: auto}"));
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig none, Parse("isolated: {guard: off}"));
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig some,
                          Parse("isolated: {guard: 300ms, skip_above: 20s}"));

  EXPECT_EQ(usual.guard.pause, std::nullopt);
  EXPECT_EQ(usual.guard.skip_above, std::chrono::seconds(5));
  EXPECT_EQ(none.guard.pause, std::chrono::milliseconds(0));
  EXPECT_EQ(some.guard.pause, std::chrono::milliseconds(300));
  EXPECT_EQ(some.guard.skip_above, std::chrono::seconds(20));
}

TEST(AgentConfigTest, AnEmptyPowerListMeasuresNothing) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig agent, Parse("power: []"));

  EXPECT_FALSE(agent.power.automatic);
  EXPECT_TRUE(agent.power.sources.empty());
}

TEST(AgentConfigTest, ASecretsFileOfASensorIsFoundFromTheFilesOwnFolder) {
  WF_ASSERT_OK_AND_ASSIGN(
      const AgentConfig agent,
      Parse("power: [{source: redfish, url: 'https://bmc', credentials_file: bmc.secret}]"));

  EXPECT_EQ(agent.power.sources.at(0).options.at("credentials_file"), "/etc/wattfleet/bmc.secret");
}

TEST(AgentConfigTest, ServesAnEnergyMonitorOnlyWhenAsked) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig silent, Parse("{}"));
  EXPECT_EQ(silent.monitor.listen, "");
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig usual, Parse("monitor: {}"));
  EXPECT_EQ(usual.monitor.listen, "127.0.0.1:50053");
  WF_ASSERT_OK_AND_ASSIGN(const AgentConfig other,
                          Parse("monitor: {listen: 'localhost:7', interval: 200ms}"));
  EXPECT_EQ(other.monitor.listen, "localhost:7");
  EXPECT_EQ(other.monitor.interval, std::chrono::milliseconds(200));
}

struct Wrong {
  const char* text;
  const char* says;
};

class AgentConfigErrorTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(AgentConfigErrorTest, SaysWhereAndWhat) {
  EXPECT_THAT(Parse(GetParam().text),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Errors, AgentConfigErrorTest,
    ::testing::Values(
        Wrong{"nmae: x", "agent.yaml:1:1"}, Wrong{"nmae: x", "name"},
        Wrong{"engines:\n  - {kind: olama, url: \"http://x\"}", "ollama"},
        Wrong{"engines:\n  - {kind: ollama}", "agent.yaml:2:5"},
        Wrong{"engines:\n  - {kind: replay, url: \"http://x\"}", "has no server"},
        Wrong{"engines:\n  - {kind: vllm, url: \"localhost:8000\"}", "expected http://"},
        Wrong{"isolated: {guard: long}", "agent.yaml:1:19"},
        Wrong{"accelerators: []", "at least one"},
        Wrong{"accelerators:\n  - {id: NVIDIA H200}", "may hold only"},
        Wrong{"spool: {limit: 1KiB}", "at least 1MiB"},
        Wrong{"baseline: {measure: 2s}", "agent.yaml:1:21: measure: expected at least 3s"},
        Wrong{"monitor: {interval: 1ms}", "10ms to 10s"}, Wrong{"monitor: {port: 1}", "listen"},
        Wrong{"baseline: {setle: 2s}", "settle"}, Wrong{"warmup: {requests: -1}", "requests"},
        Wrong{"work_when: {power: ac}", "work_when"}, Wrong{"power:\n  - {watts: 3}", "source"},
        Wrong{"name: ''", "unique in the fleet"}));

}  // namespace
}  // namespace wattfleet::agent
