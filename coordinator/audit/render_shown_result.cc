#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

#include "coordinator/audit/show_result.h"
#include "coordinator/report/names.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

std::string_view NameOf(VerdictValue value) {
  switch (value) {
    case VerdictValue::kCorrect:
      return "correct";
    case VerdictValue::kWrong:
      return "wrong";
    case VerdictValue::kNoAnswer:
      return "no_answer";
  }
  return "";
}

std::string_view NameOf(ResultStatus status) {
  switch (status) {
    case ResultStatus::kCompleted:
      return "completed";
    case ResultStatus::kTimeout:
      return "timeout";
    case ResultStatus::kFailed:
      return "failed";
  }
  return "";
}

std::string_view NameOf(EnergyStatus status) {
  switch (status) {
    case EnergyStatus::kMeasured:
      return "measured";
    case EnergyStatus::kPartial:
      return "partial";
    case EnergyStatus::kInvalid:
      return "invalid";
    case EnergyStatus::kUnmeasurable:
      return "unmeasurable";
    case EnergyStatus::kModelled:
      return "modelled";
    case EnergyStatus::kImported:
      return "imported";
  }
  return "";
}

std::vector<std::string> FlagNames(Flags flags) {
  std::vector<std::string> names;
  for (const FlagRow& row : AllFlags()) {
    if ((flags & row.bit) != 0) {
      names.emplace_back(row.name);
    }
  }
  return names;
}

std::string OrNone(std::string text) {
  return text.empty() ? std::string(kNoValue) : text;
}

std::string SentAt(const ResultRow& row) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(row.sent_unix_ms),
                          absl::UTCTimeZone());
}

std::string JoulesOf(const std::optional<Microjoules>& energy) {
  return energy ? absl::StrFormat("%.6g", static_cast<double>(*energy) * 1e-6)
                : std::string(kNoValue);
}

std::string Milliseconds(const std::optional<std::int64_t>& ns) {
  return ns ? absl::StrFormat("%.1f", static_cast<double>(*ns) * 1e-6) : std::string(kNoValue);
}

// A moment of the result's life, in seconds since it was scheduled.
struct Moment {
  std::string_view name;
  char letter;
  double seconds = 0;
};

std::vector<Moment> MomentsOf(const ResultDetail& detail) {
  const double sent = static_cast<double>(detail.queue_ns.value_or(0)) * 1e-9;
  const auto since_sent = [sent](std::int64_t ns) { return sent + static_cast<double>(ns) * 1e-9; };
  std::vector<Moment> moments;
  if (detail.queue_ns) {
    moments.push_back({"scheduled", 's', 0});
  }
  moments.push_back({"sent", 'S', sent});
  if (detail.row.ttft_ns) {
    moments.push_back({"first token", 'F', since_sent(*detail.row.ttft_ns)});
  }
  if (detail.ttfo_ns && detail.ttfo_ns != detail.row.ttft_ns) {
    moments.push_back({"first of the answer", 'A', since_sent(*detail.ttfo_ns)});
  }
  moments.push_back({"last", 'L', since_sent(detail.row.duration_ns)});
  return moments;
}

std::string Titled(std::string_view title, std::string_view text) {
  std::string block = absl::StrCat("\n", std::string(title), "\n");
  return absl::StrCat(block, std::string(text), text.ends_with('\n') ? "" : "\n");
}

std::string Heading(const ShownResult& shown) {
  const ResultRow& row = shown.detail.row;
  return absl::StrFormat(
      "%s of %s, by %s\n"
      "dataset %s, subject %s, unit %d (repetition %d), lease %d, agent %s, instance %s\n"
      "%s%s, sent %s; flags: %s\n",
      shown.query.id, shown.sweep, shown.pair, OrNone(shown.query.dataset),
      OrNone(shown.query.subject), shown.unit, shown.repetition, row.lease.value,
      OrNone(shown.agent), OrNone(shown.instance), std::string(NameOf(row.status)),
      row.failure == Failure::kNone ? "" : absl::StrCat(" ", std::string(FailureName(row.failure))),
      SentAt(row), OrNone(absl::StrJoin(FlagNames(row.flags), ", ")));
}

