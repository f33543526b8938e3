#include "coordinator/exchange/exported_result.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/domain/class_table.h"
#include "common/domain/nearest_name.h"
#include "common/domain/unit.h"
#include "common/status/status_macros.h"
#include "common/wire/body.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::array<std::string_view, 3> kStatuses = {"completed", "timeout", "failed"};
constexpr std::array<std::string_view, 6> kFinishes = {"unknown",  "stop",    "length",
                                                       "filtered", "timeout", "cancelled"};
constexpr std::array<std::string_view, 4> kTokenSources = {"none", "engine", "estimated",
                                                           "recorded"};
constexpr std::array<std::string_view, 3> kVerdicts = {"wrong", "correct", "no_answer"};

template <typename Value, std::size_t N>
std::string_view WordOf(const std::array<std::string_view, N>& words, Value value) {
  const auto at = static_cast<std::size_t>(value);
  return at < N ? words[at] : std::string_view();
}

template <typename Value, std::size_t N>
std::optional<Value> ValueOf(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t at = 0; at < N; ++at) {
    if (words[at] == word) {
      return static_cast<Value>(at);
    }
  }
  return std::nullopt;
}

// What a report makes of a unit's energy.
void SetEnergy(const UnitColumns& columns, std::size_t unit, ExportedResult& result) {
  if (columns.class_energy[unit] == ClassEnergy::kMeasured) {
    result.energy = columns.class_uj[unit];
    result.energy_status = "measured";
  } else if (!columns.imported_uj.empty() && columns.imported_uj[unit]) {
    result.energy = columns.imported_uj[unit];
    result.energy_status = "imported";
  } else if (!columns.modelled_uj.empty() && columns.modelled_uj[unit]) {
    result.energy = columns.modelled_uj[unit];
    result.energy_status = "modelled";
  }
}

}  // namespace

std::string_view StatusWord(ResultStatus status) {
  return WordOf(kStatuses, status);
}
std::string_view FinishWord(Finish finish) {
  return WordOf(kFinishes, finish);
}
std::string_view TokenSourceWord(TokenSource source) {
  return WordOf(kTokenSources, source);
}
std::string_view VerdictWord(VerdictValue value) {
  return WordOf(kVerdicts, value);
}
std::optional<ResultStatus> StatusOfWord(std::string_view word) {
  return ValueOf<ResultStatus>(kStatuses, word);
}
std::optional<Finish> FinishOfWord(std::string_view word) {
  return ValueOf<Finish>(kFinishes, word);
}
std::optional<TokenSource> TokenSourceOfWord(std::string_view word) {
  return ValueOf<TokenSource>(kTokenSources, word);
}
std::optional<VerdictValue> VerdictOfWord(std::string_view word) {
  return ValueOf<VerdictValue>(kVerdicts, word);
}

absl::StatusOr<std::unique_ptr<ResultWalk>> ResultWalk::Start(SweepView& view,
                                                              const Workload& workload,
                                                              const std::string& energy_class,
                                                              bool with_bodies) {
  const std::string known(ClassName(energy_class));
  const std::vector<std::string> measured = {"paper", "host", "host-nodram", "wall"};
  if (std::find(measured.begin(), measured.end(), known) == measured.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("unknown class \"%s\"; %s", energy_class,
                                                      NearestText(energy_class, measured)));
  }
  std::unique_ptr<ResultWalk> walk(new ResultWalk(view, workload, with_bodies));
  WF_ASSIGN_OR_RETURN(walk->sample_, view.Sample());
  WF_ASSIGN_OR_RETURN(walk->pairs_, AnswerPairs(view));
  WF_ASSIGN_OR_RETURN(const auto channels, view.Channels());
  for (const ChannelRow& channel : channels) {
    walk->channels_[channel.channel_id] = channel;
  }
  WF_ASSIGN_OR_RETURN(auto ledger, view.Ledger());
  WF_ASSIGN_OR_RETURN(auto refused, view.RefusedLedgers());
  walk->reader_ = std::make_unique<PairReader>(
      view, PairReading{.n_queries = static_cast<std::int64_t>(walk->sample_.size()),
                        .energy_class = known,
                        .scale = 1,
                        .channels = channels,
                        .ledger = std::move(ledger),
                        .refused = std::move(refused)});
  return walk;
}

absl::Status ResultWalk::ForEachResult(
    const PairSnapshot& pair, const std::function<absl::Status(const ExportedResult&)>& visit) {
  const PairId id = pair.spec.id;
  UnitColumns columns;
  WF_ASSIGN_OR_RETURN(const PairRows rows, reader_->Read(pair, columns));
  std::map<std::int64_t, const EnvironmentRow*> environments;
  for (const EnvironmentRow& row : rows.environments) {
    environments[row.environment_id] = &row;
  }
  std::vector<Unit> units;
  WF_RETURN_IF_ERROR(view_.ForEachResult(id, [&](const ResultRow& row) {
    units.push_back(row.unit);
    return absl::OkStatus();
  }));
  for (const Unit unit : units) {
    const UnitAddress address = AddressOf(unit, static_cast<std::int64_t>(sample_.size()));
    WF_ASSIGN_OR_RETURN(const Query query,
                        workload_.Get(sample_[static_cast<std::size_t>(address.position)]));
    WF_ASSIGN_OR_RETURN(const ResultDetail detail, view_.Detail(id, unit));
    ExportedResult result{
        .pair = pair, .query = query, .detail = detail, .repetition = address.repetition};
    const auto environment = environments.find(detail.row.environment_id);
    result.environment = environment == environments.end() ? nullptr : environment->second;
    SetEnergy(columns, static_cast<std::size_t>(unit), result);
    if (with_bodies_) {
      const absl::StatusOr<std::string> packed = view_.Body(id, unit);
      if (packed.ok()) {
        WF_ASSIGN_OR_RETURN(result.body, UnpackBody(*packed));
      }
    }
    WF_RETURN_IF_ERROR(visit(result));
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
