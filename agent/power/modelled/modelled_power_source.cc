#include "agent/power/modelled/modelled_power_source.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "agent/power/source_options.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

}  // namespace

std::optional<std::uint64_t> BusyTicks(std::string_view stat) {
  constexpr std::string_view kTotals = "cpu ";
  // Of user nice system idle iowait irq softirq steal.
  constexpr bool kIsBusy[] = {true, true, true, false, false, true, true, true};
  constexpr std::size_t kFewestFields = 4;
  const std::size_t line_end = stat.find('\n');
  if (stat.substr(0, kTotals.size()) != kTotals || line_end == std::string_view::npos) {
    return std::nullopt;
  }
  const char* at = stat.data() + kTotals.size();
  const char* const end = stat.data() + line_end;
  std::uint64_t busy = 0;
  std::size_t fields = 0;
  while (fields < std::size(kIsBusy)) {
    while (at != end && *at == ' ') {
      ++at;
    }
    std::uint64_t ticks = 0;
    const auto [rest, error] = std::from_chars(at, end, ticks);
    if (error != std::errc()) {
      break;
    }
    busy += kIsBusy[fields] ? ticks : 0;
    ++fields;
    at = rest;
  }
  return fields >= kFewestFields ? std::optional(busy) : std::nullopt;
}

absl::StatusOr<std::unique_ptr<PowerSource>> ModelledPowerSource::Open(const SourceRequest& request,
                                                                       const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(
      CheckOptionNames(request, {"watts_per_busy_core", "poll_ms", kProcRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(100)));
  absl::StatusOr<double> watts =
      RequiredNumber(request.options, "watts_per_busy_core",
                     "the watts that one busy core is taken to draw, for example 5");
  if (!watts.ok()) {
    return Annotate(watts.status(), "power source modelled");
  }
  WF_ASSIGN_OR_RETURN(KeptFile stat,
                      KeptFile::Open(absl::StrCat(
                          TextOption(request.options, kProcRootOption, paths.proc_root), "/stat")));
  std::unique_ptr<ModelledPowerSource> source(new ModelledPowerSource(std::move(stat)));
  source->poll_period_ = period;
  const std::int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  ChannelSpec spec;
  spec.name = "modelled/cpu";
  spec.kind = SampleKind::kCounter;
  spec.scope = Scope::kModelled;
  spec.unit = {std::llround(*watts * 1e6), ticks_per_second};
  spec.update_period = std::chrono::nanoseconds(1'000'000'000 / ticks_per_second);
  spec.max_watts = *watts * 10'000;  // of any machine's cores
  spec.may_stand_still = true;
  spec.facts_json =
      nlohmann::json{{"model", "busy cores x watts"}, {"watts_per_busy_core", *watts}}.dump();
  source->specs_.push_back(std::move(spec));
  return source;
}

void ModelledPowerSource::Read(std::span<ChannelValue> values) {
  std::array<char, 512> buffer{};
  std::string_view text;
  values[0] = ChannelValue{};
  values[0].fault = stat_.Read(buffer, text);
  if (values[0].fault == ReadFault::kNone) {
    const std::optional<std::uint64_t> busy = BusyTicks(text);
    values[0].raw = busy.value_or(0);
    values[0].fault = busy ? ReadFault::kNone : ReadFault::kUnavailable;
  }
}

}  // namespace wattfleet::agent
