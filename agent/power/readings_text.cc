#include "agent/power/readings_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include <nlohmann/json.hpp>

#include "common/domain/flags.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using nlohmann::json;

constexpr char kSchema[] = "wattfleet.readings/1";
constexpr char kColumns[] = "source,before_ns,after_ns,channel,raw,elapsed_ns,flags,fault";
constexpr char kEnd[] = "# end";

constexpr std::array<std::pair<SampleKind, const char*>, 4> kKinds = {{
    {SampleKind::kCounter, "counter"},
    {SampleKind::kIntervalEnergy, "interval_energy"},
    {SampleKind::kPowerInstant, "power_instant"},
    {SampleKind::kPowerAverage, "power_average"},
}};

json ChannelJson(const ChannelSpec& spec) {
  json out = {{"name", spec.name},
              {"scope", std::string(RowOf(spec.scope).name)},
              {"device", spec.device_id},
              {"unit", {spec.unit.numerator, spec.unit.denominator}},
              {"update_period_ns", spec.update_period.count()},
              {"window_ns", spec.window.count()},
              {"max_watts", spec.max_watts},
              {"may_stand_still", spec.may_stand_still},
              {"part_time", spec.part_time},
              {"facts", json::parse(spec.facts_json, nullptr, false)}};
  for (const auto& [kind, name] : kKinds) {
    if (kind == spec.kind) {
      out["kind"] = name;
    }
  }
  if (spec.modulus) {
    out["modulus"] = *spec.modulus;
  }
  if (out["facts"].is_discarded()) {
    out["facts"] = json::object();
  }
  return out;
}

// Throws json's own errors, which ReadHeader turns into a status.
absl::StatusOr<ChannelSpec> ChannelOf(const json& in) {
  ChannelSpec spec;
  spec.name = in.at("name").get<std::string>();
  const auto kind = in.at("kind").get<std::string>();
  const auto scope = in.at("scope").get<std::string>();
  const auto* const row = std::find_if(kKinds.begin(), kKinds.end(),
                                       [&kind](const auto& known) { return known.second == kind; });
  const std::optional<Scope> known_scope = ScopeByName(scope);
  if (row == kKinds.end() || !known_scope) {
    return absl::InvalidArgumentError("unknown kind or scope of " + spec.name);
  }
  spec.kind = row->first;
  spec.scope = *known_scope;
  spec.device_id = in.at("device").get<std::string>();
  spec.unit = {in.at("unit").at(0).get<std::int64_t>(), in.at("unit").at(1).get<std::int64_t>()};
  spec.update_period = std::chrono::nanoseconds(in.at("update_period_ns").get<std::int64_t>());
  spec.window = std::chrono::nanoseconds(in.at("window_ns").get<std::int64_t>());
  spec.max_watts = in.at("max_watts").get<double>();
  spec.may_stand_still = in.at("may_stand_still").get<bool>();
  spec.part_time = in.at("part_time").get<bool>();
  spec.facts_json = in.at("facts").dump();
  if (in.contains("modulus")) {
    spec.modulus = in.at("modulus").get<std::uint64_t>();
  }
  if (spec.unit.numerator <= 0 || spec.unit.denominator <= 0 || spec.update_period.count() < 0 ||
      spec.window.count() < 0 || !(spec.max_watts > 0)) {
    return absl::InvalidArgumentError("a unit, period or limit of " + spec.name +
                                      " is not above 0");
  }
  return spec;
}

absl::StatusOr<ReadingsHeader> ReadHeader(std::string_view line) {
  ReadingsHeader header;
  try {
    const json in = json::parse(line);
    if (in.at("schema") != kSchema) {
      return absl::InvalidArgumentError(absl::StrCat("not ", kSchema));
    }
    header.recorded_unix_ms = in.at("recorded_unix_ms").get<std::int64_t>();
    header.machine = in.at("machine").get<std::string>();
    for (const json& source : in.at("sources")) {
      RecordedSource& read = header.sources.emplace_back();
      read.name = source.at("name").get<std::string>();
      read.poll_period = std::chrono::nanoseconds(source.at("poll_period_ns").get<std::int64_t>());
      for (const json& channel : source.at("channels")) {
        WF_ASSIGN_OR_RETURN(read.channels.emplace_back(), ChannelOf(channel));
      }
      if (read.channels.empty() || read.poll_period < std::chrono::milliseconds(1)) {
        return absl::InvalidArgumentError("a source without channels, or read too often");
      }
    }
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return header;
}

std::string FlagText(Flags flags) {
  std::vector<std::string> names;
  for (const FlagRow& row : AllFlags()) {
    if ((flags & row.bit) != 0) {
      names.emplace_back(row.name);
    }
  }
  return absl::StrJoin(names, "+");
}

std::optional<Flags> FlagsOf(std::string_view text) {
  Flags flags = 0;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find('+'));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    const auto rows = AllFlags();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [name](const FlagRow& known) { return known.name == name; });
    if (row == rows.end()) {
      return std::nullopt;
    }
    flags |= row->bit;
  }
  return flags;
}

const char* FaultText(ReadFault fault) {
  return fault == ReadFault::kNone ? "" : fault == ReadFault::kLost ? "lost" : "unavailable";
}

std::optional<ReadFault> FaultOf(std::string_view text) {
  return text.empty()            ? std::optional(ReadFault::kNone)
         : text == "lost"        ? std::optional(ReadFault::kLost)
         : text == "unavailable" ? std::optional(ReadFault::kUnavailable)
                                 : std::nullopt;
}

