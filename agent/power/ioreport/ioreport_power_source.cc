#include "agent/power/ioreport/ioreport_power_source.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

constexpr double kHalfWidth = 0.15;  // budget; Apple states none
constexpr double kMaxWatts = 500;    // more than any part of any of its chips

bool CountsMillijoules(const EnergyModel::Part& part) {
  return std::any_of(part.members.begin(), part.members.end(),
                     [](const auto& member) { return member.second == "mJ"; });
}

const char* ShortName(Scope scope) {
  switch (scope) {
    case Scope::kSocCpu:
      return "cpu";
    case Scope::kSocGpu:
      return "gpu";
    case Scope::kSocNeuralEngine:
      return "ane";
    case Scope::kDram:
      return "dram";
    default:
      return "gpu-sram";
  }
}

// For how long a counter that is at rest is waited for before its energy is taken to be 0 depends
// on this, so those that may rest have a short one.
std::chrono::nanoseconds UpdatePeriodOf(const EnergyModel::Part& part, bool may_stand_still) {
  if (may_stand_still) {
    return milliseconds(100);
  }
  return CountsMillijoules(part) ? milliseconds(2'500) : milliseconds(500);
}

ChannelSpec SpecOf(const EnergyModel::Part& part) {
  ChannelSpec spec;
  spec.name = absl::StrCat("ioreport/", ShortName(part.scope));
  spec.kind = SampleKind::kCounter;
  spec.scope = part.scope;
  spec.unit = {1, 1'000};
  spec.max_watts = kMaxWatts;
  spec.may_stand_still = part.scope == Scope::kSocNeuralEngine || part.scope == Scope::kSocGpuSram;
  spec.update_period = UpdatePeriodOf(part, spec.may_stand_still);
  nlohmann::json members;
  for (const auto& [name, unit] : part.members) {
    members[name] = unit;
  }
  spec.facts_json = nlohmann::json{{"members", members},
                                   {"unit", "nJ"},
                                   {"update_period_ms", spec.update_period / milliseconds(1)},
                                   {"systematic_relative", SystematicRelative(kHalfWidth)},
                                   {"verified", "untested on hardware"}}
                        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> IoReportPowerSource::Open(
    const SourceRequest& request, const PowerPaths& /*paths*/) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms"}));
  WF_ASSIGN_OR_RETURN(auto reader, OpenEnergyModelReader());
  return OpenOn(request, std::move(reader));
}

absl::StatusOr<std::unique_ptr<PowerSource>> IoReportPowerSource::OpenOn(
    const SourceRequest& request, std::unique_ptr<EnergyModelReader> reader) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms"}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(100)));
  std::vector<EnergyModelEntry> entries;
  WF_RETURN_IF_ERROR(reader->Read(entries));
  WF_ASSIGN_OR_RETURN(EnergyModel model, EnergyModel::Make(entries));
  return std::unique_ptr<PowerSource>(
      new IoReportPowerSource(std::move(reader), std::move(model), period));
}

IoReportPowerSource::IoReportPowerSource(std::unique_ptr<EnergyModelReader> reader,
                                         EnergyModel model, std::chrono::nanoseconds poll_period)
    : reader_(std::move(reader)),
      model_(std::move(model)),
      poll_period_(poll_period),
      counters_(model_.parts().size()) {
  for (const EnergyModel::Part& part : model_.parts()) {
    specs_.push_back(SpecOf(part));
  }
}

void IoReportPowerSource::Read(std::span<ChannelValue> values) {
  std::fill(values.begin(), values.end(), ChannelValue{});
  if (!reader_->Read(entries_).ok()) {
    return;
  }
  model_.Read(entries_, counters_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (counters_[i]) {
      values[i].raw = *counters_[i];
      values[i].fault = ReadFault::kNone;
    }
  }
}

}  // namespace wattfleet::agent
