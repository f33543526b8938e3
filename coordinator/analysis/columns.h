#ifndef WF_COORDINATOR_ANALYSIS_COLUMNS_H_
#define WF_COORDINATOR_ANALYSIS_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/domain/energy.h"
#include "common/domain/flags.h"
#include "common/domain/unit.h"

namespace wattfleet::coordinator {

// What a unit counts as. Absent verdicts, failures, quarantined and open units are pending.
enum class Outcome : std::uint8_t { kPending, kCorrect, kWrong, kNoAnswer };

// How far a unit has come. A timed-out unit is completed: its outcome is no_answer.
enum class UnitState : std::uint8_t { kOpen, kCompleted, kFailed, kQuarantined };

// A unit's energy in the class that the report is made for.
enum class ClassEnergy : std::uint8_t {
  kAbsent,    // no channel spoke
  kPartial,   // a channel of the class is missing
  kInvalid,   // a channel is invalid, or a flag spoils it
  kMeasured,  // every channel of the class is measured
};

// The units of one pair, as columns indexed by unit (repetition x queries + position). A column
// value means something only where `state` is kCompleted.
struct UnitColumns {
  std::int64_t queries = 0;
  std::int64_t repetitions = 1;

  std::vector<UnitState> state;
  std::vector<Outcome> outcome;
  std::vector<Flags> flags;
  std::vector<std::uint32_t> instance;     // which instance answered: any numbering
  std::vector<std::int64_t> sent_unix_ms;  // that instance's wall clock
  std::vector<std::int64_t> duration_ns;
  std::vector<std::optional<std::int64_t>> ttft_ns;
  std::vector<std::optional<std::int64_t>> input_tokens;
  std::vector<std::optional<std::int64_t>> cached_tokens;
  std::vector<std::optional<std::int64_t>> output_tokens;
  std::vector<std::optional<std::int64_t>> reasoning_tokens;

  // Of served pairs (timing.h, ShareBusyTime): the unit's share of the time in which its instance
  // had a request present. Empty otherwise.
  std::vector<double> busy_seconds;

  std::vector<ClassEnergy> class_energy;
  std::vector<Microjoules> class_uj;  // where kMeasured
  // Both empty while no unit has such energy.
  std::vector<std::optional<Microjoules>> modelled_uj;
  std::vector<std::optional<Microjoules>> imported_uj;

  // Flags that spoil no figure of this pair, whatever their row says (TolerableFlags).
  Flags tolerated = 0;

  std::size_t units() const { return state.size(); }
  bool IsCompleted(std::size_t unit) const { return state[unit] == UnitState::kCompleted; }
  bool HasGoodTiming(std::size_t unit) const;  // no flag that spoils it
  bool IsDecided(std::size_t unit) const { return outcome[unit] != Outcome::kPending; }

  // Makes every unit open and pending; keeps the memory for the next pair.
  void Reset(std::int64_t n_queries, std::int64_t n_repetitions);
};

// The flags that keep a result out of energy figures, and out of timing figures.
Flags FlagsThatSpoilEnergy();
Flags FlagsThatSpoilTiming();

// Those of them that a condition's figures stand, as the flag alone says enough: other programs'
// work beside queries that overlap with each other anyway (energy.md 6).
Flags TolerableFlags(bool is_isolated);

// Mean over queries of the mean over those of its repetitions for which `value_of(unit)` is not
// nullopt; nullopt when no query has one.
template <typename ValueOf>
std::optional<double> MeanOverQueries(const UnitColumns& columns, const ValueOf& value_of) {
  double sum = 0;
  std::int64_t queries = 0;
  for (std::int64_t position = 0; position < columns.queries; ++position) {
    double of_query = 0;
    std::int64_t known = 0;
    for (std::int64_t repetition = 0; repetition < columns.repetitions; ++repetition) {
      const auto unit = static_cast<std::size_t>(
          UnitOf({.repetition = repetition, .position = position}, columns.queries));
      if (const std::optional<double> value = value_of(unit)) {
        of_query += *value;
        ++known;
      }
    }
    if (known > 0) {
      sum += of_query / static_cast<double>(known);
      ++queries;
    }
  }
  if (queries == 0) {
    return std::nullopt;
  }
  return sum / static_cast<double>(queries);
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_COLUMNS_H_
