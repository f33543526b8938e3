#include "coordinator/cli/templates.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "common/config/load.h"
#include "coordinator/config/sweep_yaml.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

TEST(TemplatesTest, TheSweepToStartFromIsValid) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file,
                          ParseSweep(std::string(Templates()[0].text), "sweep.yaml", "/",
                                     [](const std::string&) { return std::nullopt; }));

  EXPECT_EQ(Templates()[0].name, "sweep.yaml");
  EXPECT_EQ(file.models.size(), 1U);
}

TEST(TemplatesTest, EveryTemplateIsYaml) {
  for (const Template& file : Templates()) {
    WF_EXPECT_OK(config::LoadText(std::string(file.text), std::string(file.name)));
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