std::string Texts(const ShownResult& shown) {
  std::string text;
  if (!shown.system.empty()) {
    text += Titled("System prompt, as sent", shown.system);
  }
  text += Titled("Prompt, as sent", shown.prompt.value_or("(none: the engine answers by id)"));
  if (shown.body && !shown.body->reasoning.empty()) {
    text += Titled("Reasoning", shown.body->reasoning);
  }
  text += Titled("Response", shown.body ? shown.body->content : "(not kept)");
  return text;
}

std::string VerdictLine(const ShownResult& shown) {
  const std::string reference = absl::StrJoin(shown.query.references, " | ");
  if (!shown.detail.verdict) {
    return absl::StrFormat("\nVerdict: pending; reference %s\n", OrNone(reference));
  }
  const Verdict& verdict = *shown.detail.verdict;
  return absl::StrFormat("\nVerdict: %s; extracted %s, reference %s, by %s v%d%s\n",
                         std::string(NameOf(verdict.value)), OrNone(verdict.extracted),
                         OrNone(reference), verdict.grader, verdict.grader_version,
                         verdict.reason.empty() ? "" : absl::StrCat(" (", verdict.reason, ")"));
}

std::string Timeline(const ShownResult& shown) {
  const ResultDetail& detail = shown.detail;
  std::vector<std::string> parts;
  for (const Moment& moment : MomentsOf(detail)) {
    parts.push_back(
        absl::StrFormat("%s %.4f s (%c)", std::string(moment.name), moment.seconds, moment.letter));
  }
  const auto count = [](const std::optional<std::int64_t>& n) {
    return n ? absl::StrCat(*n) : std::string(kNoValue);
  };
  return absl::StrFormat("\nTimeline: %s\nTokens: input %s, cached %s, output %s, reasoning %s\n",
                         absl::StrJoin(parts, ", "), count(detail.row.input_tokens),
                         count(detail.row.cached_tokens), count(detail.row.output_tokens),
                         count(detail.row.reasoning_tokens));
}

TextTable AuditTable(const ShownResult& shown) {
  TextTable table{.title = "Energy, for each channel",
                  .columns = {{.title = "channel", .names_row = true},
                              {.title = "scope", .names_row = true},
                              {.title = "status", .names_row = true},
                              {.title = "method", .names_row = true},
                              {.title = "flags", .names_row = true},
                              {.title = "gross J"},
                              {.title = "net J"},
                              {.title = "u J"},
                              {.title = "samples"},
                              {.title = "max gap ms"},
                              {.title = "covered"},
                              {.title = "baseline"},
                              {.title = "idle W"}},
                  .rows = {}};
  for (const ShownChannel& channel : shown.channels) {
    const ChannelEnergy& energy = channel.energy;
    table.rows.push_back(
        {channel.facts.name, std::string(RowOf(channel.facts.scope).name),
         std::string(NameOf(energy.status)), OrNone(channel.method),
         OrNone(absl::StrJoin(FlagNames(energy.flags), " ")), JoulesOf(energy.gross),
         JoulesOf(energy.net), JoulesOf(energy.random), absl::StrCat(energy.samples),
         Milliseconds(energy.max_gap_ns),
         energy.covered_ppm
             ? absl::StrFormat("%.2f %%", static_cast<double>(*energy.covered_ppm) * 1e-4)
             : std::string(kNoValue),
         energy.baseline_id ? absl::StrCat(*energy.baseline_id) : std::string(kNoValue),
         channel.baseline_watts ? absl::StrFormat("%.4g", *channel.baseline_watts)
                                : std::string(kNoValue)});
  }
  return table;
}

std::string PowerOver(const ShownResult& shown) {
  if (!shown.no_trace.empty()) {
    return absl::StrFormat("\nPower: not shown, %s\n", shown.no_trace);
  }
  std::string text;
  for (const ShownChannel& channel : shown.channels) {
    if (!channel.power) {
      continue;
    }
    double highest = 0;
    for (const std::optional<double>& watts : channel.power->watts) {
      highest = std::max(highest, watts.value_or(0));
    }
    std::vector<PlotMark> marks;
    for (const Moment& moment : MomentsOf(shown.detail)) {
      marks.push_back({.at_seconds = moment.seconds, .letter = moment.letter});
    }
    absl::StrAppendFormat(&text, "\n%s, 0 to %.4g W, from %.3f s to %.3f s\n%s\n%s\n",
                          channel.facts.name, highest, channel.power->from_seconds,
                          channel.power->to_seconds, DrawPower(*channel.power),
                          DrawMarks(*channel.power, marks));
  }
  return text;
}

