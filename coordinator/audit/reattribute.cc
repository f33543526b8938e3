#include "coordinator/audit/reattribute.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/domain/class_table.h"
#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "common/trace/trace_reader.h"
#include "coordinator/report/pair_reader.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kDifferencesShown = 10;

// The stored energies of one result by channel name, and the ids of those channels.
struct StoredEnergies {
  LeaseId lease;
  std::map<std::string, std::pair<std::int64_t, ChannelEnergy>> by_name;
};

// One pair under way.
struct PairWork {
  PairReattribution result;
  PairId pair;
  ClassChoice choice;
  std::map<std::string, ChannelComparison> channels;
};

bool IsSameLedger(const LedgerEntry& stored, const LedgerEntry& again) {
  // The store moves what it set aside from attributed to uncounted.
  return stored.total == again.total && stored.idle == again.idle &&
         stored.unassigned == again.unassigned &&
         stored.attributed + stored.uncounted == again.attributed + again.uncounted &&
         stored.baseline_uw == again.baseline_uw && stored.baseline_id == again.baseline_id;
}

std::string Joules(const std::optional<Microjoules>& energy) {
  return energy ? absl::StrFormat("%.6f J", static_cast<double>(*energy) * 1e-6) : "none";
}

class Reattributer {
 public:
  Reattributer(SweepView& view, ReplayMethod method, std::string energy_class)
      : view_(view), method_(method), energy_class_(std::move(energy_class)) {}

  absl::StatusOr<Reattribution> Run();

 private:
  absl::Status StartPairs();
  absl::Status ReplayLease(const TraceRow& row);
  absl::Status CompareUnits(const TraceRow& row, const LeaseTrace& trace, const Replay& replay);
  void CompareUnit(const StoredEnergies& stored, Unit unit, const LeaseTrace& trace,
                   const std::vector<const ReplayedUnit*>& again, PairWork& work);
  void AddToClass(const StoredEnergies& stored, const LeaseTrace& trace,
                  const std::vector<const ReplayedUnit*>& again, PairWork& work) const;
  void CompareLedgers(const TraceRow& row, const LeaseTrace& trace, const Replay& replay);
  absl::Status CountUntraced();
  absl::StatusOr<StoredEnergies> Stored(PairId pair, Unit unit);
  void Differs(std::string line) {
    if (result_.differences.size() < kDifferencesShown) {
      result_.differences.push_back(std::move(line));
    }
  }

  SweepView& view_;
  const ReplayMethod method_;
  const std::string energy_class_;
  std::map<std::int64_t, ChannelRow> channels_;
  std::vector<LedgerRow> ledger_;
  std::map<PairId, PairWork> pairs_;
  std::set<LeaseId> replayed_;
  Reattribution result_;
};

