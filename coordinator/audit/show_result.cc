#include "coordinator/audit/show_result.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "common/trace/replay_trace.h"
#include "common/trace/trace_reader.h"
#include "common/wire/body.h"
#include "coordinator/report/facts.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kPlotColumns = 72;

absl::StatusOr<PairSnapshot> FindPair(SweepView& view, const std::string& name) {
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, AnswerPairs(view));
  std::vector<const PairSnapshot*> found;
  std::vector<std::string> names;
  for (const PairSnapshot& pair : pairs) {
    names.push_back(PairName(pair.spec));
    if (names.back() == name) {
      return pair;
    }
    if (absl::StrContains(names.back(), name)) {
      found.push_back(&pair);
    }
  }
  if (found.size() == 1) {
    return *found.front();
  }
  if (found.empty()) {
    return absl::NotFoundError(absl::StrFormat("sweep %s has no pair \"%s\"; %s", view.sweep().name,
                                               name, NearestText(name, names)));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%d pairs have \"%s\" in their name, among them %s and %s", found.size(),
                      name, PairName(found[0]->spec), PairName(found[1]->spec)));
}

struct Place {
  Query query;
  std::int64_t position = 0;
};

absl::StatusOr<Place> FindQuery(SweepView& view, const Workload& workload, const std::string& id) {
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> sample, view.Sample());
  for (std::size_t position = 0; position < sample.size(); ++position) {
    WF_ASSIGN_OR_RETURN(Query query, workload.Get(sample[position]));
    if (query.id == id) {
      return Place{.query = std::move(query), .position = static_cast<std::int64_t>(position)};
    }
  }
  return absl::NotFoundError(
      absl::StrFormat("no query \"%s\" among the %d of sweep %s; `wattfleet export` lists them", id,
                      sample.size(), view.sweep().name));
}

// Watts over the time around one request, of one channel of a trace.
PowerPlot PlotOf(const LeaseTrace& trace, std::size_t channel, std::int64_t start_ns,
                 std::int64_t end_ns) {
  const std::int64_t margin = std::max<std::int64_t>((end_ns - start_ns) / 8, 100'000'000);
  const std::int64_t from = start_ns - margin;
  const std::int64_t span = end_ns + margin - from;
  std::vector<double> microjoules(kPlotColumns, 0);
  std::vector<double> covered(kPlotColumns, 0);
  const auto edge = [&](std::size_t column) {
    return from + span * static_cast<std::int64_t>(column) / static_cast<int>(kPlotColumns);
  };
  for (const EnergyInterval& interval : IntervalsOf(trace, channel)) {
    if (!interval.measured || interval.end_ns <= from || interval.start_ns >= from + span) {
      continue;
    }
    for (std::size_t column = 0; column < kPlotColumns; ++column) {
      const std::int64_t overlap =
          std::min(interval.end_ns, edge(column + 1)) - std::max(interval.start_ns, edge(column));
      if (overlap > 0) {
        microjoules[column] += static_cast<double>(interval.energy) * static_cast<double>(overlap) /
                               static_cast<double>(interval.length_ns());
        covered[column] += static_cast<double>(overlap);
      }
    }
  }
  PowerPlot plot{.from_seconds = static_cast<double>(from - start_ns) * 1e-9,
                 .to_seconds = static_cast<double>(from + span - start_ns) * 1e-9,
                 .watts = {}};
  for (std::size_t column = 0; column < kPlotColumns; ++column) {
    plot.watts.push_back(covered[column] > 0
                             ? std::optional(microjoules[column] * 1e3 / covered[column])
                             : std::nullopt);
  }
  return plot;
}

std::optional<double> BaselineWatts(const TracedChannel& channel, std::int64_t id) {
  const auto watts = [id](const std::optional<Baseline>& baseline) {
    return baseline && baseline->id == id
               ? std::optional(static_cast<double>(baseline->idle_uw) * 1e-6)
               : std::nullopt;
  };
  std::optional<double> found = watts(channel.book.baseline);
  for (const TraceEvent& event : channel.events) {
    if (const auto* set = std::get_if<TracedBaseline>(&event); set != nullptr && !found) {
      found = watts(set->baseline);
    }
  }
  return found;
}

// When the request ran that became the unit's result, on the host's monotonic clock.
std::optional<std::pair<std::int64_t, std::int64_t>> SpanOf(const LeaseTrace& trace,
                                                            std::size_t channel, Unit unit) {
  const auto of_unit = std::find_if(trace.units.begin(), trace.units.end(),
                                    [unit](const TracedUnit& row) { return row.unit == unit; });
  if (of_unit == trace.units.end()) {
    return std::nullopt;
  }
  const RequestKey key{.ledger = trace.ledger, .request = of_unit->request};
  std::optional<std::int64_t> start_ns;
  for (const TraceEvent& event : trace.channels[channel].events) {
    if (const auto* start = std::get_if<TracedStart>(&event); start && start->key == key) {
      start_ns = start->at_ns;
    }
    if (const auto* end = std::get_if<TracedEnd>(&event); end && end->key == key && start_ns) {
      return std::pair(*start_ns, end->at_ns);
    }
  }
  return std::nullopt;
}

