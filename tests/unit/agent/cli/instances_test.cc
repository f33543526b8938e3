#include "agent/cli/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using wattfleet::testing::StatusIs;

std::vector<DiscoveredAccelerator> TwoGpus() {
  std::vector<DiscoveredAccelerator> found(2);
  for (std::size_t i = 0; i < 2; ++i) {
    found[i].offer = {.name = "nvidia-h200-" + std::to_string(i),
                      .accelerator = "nvidia-h200",
                      .device_ids = {"GPU-" + std::to_string(i)}};
  }
  return found;
}

TEST(InstancesTest, WhatIsFoundIsOffered) {
  WF_ASSERT_OK_AND_ASSIGN(const auto instances, MakeInstances(AgentConfig{}, TwoGpus()));

  EXPECT_THAT(instances, ElementsAre(TwoGpus()[0].offer, TwoGpus()[1].offer));
}

TEST(InstancesTest, WhatTheFileListsIsOfferedUnderItsNamesEachUnique) {
  AgentConfig config;
  config.discover_accelerators = false;
  config.accelerators = {{.id = "nvidia-h200", .devices = {"GPU-0"}},
                         {.id = "nvidia-h200", .devices = {"GPU-1"}},
                         {.id = "some-api", .location = Location::kCloud}};

  WF_ASSERT_OK_AND_ASSIGN(const auto instances, MakeInstances(config, TwoGpus()));

  ASSERT_THAT(instances, SizeIs(3));
  EXPECT_EQ(instances[0].name, "nvidia-h200");
  EXPECT_EQ(instances[1].name, "nvidia-h200-2");
  EXPECT_EQ(instances[1].accelerator, "nvidia-h200");
  EXPECT_THAT(instances[1].device_ids, ElementsAre("GPU-1"));
  EXPECT_EQ(instances[2].location, Location::kCloud);
}

TEST(InstancesTest, ADeviceThatIsNotHereIsNamed) {
  AgentConfig config;
  config.discover_accelerators = false;
  config.accelerators = {{.id = "nvidia-h200", .devices = {"GPU-7"}}};

  EXPECT_THAT(MakeInstances(config, TwoGpus()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("GPU-7")));
}

}  // namespace
}  // namespace wattfleet::agent