absl::Status Reattributer::StartPairs() {
  WF_ASSIGN_OR_RETURN(const std::vector<ChannelRow> channels, view_.Channels());
  for (const ChannelRow& row : channels) {
    channels_[row.channel_id] = row;
  }
  WF_ASSIGN_OR_RETURN(ledger_, view_.Ledger());
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> sample, view_.Sample());
  const PairReader reader(view_, {.n_queries = static_cast<std::int64_t>(sample.size()),
                                  .energy_class = energy_class_,
                                  .channels = channels,
                                  .ledger = ledger_});
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> pairs, view_.Pairs());
  for (const PairSnapshot& pair : pairs) {
    PairWork& work = pairs_[pair.spec.id];
    work.pair = pair.spec.id;
    work.result.pair = PairName(pair.spec);
    WF_ASSIGN_OR_RETURN(const PairRows rows, reader.ReadClass(pair));
    work.choice = rows.choice;
    work.result.energy_class = rows.choice.row ? std::string(rows.choice.row->name) : "";
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredEnergies> Reattributer::Stored(PairId pair, Unit unit) {
  StoredEnergies stored;
  absl::StatusOr<ResultDetail> detail = view_.Detail(pair, unit);
  if (absl::IsNotFound(detail.status())) {
    return stored;  // the unit failed in the end, or its result was refused
  }
  WF_RETURN_IF_ERROR(detail.status());
  stored.lease = detail->row.lease;
  for (const auto& [channel, energy] : detail->energies) {
    if (const auto row = channels_.find(channel); row != channels_.end()) {
      stored.by_name[row->second.facts.name] = {channel, energy};
    }
  }
  return stored;
}

absl::Status Reattributer::ReplayLease(const TraceRow& row) {
  const auto problem = [&](const absl::Status& status) {
    result_.problems.push_back(absl::StrFormat("lease %d: %s", row.lease.value, status.message()));
    return absl::OkStatus();
  };
  const absl::StatusOr<std::string> packed = view_.Trace(row.lease);
  if (!packed.ok()) {
    return absl::IsNotFound(packed.status()) ? problem(packed.status()) : packed.status();
  }
  const absl::StatusOr<LeaseTrace> trace = ReadTrace(*packed);
  if (!trace.ok()) {
    return problem(trace.status());
  }
  const absl::StatusOr<Replay> replay = ReplayTrace(*trace, method_);
  if (!replay.ok()) {
    return problem(replay.status());
  }
  replayed_.insert(row.lease);
  ++pairs_.at(row.pair).result.leases;
  CompareLedgers(row, *trace, *replay);
  return CompareUnits(row, *trace, *replay);
}

absl::Status Reattributer::CompareUnits(const TraceRow& row, const LeaseTrace& trace,
                                        const Replay& replay) {
  PairWork& work = pairs_.at(row.pair);
  std::map<Unit, std::vector<const ReplayedUnit*>> again;
  for (const TracedUnit& unit : trace.units) {
    again[unit.unit].resize(trace.channels.size());
  }
  for (const ReplayedUnit& unit : replay.units) {
    again[unit.unit][unit.energy.channel] = &unit;
  }
  for (const auto& [unit, energies] : again) {
    WF_ASSIGN_OR_RETURN(const StoredEnergies stored, Stored(row.pair, unit));
    if (stored.lease == row.lease) {
      CompareUnit(stored, unit, trace, energies, work);
    }
  }
  return absl::OkStatus();
}

void Reattributer::CompareUnit(const StoredEnergies& stored, Unit unit, const LeaseTrace& trace,
                               const std::vector<const ReplayedUnit*>& again, PairWork& work) {
  ++work.result.results;
  for (std::size_t i = 0; i < again.size(); ++i) {
    const std::string& name = trace.channels[i].spec.name;
    const auto found = stored.by_name.find(name);
    if (found == stored.by_name.end()) {
      continue;
    }
    ++work.result.energies;
    if (again[i] == nullptr) {
      ++work.result.not_replayed;
      continue;
    }
    const auto& [channel_id, before] = found->second;
    ChannelEnergy energy = again[i]->energy;
    energy.channel = before.channel;
    result_.rows.push_back(
        {.pair = work.pair, .unit = unit, .channel_id = channel_id, .energy = energy});
    if (energy == before) {
      ++work.result.identical;
    } else {
      Differs(absl::StrFormat("%s unit %d on %s: stored %s, recomputed %s", work.result.pair, unit,
                              name, Joules(before.gross), Joules(energy.gross)));
    }
    if (before.gross && energy.gross) {
      ChannelComparison& channel = work.channels[name];
      ++channel.results;
      channel.stored += *before.gross;
      channel.again += *energy.gross;
    }
  }
  AddToClass(stored, trace, again, work);
}

void Reattributer::AddToClass(const StoredEnergies& stored, const LeaseTrace& trace,
                              const std::vector<const ReplayedUnit*>& again, PairWork& work) const {
  if (!work.choice.row) {
    return;
  }
  Microjoules before = 0;
  Microjoules after = 0;
  ScopeSet seen = 0;
  for (std::size_t i = 0; i < again.size(); ++i) {
    const auto found = stored.by_name.find(trace.channels[i].spec.name);
    if (found == stored.by_name.end() || !work.choice.channels.contains(found->second.first)) {
      continue;
    }
    const ChannelEnergy& of_store = found->second.second;
    if (again[i] == nullptr || !again[i]->energy.gross || !of_store.gross) {
      return;
    }
    seen |= ScopeBit(trace.channels[i].spec.scope);
    before += *of_store.gross;
    after += *again[i]->energy.gross;
  }
  if (seen == work.choice.row->scopes) {
    ++work.result.class_results;
    work.result.class_stored += before;
    work.result.class_again += after;
  }
}

void Reattributer::CompareLedgers(const TraceRow& row, const LeaseTrace& trace,
                                  const Replay& replay) {
  PairWork& work = pairs_.at(row.pair);
  for (const LedgerRow& stored : ledger_) {
    if (stored.lease != row.lease) {
      continue;
    }
    for (const LedgerEntry& again : replay.ledger) {
      const std::string& name = trace.channels[again.channel].spec.name;
      if (channels_[stored.channel_id].facts.name != name) {
        continue;
      }
      ++work.result.ledgers;
      if (IsSameLedger(stored.entry, again)) {
        ++work.result.identical_ledgers;
      } else {
        Differs(absl::StrFormat("ledger of lease %d on %s: idle %s stored, %s recomputed",
                                row.lease.value, name, Joules(stored.entry.idle),
                                Joules(again.idle)));
      }
    }
  }
}

absl::Status Reattributer::CountUntraced() {
  for (auto& [id, work] : pairs_) {
    std::set<Unit> traced;
    WF_RETURN_IF_ERROR(view_.ForEachResult(id, [&](const ResultRow& row) {
      if (replayed_.contains(row.lease)) {
        traced.insert(row.unit);
      }
      return absl::OkStatus();
    }));
    std::set<Unit> untraced;
    WF_RETURN_IF_ERROR(view_.ForEachEnergy(id, [&](const EnergyRow& row) {
      if (row.status == EnergyStatus::kMeasured && !traced.contains(row.unit)) {
        untraced.insert(row.unit);
      }
      return absl::OkStatus();
    }));
    work.result.untraced = static_cast<std::int64_t>(untraced.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<Reattribution> Reattributer::Run() {
  WF_ASSIGN_OR_RETURN(const std::vector<TraceRow> traces, view_.Traces());
  if (traces.empty()) {
    return absl::UnavailableError(absl::StrFormat(
        "sweep %s has no reading traces: nothing was measured, or they were not kept",
        view_.sweep().name));
  }
  WF_RETURN_IF_ERROR(StartPairs());
  for (const TraceRow& row : traces) {
    if (pairs_.contains(row.pair)) {
      WF_RETURN_IF_ERROR(ReplayLease(row));
    }
  }
  WF_RETURN_IF_ERROR(CountUntraced());
  result_.sweep = view_.sweep().name;
  for (const ReplayMethodRow& row : ReplayMethods()) {
    result_.method = row.method == method_ ? std::string(row.name) : result_.method;
  }
  for (auto& [id, work] : pairs_) {
    for (auto& [name, channel] : work.channels) {
      channel.channel = name;
      work.result.channels.push_back(channel);
    }
    result_.pairs.push_back(std::move(work.result));
  }
  return std::move(result_);
}

}  // namespace

bool Reattribution::IsIdentical() const {
  return problems.empty() &&
         std::all_of(pairs.begin(), pairs.end(), [](const PairReattribution& pair) {
           return pair.identical + pair.not_replayed == pair.energies &&
                  pair.identical_ledgers == pair.ledgers;
         });
}

absl::StatusOr<Reattribution> Reattribute(SweepView& view, ReplayMethod method,
                                          const std::string& energy_class) {
  const std::string known(ClassName(energy_class));
  if (!IsEnergyClass(known)) {
    return absl::InvalidArgumentError(absl::StrFormat("energy class \"%s\" is not known; %s", known,
                                                      NearestText(known, EnergyClasses())));
  }
  return Reattributer(view, method, known).Run();
}

}  // namespace wattfleet::coordinator
