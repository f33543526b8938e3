#include "agent/core/environment.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wattfleet::agent {
namespace {

AgentSettings Settings() {
  AgentSettings settings;
  settings.name = "mac";
  settings.version = "0.1.0";
  settings.host_facts = {{"os", "Debian 12"}, {"driver", "560.1"}};
  return settings;
}

InstanceOffer Instance() {
  return {.name = "gpu0", .accelerator = "nvidia-h200", .device_ids = {"GPU-1", "GPU-2"}};
}

PairSpec Pair() {
  PairSpec pair;
  pair.build = {.engine = "llama-server", .ref = "m.gguf", .quantization = "q4"};
  return pair;
}

TEST(EnvironmentTest, FactsAreCanonicalJsonThatSaysWhoAnsweredUnderWhat) {
  const EngineIdentity identity{.engine_kind = "llama-server",
                                .engine_version = "b4",
                                .model_digest = "sha256:1",
                                .context_tokens = 4096,
                                .dropped_parameters = {"top_k"}};

  const Environment environment = DescribeEnvironment(Settings(), Instance(), Pair(), identity);

  const auto facts = nlohmann::json::parse(environment.facts_json);
  EXPECT_EQ(facts.dump(), environment.facts_json);
  EXPECT_EQ(facts["agent"], "mac");
  EXPECT_EQ(facts["accelerator"], "nvidia-h200");
  EXPECT_EQ(facts["devices"], nlohmann::json({"GPU-1", "GPU-2"}));
  EXPECT_EQ(facts["host"]["driver"], "560.1");
  EXPECT_EQ(facts["engine_version"], "b4");
  EXPECT_EQ(facts["context_tokens"], 4096);
  EXPECT_EQ(facts["condition"], "isolated");
  EXPECT_EQ(facts["dropped_parameters"], nlohmann::json({"top_k"}));
  EXPECT_EQ(environment.seal, (Seal{"sha256:1", "llama-server", "q4"}));
}

TEST(EnvironmentTest, MainsAndBatteryAreTwoEnvironments) {
  AgentSettings settings = Settings();
  settings.host_facts["power_supply"] = "mains";
  std::string supply = "mains";
  settings.changing_facts = [&supply] {
    return std::map<std::string, std::string>{{"power_supply", supply}};
  };
  const EngineIdentity identity{.engine_kind = "x"};
  const std::string on_mains =
      DescribeEnvironment(settings, Instance(), Pair(), identity).facts_json;
  supply = "battery";
  const std::string on_battery =
      DescribeEnvironment(settings, Instance(), Pair(), identity).facts_json;

  EXPECT_NE(on_mains, on_battery);
  EXPECT_EQ(nlohmann::json::parse(on_battery)["host"]["power_supply"], "battery");
  EXPECT_EQ(nlohmann::json::parse(on_battery)["host"]["os"], "Debian 12");
}

TEST(EnvironmentTest, EqualFactsAreEqualText) {
  const EngineIdentity identity{.engine_kind = "x"};
  EXPECT_EQ(DescribeEnvironment(Settings(), Instance(), Pair(), identity),
            DescribeEnvironment(Settings(), Instance(), Pair(), identity));
}

TEST(EnvironmentTest, WhatTheEngineSaysOfItselfCountsBeforeTheBuild) {
  const Seal seal = SealOf({.engine_kind = "ollama", .quantization = "q8_0"}, Pair().build);

  EXPECT_EQ(seal, (Seal{"", "ollama", "q8_0"}));
}

TEST(EnvironmentTest, BytesThatAreNotUtf8DoNotBreakTheJson) {
  const Environment environment =
      DescribeEnvironment(Settings(), Instance(), Pair(), {.engine_version = "\xFF"});

  EXPECT_TRUE(nlohmann::json::accept(environment.facts_json));
}

TEST(EnvironmentTest, AMismatchShowsBothSides) {
  EXPECT_EQ(MismatchText({"sha256:1", "ollama", "q4"}, {"", "ollama", ""}),
            "sealed ollama sha256:1 q4, here ollama without a digest of unknown quantization");
}

}  // namespace
}  // namespace wattfleet::agent