// One line of a reading.
struct Row {
  std::size_t source = 0;
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  std::size_t channel = 0;
  ChannelValue value;
};

std::optional<Row> ReadRow(std::string_view line) {
  constexpr std::size_t kFields = 8;
  const std::vector<std::string> fields = absl::StrSplit(std::string(line), ',');
  if (fields.size() != kFields) {
    return std::nullopt;
  }
  Row row;
  std::int64_t elapsed_ns = 0;
  const std::optional<Flags> flags = FlagsOf(fields[6]);
  const std::optional<ReadFault> fault = FaultOf(fields[7]);
  const bool has_value = fault == ReadFault::kNone;
  if (!absl::SimpleAtoi(fields[0], &row.source) || !absl::SimpleAtoi(fields[1], &row.before_ns) ||
      !absl::SimpleAtoi(fields[2], &row.after_ns) || row.after_ns < row.before_ns ||
      !absl::SimpleAtoi(fields[3], &row.channel) || !flags || !fault ||
      (has_value ? !absl::SimpleAtoi(fields[4], &row.value.raw) : !fields[4].empty()) ||
      (!fields[5].empty() && (!absl::SimpleAtoi(fields[5], &elapsed_ns) || elapsed_ns <= 0))) {
    return std::nullopt;
  }
  row.value.elapsed = std::chrono::nanoseconds(elapsed_ns);
  row.value.flags = *flags;
  row.value.fault = *fault;
  return row;
}

// Puts the rows of one reading, which come one after another, together.
class Assembler {
 public:
  explicit Assembler(RecordedReadings& trace)
      : trace_(trace), last_ns_(trace.header.sources.size()) {}

  // False when the row does not belong there.
  bool Add(const Row& row) {
    if (row.source >= trace_.header.sources.size()) {
      return false;
    }
    const std::size_t channels = trace_.header.sources[row.source].channels.size();
    if (row.channel == 0) {
      const bool goes_back = row.before_ns < last_ns_[row.source];
      if (!IsWhole() || goes_back) {
        return false;
      }
      trace_.readings.push_back({row.source, row.before_ns, row.after_ns, {}});
      last_ns_[row.source] = row.after_ns;
    }
    if (trace_.readings.empty()) {
      return false;
    }
    RecordedReading& reading = trace_.readings.back();
    if (row.channel != reading.values.size() || row.channel >= channels ||
        reading.source != row.source || reading.before_ns != row.before_ns ||
        reading.after_ns != row.after_ns) {
      return false;
    }
    reading.values.push_back(row.value);
    return true;
  }
  // Whether the last reading has all of its channels.
  bool IsWhole() const {
    return trace_.readings.empty() ||
           trace_.readings.back().values.size() ==
               trace_.header.sources[trace_.readings.back().source].channels.size();
  }

 private:
  RecordedReadings& trace_;
  std::vector<std::int64_t> last_ns_;
};

}  // namespace

std::string ReadingsHeaderText(const ReadingsHeader& header) {
  json sources = json::array();
  for (const RecordedSource& source : header.sources) {
    json channels = json::array();
    for (const ChannelSpec& spec : source.channels) {
      channels.push_back(ChannelJson(spec));
    }
    sources.push_back({{"name", source.name},
                       {"poll_period_ns", source.poll_period.count()},
                       {"channels", std::move(channels)}});
  }
  const json out = {{"schema", kSchema},
                    {"recorded_unix_ms", header.recorded_unix_ms},
                    {"machine", header.machine},
                    {"sources", std::move(sources)}};
  return absl::StrCat("# ", out.dump(-1, ' ', false, json::error_handler_t::replace), "\n",
                      kColumns, "\n");
}

void AppendReading(const RecordedReading& reading, std::string& out) {
  for (std::size_t i = 0; i < reading.values.size(); ++i) {
    const ChannelValue& value = reading.values[i];
    const bool has_value = value.fault == ReadFault::kNone;
    absl::StrAppend(&out, reading.source, ",", reading.before_ns, ",", reading.after_ns, ",", i,
                    ",", has_value ? absl::StrCat(value.raw) : "", ",",
                    value.elapsed.count() > 0 ? absl::StrCat(value.elapsed.count()) : "", ",",
                    FlagText(value.flags), ",", FaultText(value.fault), "\n");
  }
}

std::string ReadingsEndText() {
  return absl::StrCat(kEnd, "\n");
}

absl::StatusOr<RecordedReadings> ParseReadings(const std::string& text, const std::string& origin) {
  RecordedReadings trace;
  std::optional<Assembler> assembler;
  bool has_ended = false;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty() && !has_ended;) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto wrong = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrFormat("%s:%d: %s", origin, number, what));
    };
    if (++number == 1) {
      absl::StatusOr<ReadingsHeader> header =
          ReadHeader(line.substr(line.starts_with("# ") ? 2 : 0));
      if (!header.ok()) {
        return wrong(std::string(header.status().message()));
      }
      trace.header = *std::move(header);
      assembler.emplace(trace);
    } else if (number == 2) {
      if (line != kColumns) {
        return wrong(absl::StrCat("expected the columns ", kColumns));
      }
    } else if (line == kEnd) {
      has_ended = true;
    } else {
      const std::optional<Row> row = ReadRow(line);
      if (!row || !assembler->Add(*row)) {
        return wrong("not a reading, or one out of place");
      }
    }
  }
  if (!has_ended || !assembler->IsWhole()) {
    return absl::DataLossError(absl::StrCat(origin, " is cut off: it was not recorded to its end"));
  }
  return trace;
}

}  // namespace wattfleet::agent
