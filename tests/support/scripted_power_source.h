#ifndef WF_TESTS_SUPPORT_SCRIPTED_POWER_SOURCE_H_
#define WF_TESTS_SUPPORT_SCRIPTED_POWER_SOURCE_H_

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/power/power_source.h"

namespace wattfleet::testing {

// A power source whose readings a test makes up.
class ScriptedPowerSource final : public agent::PowerSource {
 public:
  using Script = std::function<void(std::span<ChannelValue>)>;

  ScriptedPowerSource(std::vector<ChannelSpec> specs, std::chrono::nanoseconds poll_period,
                      Script script)
      : specs_(std::move(specs)), poll_period_(poll_period), script_(std::move(script)) {}

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  std::optional<agent::ProbeTerms> probe_terms() const override { return terms; }
  void Read(std::span<ChannelValue> values) override { script_(values); }

  std::optional<agent::ProbeTerms> terms;

 private:
  const std::string name_ = "scripted";
  const std::vector<ChannelSpec> specs_;
  const std::chrono::nanoseconds poll_period_;
  const Script script_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_POWER_SOURCE_H_
