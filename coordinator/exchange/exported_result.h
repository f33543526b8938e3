#ifndef WF_COORDINATOR_EXCHANGE_EXPORTED_RESULT_H_
#define WF_COORDINATOR_EXCHANGE_EXPORTED_RESULT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/result.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// Words for what is stored as numbers, and back. Empty, or nothing, for what there is no word for.
std::string_view StatusWord(ResultStatus status);
std::string_view FinishWord(Finish finish);
std::string_view TokenSourceWord(TokenSource source);
std::string_view VerdictWord(VerdictValue value);
std::optional<ResultStatus> StatusOfWord(std::string_view word);
std::optional<Finish> FinishOfWord(std::string_view word);
std::optional<TokenSource> TokenSourceOfWord(std::string_view word);
std::optional<VerdictValue> VerdictOfWord(std::string_view word);

// One result with all that belongs to it. Lives during the visit.
struct ExportedResult {
  const PairSnapshot& pair;
  const Query& query;
  const ResultDetail& detail;
  std::int64_t repetition = 0;
  const EnvironmentRow* environment = nullptr;
  std::optional<ResponseBody> body;  // where asked for and stored
  // The result's energy in the class that was asked for, as a report takes it, or what is none:
  // "measured", "imported", "modelled"; both absent where it has neither.
  std::optional<Microjoules> energy;
  std::string_view energy_status;
};

// Walks through a sweep's results pair by pair, in unit order. Holds the columns of one pair.
class ResultWalk {
 public:
  // `view` and `workload` outlive it. INVALID_ARGUMENT for an unknown class.
  static absl::StatusOr<std::unique_ptr<ResultWalk>> Start(SweepView& view,
                                                           const Workload& workload,
                                                           const std::string& energy_class,
                                                           bool with_bodies);

  const std::vector<PairSnapshot>& pairs() const { return pairs_; }
  const std::map<std::int64_t, ChannelRow>& channels() const { return channels_; }
  absl::Status ForEachResult(const PairSnapshot& pair,
                             const std::function<absl::Status(const ExportedResult&)>& visit);

 private:
  ResultWalk(SweepView& view, const Workload& workload, bool with_bodies)
      : view_(view), workload_(workload), with_bodies_(with_bodies) {}

  SweepView& view_;
  const Workload& workload_;
  const bool with_bodies_;
  std::vector<std::int64_t> sample_;
  std::vector<PairSnapshot> pairs_;
  std::map<std::int64_t, ChannelRow> channels_;
  std::unique_ptr<PairReader> reader_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_EXPORTED_RESULT_H_
