#include "agent/power/replay/replay_power_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

namespace {

constexpr char kFileOption[] = "file";
constexpr char kRecordedOption[] = "recorded";

const Clock& TheSystemsClock() {
  static const SystemClock clock;
  return clock;
}

// Which of the recorded sources is meant.
absl::StatusOr<std::size_t> ChooseSource(const ReadingsHeader& header, const std::string& wanted,
                                         const std::string& file) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < header.sources.size(); ++i) {
    if (header.sources[i].name == wanted) {
      return i;
    }
    names.push_back(header.sources[i].name);
  }
  if (wanted.empty() && names.size() == 1) {
    return 0U;
  }
  return absl::InvalidArgumentError(absl::StrCat("recorded: expected one of the sources of ", file,
                                                 ": ", absl::StrJoin(names, ", ")));
}

ChannelSpec Imported(const ChannelSpec& recorded, const ReadingsHeader& header) {
  nlohmann::json facts = nlohmann::json::parse(recorded.facts_json, nullptr, false);
  facts["replayed"] = {{"channel", recorded.name},
                       {"scope", std::string(RowOf(recorded.scope).name)},
                       {"device", recorded.device_id},
                       {"machine", header.machine},
                       {"recorded_unix_ms", header.recorded_unix_ms}};
  ChannelSpec spec = recorded;
  spec.name = absl::StrCat("replay/", recorded.name);
  spec.scope = Scope::kRecorded;
  spec.device_id.clear();
  spec.facts_json = facts.dump();
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> ReplayPowerSource::Open(const SourceRequest& request,
                                                                     const PowerPaths&) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {kFileOption, kRecordedOption}));
  const std::string file = TextOption(request.options, kFileOption, "");
  if (file.empty()) {
    return WithRemedy(
        absl::InvalidArgumentError("power source replay: file is missing: what `record` wrote"),
        "wattfleet-agent record FILE");
  }
  WF_ASSIGN_OR_RETURN(const RecordedReadings trace, ReadReadingsFile(file));
  WF_ASSIGN_OR_RETURN(
      const std::size_t source,
      ChooseSource(trace.header, TextOption(request.options, kRecordedOption, ""), file));
  auto replay = std::make_unique<ReplayPowerSource>(trace, source, TheSystemsClock());
  if (replay->readings_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file, " holds no reading"));
  }
  return replay;
}

ReplayPowerSource::ReplayPowerSource(const RecordedReadings& trace, std::size_t source,
                                     const Clock& clock)
    : clock_(clock), poll_period_(trace.header.sources[source].poll_period) {
  for (const ChannelSpec& spec : trace.header.sources[source].channels) {
    specs_.push_back(Imported(spec, trace.header));
  }
  std::copy_if(trace.readings.begin(), trace.readings.end(), std::back_inserter(readings_),
               [source](const RecordedReading& reading) { return reading.source == source; });
}

void ReplayPowerSource::Read(std::span<ChannelValue> values) {
  const MonotonicTime now = clock_.MonotonicNow();
  started_ = started_.value_or(now);
  // Read on the recording's own grid, which the two clocks' drift must not turn over.
  const auto played = now - *started_ + poll_period_ / 2;
  const bool was_at_end = next_ == readings_.size();
  const RecordedReading* newest = nullptr;
  while (next_ < readings_.size() &&
         std::chrono::nanoseconds(readings_[next_].before_ns - readings_.front().before_ns) <=
             played) {
    newest = &readings_[next_++];
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = newest != nullptr ? newest->values[i] : ChannelValue{};
    if (newest == nullptr && was_at_end) {
      values[i].fault = ReadFault::kLost;
    }
  }
}

}  // namespace wattfleet::agent
