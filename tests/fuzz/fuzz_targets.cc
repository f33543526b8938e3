#include "tests/fuzz/fuzz_targets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include <zstd.h>

#include "agent/power/asked_source.h"
#include "agent/power/dcmi/parse_dcmi.h"
#include "agent/power/ioreport/energy_model.h"
#include "agent/power/kept_file.h"
#include "agent/power/modelled/modelled_power_source.h"
#include "agent/power/powermetrics/powermetrics_report.h"
#include "agent/power/prometheus/parse_prometheus.h"
#include "agent/power/readings_file.h"
#include "agent/power/readings_text.h"
#include "agent/power/redfish/parse_redfish.h"
#include "agent/power/shelly/parse_shelly.h"
#include "agent/power/tasmota/parse_tasmota.h"
#include "common/check/check.h"
#include "common/energy/interval_reducer.h"
#include "common/trace/replay_trace.h"
#include "common/trace/trace_reader.h"

namespace wattfleet::testing {

namespace {

using agent::AskedSource;
using agent::EnergyModel;
using agent::EnergyModelEntry;

bool IsPlain(double value) {
  return std::isfinite(value) && value >= 0;
}

template <typename T>
void CheckPlain(const std::optional<T>& value) {
  WF_CHECK(!value || IsPlain(static_cast<double>(*value)));
}

// What the reducers make of readings is what leaves: intervals that touch, none with energy below 0
// or beyond what the device can draw.
class Books {
 public:
  explicit Books(const ChannelSpec& spec)
      : spec_(spec), reducer_(MakeReducer(spec, std::chrono::milliseconds(50))) {}

  void Add(const SensorReading& reading) {
    intervals_.clear();
    reducer_->Add(reading, intervals_);
    for (const EnergyInterval& interval : intervals_) {
      WF_CHECK(interval.end_ns > interval.start_ns);
      WF_CHECK(!last_end_ns_ || interval.start_ns == *last_end_ns_);
      last_end_ns_ = interval.end_ns;
      const double most =
          spec_.max_watts * 1.2 * static_cast<double>(interval.length_ns()) * 1e-3 + 1e6;
      WF_CHECK(interval.energy >= 0);
      WF_CHECK(interval.measured ? static_cast<double>(interval.energy) <= most + 1
                                 : interval.energy == 0);
    }
  }