void AddPower(const LeaseTrace& trace, ShownResult& shown) {
  for (ShownChannel& channel : shown.channels) {
    for (std::size_t i = 0; i < trace.channels.size(); ++i) {
      if (trace.channels[i].spec.name != channel.facts.name) {
        continue;
      }
      if (channel.energy.baseline_id) {
        const auto watts = BaselineWatts(trace.channels[i], *channel.energy.baseline_id);
        channel.baseline_watts = watts ? watts : channel.baseline_watts;
      }
      if (const auto span = SpanOf(trace, i, shown.unit)) {
        channel.power = PlotOf(trace, i, span->first, span->second);
      }
    }
  }
}

absl::Status AddChannels(SweepView& view, ShownResult& shown) {
  std::map<std::int64_t, ChannelFacts> facts;
  WF_ASSIGN_OR_RETURN(const std::vector<ChannelRow> channels, view.Channels());
  for (const ChannelRow& row : channels) {
    facts[row.channel_id] = row.facts;
  }
  WF_ASSIGN_OR_RETURN(const std::vector<LedgerRow> ledger, view.Ledger());
  for (const auto& [id, energy] : shown.detail.energies) {
    ShownChannel& channel = shown.channels.emplace_back();
    channel.facts = facts[id];
    channel.method = TextFact(channel.facts.facts_json, "method").value_or("");
    channel.energy = energy;
    for (const LedgerRow& row : ledger) {
      if (row.lease == shown.detail.row.lease && row.channel_id == id && energy.baseline_id &&
          row.entry.baseline_id == energy.baseline_id && row.entry.baseline_uw) {
        channel.baseline_watts = static_cast<double>(*row.entry.baseline_uw) * 1e-6;
      }
    }
  }
  const absl::StatusOr<std::string> packed = view.Trace(shown.detail.row.lease);
  const absl::StatusOr<LeaseTrace> trace =
      packed.ok() ? ReadTrace(*packed) : absl::StatusOr<LeaseTrace>(packed.status());
  if (trace.ok()) {
    AddPower(*trace, shown);
  } else {
    shown.no_trace = std::string(trace.status().message());
  }
  return absl::OkStatus();
}

absl::Status AddEnvironment(SweepView& view, PairId pair, ShownResult& shown) {
  WF_ASSIGN_OR_RETURN(const std::vector<EnvironmentRow> rows, view.Environments(pair));
  for (const EnvironmentRow& row : rows) {
    if (row.environment_id == shown.detail.row.environment_id) {
      shown.agent = row.agent_name;
      shown.instance = row.instance;
      shown.environment = row.environment;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ShownResult> FindResult(SweepView& view, const Workload& workload,
                                       const ShowQuestion& question) {
  WF_ASSIGN_OR_RETURN(const PairSnapshot pair, FindPair(view, question.pair));
  WF_ASSIGN_OR_RETURN(Place place, FindQuery(view, workload, question.query));
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> sample, view.Sample());
  ShownResult shown;
  shown.sweep = view.sweep().name;
  shown.pair = PairName(pair.spec);
  shown.query = std::move(place.query);
  shown.repetition = question.repetition;
  shown.unit = UnitOf({.repetition = question.repetition, .position = place.position},
                      static_cast<std::int64_t>(sample.size()));
  absl::StatusOr<ResultDetail> detail = view.Detail(pair.spec.id, shown.unit);
  if (absl::IsNotFound(detail.status())) {
    return absl::NotFoundError(absl::StrFormat("%s has not answered query %s yet, repetition %d",
                                               shown.pair, shown.query.id, question.repetition));
  }
  WF_RETURN_IF_ERROR(detail.status());
  shown.detail = *std::move(detail);
  WF_RETURN_IF_ERROR(AddEnvironment(view, pair.spec.id, shown));
  if (pair.spec.build.engine != "replay") {
    shown.system = question.system_prompt;
    shown.prompt = RenderPrompt(shown.query, question.prompt, workload.shots());
  }
  const absl::StatusOr<std::string> packed = view.Body(pair.spec.id, shown.unit);
  if (packed.ok()) {
    WF_ASSIGN_OR_RETURN(shown.body, UnpackBody(*packed));
  }
  WF_RETURN_IF_ERROR(AddChannels(view, shown));
  WF_ASSIGN_OR_RETURN(const auto refused, view.RefusedLedgers());
  if (const auto found = refused.find(shown.detail.row.lease); found != refused.end()) {
    shown.ledger_refused = found->second;
  }
  return shown;
}

}  // namespace wattfleet::coordinator