Json OrNull(const std::optional<std::int64_t>& value) {
  return value ? Json(*value) : Json();
}

Json ChannelJson(const ShownChannel& channel) {
  const ChannelEnergy& energy = channel.energy;
  Json json = {{"channel", channel.facts.name},
               {"source", channel.facts.source},
               {"scope", RowOf(channel.facts.scope).name},
               {"status", NameOf(energy.status)},
               {"method", channel.method},
               {"gross_uj", OrNull(energy.gross)},
               {"net_uj", OrNull(energy.net)},
               {"prefill_uj", OrNull(energy.prefill)},
               {"random_uj", OrNull(energy.random)},
               {"samples", energy.samples},
               {"max_gap_ns", OrNull(energy.max_gap_ns)},
               {"covered_ppm", OrNull(energy.covered_ppm)},
               {"baseline_id", OrNull(energy.baseline_id)},
               {"baseline_watts", channel.baseline_watts ? Json(*channel.baseline_watts) : Json()},
               {"flags", FlagNames(energy.flags)}};
  json["power"] = nullptr;
  if (channel.power) {
    Json watts = Json::array();
    for (const std::optional<double>& value : channel.power->watts) {
      watts.push_back(value ? Json(*value) : Json());
    }
    json["power"] = {{"from_seconds", channel.power->from_seconds},
                     {"to_seconds", channel.power->to_seconds},
                     {"watts", std::move(watts)}};
  }
  return json;
}

Json VerdictJson(const std::optional<Verdict>& verdict) {
  if (!verdict) {
    return nullptr;
  }
  return {{"value", NameOf(verdict->value)},
          {"extracted", verdict->extracted},
          {"reason", verdict->reason},
          {"grader", verdict->grader},
          {"version", verdict->grader_version}};
}

}  // namespace

std::string RenderShownResult(const ShownResult& shown) {
  std::string text =
      absl::StrCat(Heading(shown), Texts(shown), VerdictLine(shown), Timeline(shown));
  if (shown.channels.empty()) {
    return absl::StrCat(text, "\nEnergy: no channel saw this result\n");
  }
  if (!shown.ledger_refused.empty()) {
    absl::StrAppend(&text, "\nThe lease's ledger was refused (", shown.ledger_refused,
                    "): its energy counts nowhere\n");
  }
  return absl::StrCat(text, "\n", ToTerminal(AuditTable(shown)), PowerOver(shown));
}

std::string RenderShownResultJson(const ShownResult& shown) {
  const ResultRow& row = shown.detail.row;
  Json json = {{"sweep", shown.sweep},
               {"pair", shown.pair},
               {"query", shown.query.id},
               {"dataset", shown.query.dataset},
               {"subject", shown.query.subject},
               {"unit", shown.unit},
               {"repetition", shown.repetition},
               {"lease", row.lease.value},
               {"agent", shown.agent},
               {"instance", shown.instance},
               {"status", NameOf(row.status)},
               {"sent_at", SentAt(row)},
               {"flags", FlagNames(row.flags)},
               {"system", shown.system},
               {"prompt", shown.prompt ? Json(*shown.prompt) : Json()},
               {"reasoning", shown.body ? Json(shown.body->reasoning) : Json()},
               {"response", shown.body ? Json(shown.body->content) : Json()},
               {"references", shown.query.references},
               {"verdict", VerdictJson(shown.detail.verdict)}};
  json["timeline_seconds"] = Json::object();
  for (const Moment& moment : MomentsOf(shown.detail)) {
    json["timeline_seconds"][std::string(moment.name)] = moment.seconds;
  }
  json["ledger_refused"] = shown.ledger_refused.empty() ? Json() : Json(shown.ledger_refused);
  json["channels"] = Json::array();
  for (const ShownChannel& channel : shown.channels) {
    json["channels"].push_back(ChannelJson(channel));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wattfleet::coordinator