 private:
  const ChannelSpec spec_;
  const std::unique_ptr<IntervalReducer> reducer_;
  std::vector<EnergyInterval> intervals_;
  std::optional<std::int64_t> last_end_ns_;
};

void FuzzPlist(std::string_view input) {
  const auto report = agent::ParsePowermetricsReport(input);
  if (!report.ok()) {
    return;
  }
  WF_CHECK(report->elapsed_ns > 0);
  for (const auto& value : {report->cpu_mw, report->gpu_mw, report->ane_mw, report->combined_mw,
                            report->cpu_mj, report->gpu_mj, report->ane_mj}) {
    CheckPlain(value);
  }
  // Joules of 10 kW.
  const double most = 1e4 * static_cast<double>(report->elapsed_ns) + 1;
  const auto nanojoules = agent::CombinedNanojoules(*report);
  WF_CHECK(!nanojoules || static_cast<double>(*nanojoules) <= most);
  agent::EnergyDisagrees(*report);
}

std::vector<std::string> Documents(std::string_view stream, std::size_t piece, std::size_t limit) {
  agent::PlistSplitter splitter(limit);
  std::vector<std::string> documents;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    splitter.Add(stream.substr(at, piece),
                 [&documents](std::string_view text) { documents.emplace_back(text); });
  }
  return documents;
}

// The first byte says into which pieces the rest comes; the documents must not depend on it.
void FuzzPlistStream(std::string_view input) {
  constexpr std::size_t kLimit = 200;
  if (input.empty()) {
    return;
  }
  const std::size_t piece = static_cast<unsigned char>(input[0]) % 31 + 1;
  const auto documents = Documents(input.substr(1), piece, kLimit);
  WF_CHECK(documents == Documents(input.substr(1), 1, kLimit));
  for (const std::string& document : documents) {
    WF_CHECK(document.size() <= kLimit && document.ends_with("</plist>"));
    FuzzPlist(document);
  }
}

void FuzzSysfs(std::string_view input) {
  const auto number = agent::WholeNumber(input);
  if (number) {
    const std::string line(input.substr(0, input.find('\n')));
    std::uint64_t same = 0;
    WF_CHECK(absl::SimpleAtoi(line, &same) && same == *number);
  }
  CheckPlain(agent::BusyTicks(input));
  const auto dcmi = agent::ParseDcmiPower(input);
  WF_CHECK(!dcmi.ok() || IsPlain(*dcmi));
}

// Snapshots of the Energy Model, separated by a form feed; an entry is "name<TAB>unit<TAB>value".
std::vector<std::vector<EnergyModelEntry>> Snapshots(std::string_view input) {
  std::vector<std::vector<EnergyModelEntry>> snapshots;
  for (const absl::string_view snapshot :
       absl::StrSplit(absl::string_view(input.data(), input.size()), '\f')) {
    snapshots.emplace_back();
    for (const absl::string_view line : absl::StrSplit(snapshot, '\n')) {
      const std::vector<std::string> fields = absl::StrSplit(line, '\t');
      EnergyModelEntry entry{.name = fields[0]};
      entry.unit = fields.size() > 1 ? fields[1] : "";
      if (fields.size() > 2 && absl::SimpleAtoi(fields[2], &entry.value)) {
        snapshots.back().push_back(entry);
      }
    }
  }
  return snapshots;
}

void FuzzIoReport(std::string_view input) {
  const auto snapshots = Snapshots(input);
  auto model = EnergyModel::Make(snapshots[0]);
  if (!model.ok()) {
    return;
  }
  ChannelSpec spec;
  spec.unit = {1, 1'000};
  spec.update_period = std::chrono::milliseconds(100);
  spec.max_watts = 500;
  std::deque<Books> books;
  for (std::size_t i = 0; i < model->parts().size(); ++i) {
    books.emplace_back(spec);
  }
  std::vector<std::optional<std::uint64_t>> counters(books.size());
  std::int64_t now_ns = 0;
  for (const auto& snapshot : snapshots) {
    model->Read(snapshot, counters);
    now_ns += 100'000'000;
    for (std::size_t i = 0; i < books.size(); ++i) {
      const ReadFault fault = counters[i] ? ReadFault::kNone : ReadFault::kUnavailable;
      books[i].Add({now_ns, now_ns + 1, {.raw = counters[i].value_or(0), .fault = fault}});
    }
  }
}

// Takes numbers of a fixed width off the front.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Take() {
    T value{};
    const std::size_t n = std::min(sizeof(T), bytes_.size());
    if (n > 0) {
      std::memcpy(&value, bytes_.data(), n);
    }
    bytes_.remove_prefix(n);
    return value;
  }
  bool is_empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

// Any values at any times, to the reducer of each kind.
void FuzzReadings(std::string_view input) {
  Bytes bytes(input);
  ChannelSpec spec;
  spec.kind = static_cast<SampleKind>(bytes.Take<std::uint8_t>() % 4);
  const auto shape = bytes.Take<std::uint8_t>();
  spec.update_period = std::chrono::milliseconds((shape & 1) != 0 ? 1 : 100);
  spec.window = std::chrono::milliseconds((shape & 2) != 0 ? 25 : 1'000);
  spec.modulus = (shape & 4) != 0 ? std::optional<std::uint64_t>(1U << 30) : std::nullopt;
  spec.may_stand_still = (shape & 8) != 0;
  spec.unit = (shape & 16) != 0 ? RawUnit{1'000'000, 65'536} : RawUnit{1, 1'000};
  Books books(spec);
  std::int64_t now_ns = 0;
  while (!bytes.is_empty()) {
    SensorReading reading;
    now_ns += bytes.Take<std::uint32_t>();
    reading.before_ns = now_ns;
    now_ns += bytes.Take<std::uint16_t>();
    reading.after_ns = now_ns;
    reading.value.raw = bytes.Take<std::uint64_t>();
    reading.value.elapsed = std::chrono::nanoseconds(bytes.Take<std::int32_t>());
    reading.value.fault = static_cast<ReadFault>(bytes.Take<std::uint8_t>() % 3);
    reading.flags = (bytes.Take<std::uint8_t>() & 1) != 0 ? kFlagSuspended : 0;
    books.Add(reading);
  }
}

std::string TextOf(const agent::RecordedReadings& recorded) {
  std::string text = agent::ReadingsHeaderText(recorded.header);
  for (const agent::RecordedReading& reading : recorded.readings) {
    agent::AppendReading(reading, text);
  }
  return text + agent::ReadingsEndText();
}

// What is read of a file of readings is whole and in order, and comes back from what is written of
// it.
void FuzzReadingsFile(std::string_view input) {
  const auto recorded = agent::ParseReadings(std::string(input), "fuzz");
  if (!recorded.ok()) {
    return;
  }
  for (const agent::RecordedSource& source : recorded->header.sources) {
    WF_CHECK(source.poll_period.count() > 0 && !source.channels.empty());
    for (const ChannelSpec& spec : source.channels) {
      WF_CHECK(spec.unit.numerator > 0 && spec.unit.denominator > 0);
      WF_CHECK(spec.update_period.count() >= 0 && spec.window.count() >= 0);
      WF_CHECK(IsPlain(spec.max_watts));
    }
  }
  std::vector<std::int64_t> last_ns(recorded->header.sources.size());
  for (const agent::RecordedReading& reading : recorded->readings) {
    WF_CHECK(reading.source < last_ns.size());
    WF_CHECK(reading.values.size() == recorded->header.sources[reading.source].channels.size());
    WF_CHECK(last_ns[reading.source] <= reading.before_ns && reading.before_ns <= reading.after_ns);
    last_ns[reading.source] = reading.after_ns;
  }
  const std::string text = TextOf(*recorded);
  const auto again = agent::ParseReadings(text, "fuzz");
  WF_CHECK(again.ok() && TextOf(*again) == text);
}

// A value of a network source, as the channel passes it on.
void CheckAsked(const absl::StatusOr<double>& value) {
  ChannelSpec spec;
  spec.name = "asked";
  spec.kind = SampleKind::kPowerInstant;
  AskedSource source("asked", spec, std::chrono::seconds(1),
                     {.ask = [&value] { return value; }, .per_raw = 0.001});
  std::array<ChannelValue, 1> read;
  source.Read(read);
  if (read[0].fault == ReadFault::kNone) {
    WF_CHECK(value.ok() && IsPlain(*value));
    WF_CHECK(std::abs(static_cast<double>(read[0].raw) * 0.001 - *value) <=
             0.0006 + *value * 1e-12);
  }
}

void FuzzPrometheus(std::string_view input) {
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const auto selector = agent::ParsePrometheusSelector(input.substr(0, line_end));
  const agent::PrometheusSelector usual{"up", {{"job", "x"}}};
  const std::string_view page = input.substr(std::min(line_end + 1, input.size()));
  CheckAsked(agent::FindPrometheusSample(page, selector.ok() ? *selector : usual));
}

void FuzzRedfish(std::string_view input) {
  for (const auto parse :
       {agent::ParseEnvironmentMetrics, agent::ParseLegacyPower, agent::ParsePowerSupplyMetrics}) {
    const auto watts = parse(input);
    WF_CHECK(!watts.ok() || IsPlain(*watts));
    CheckAsked(watts);
  }
  if (const auto members = agent::ParseRedfishMembers(input); members.ok()) {
    for (const std::string& path : *members) {
      WF_CHECK(path.starts_with("/redfish/"));
    }
  }
  if (const auto supply = agent::ParsePowerSupply(input); supply.ok()) {
    WF_CHECK(supply->metrics_path.empty() || supply->metrics_path.starts_with("/redfish/"));
  }
}

void FuzzPlug(std::string_view input) {
  if (const auto shelly = agent::ParseShellyStatus(input); shelly.ok()) {
    CheckPlain(shelly->watts);
    CheckPlain(shelly->watt_hours);
  }
  for (const std::optional<std::size_t> socket :
       {std::optional<std::size_t>(), std::optional<std::size_t>(1),
        std::optional<std::size_t>(2)}) {
    const auto watts = agent::ParseTasmotaPower(input, socket);
    WF_CHECK(!watts.ok() || IsPlain(*watts));
    CheckAsked(watts);
  }
}

std::string Packed(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

void CheckReplayed(const Replay& replay) {
  for (const LedgerEntry& entry : replay.ledger) {
    WF_CHECK(entry.Balances() && entry.attributed >= 0 && entry.idle >= 0);
    WF_CHECK(entry.uncounted >= 0 && entry.unassigned >= 0);
  }
  for (const ReplayedUnit& unit : replay.units) {
    CheckPlain(unit.energy.gross);
    CheckPlain(unit.energy.net);
    CheckPlain(unit.energy.random);
  }
}

// The bytes of a trace before they are packed.
void FuzzTrace(std::string_view input) {
  const auto trace = ReadTrace(Packed(input));
  if (!trace.ok()) {
    return;
  }
  for (const ReplayMethodRow& row : ReplayMethods()) {
    if (const auto replay = ReplayTrace(*trace, row.method); replay.ok()) {
      CheckReplayed(*replay);
    }
  }
}

constexpr std::array kTargets = std::to_array<FuzzTarget>({
    {"plist", FuzzPlist},
    {"plist_stream", FuzzPlistStream},
    {"sysfs", FuzzSysfs},
    {"ioreport", FuzzIoReport},
    {"readings", FuzzReadings},
    {"readings_file", FuzzReadingsFile},
    {"prometheus", FuzzPrometheus},
    {"redfish", FuzzRedfish},
    {"plug", FuzzPlug},
    {"trace", FuzzTrace},
});

}  // namespace

std::span<const FuzzTarget> FuzzTargets() {
  return kTargets;
}

}  // namespace wattfleet::testing
