#ifndef WF_COMMON_ENERGY_CHANNEL_BOOK_H_
#define WF_COMMON_ENERGY_CHANNEL_BOOK_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/energy/alloc_v1.h"
#include "common/energy/baseline.h"
#include "common/energy/interval.h"
#include "common/energy/request_fate.h"
#include "common/energy/settlement.h"
#include "common/energy/steadiness.h"

namespace wattfleet {

// A request of a lease, both by the numbers that their owners gave them.
struct RequestKey {
  std::uint64_t ledger = 0;
  std::uint64_t request = 0;
  auto operator<=>(const RequestKey&) const = default;
};

struct SettledRequest {
  RequestKey key;
  ChannelEnergy energy;  // `channel` is left 0
};

// Where a book stands, but for what it has booked so far: what must be known of the past to settle
// requests that start from now on.
struct BookState {
  struct OpenRequest {
    RequestKey key;
    std::int64_t start_ns = 0;
    std::optional<std::int64_t> end_ns;  // absent while in flight
    std::optional<RequestFate> fate;     // present with end_ns
    bool settled = false;
    std::uint64_t sequence = 0;
    double static_carry = 0;
    double dynamic_carry = 0;
    bool operator==(const OpenRequest&) const = default;
  };
  struct OpenLedger {
    std::uint64_t ledger = 0;
    std::int64_t opened_ns = 0;
    bool operator==(const OpenLedger&) const = default;
  };
  std::optional<Baseline> baseline;
  Flags no_baseline_flags = 0;
  std::vector<EnergyInterval> aging;
  std::optional<std::int64_t> allocated_to_ns;
  std::uint64_t next_sequence = 0;
  std::vector<OpenRequest> requests;
  std::vector<OpenLedger> ledgers;
  bool operator==(const BookState&) const = default;
};

// The energy books of one channel: the requests of all leases that use it enter the same
// allocation, and every microjoule is booked once.
//
// Intervals are allocated as they age: one whose end is `settle_lag` behind the newest knot is
// split among the requests known then. So a report must reach the book within the lag of the moment
// it speaks of; a start reported later leaves the request uncovered before it, an end reported
// later leaves it what it was already given. Nothing older than the lag is kept, however long a
// request runs.
//
// Per ledger, over the intervals that end while it is open: total = attributed + idle + uncounted +
// unassigned. Idle energy goes to the open ledgers in equal parts, what does not divide to those
// opened first. With no ledger open it is nobody's. Not thread-safe.
class ChannelBook {
 public:
  ChannelBook(ChannelSpec spec, std::chrono::nanoseconds poll_period);

  const ChannelSpec& spec() const { return traits_.spec; }
  const std::optional<Baseline>& baseline() const { return baseline_; }
  // For the intervals allocated from now on. `why_none` flags requests while there is none.
  void SetBaseline(std::optional<Baseline> baseline, Flags why_none);
  bool HasOpenRequest() const;
  // Whether the power of the channel's device has settled under the ledger's load; true for a
  // channel of the whole host.
  bool IsSteady(std::uint64_t ledger) const;

  // `ledger` is new and grows.
  void OpenLedger(std::uint64_t ledger, std::int64_t now_ns);
  // The balanced ledger. Requests that have not settled are booked as uncounted, and forgotten.
  LedgerEntry CloseLedger(std::uint64_t ledger);

  void Start(RequestKey key, std::int64_t start_ns);
  // When the request's first token came; before its end.
  void MarkFirstToken(RequestKey key, std::int64_t at_ns);
  // Appends to `out` when the request is final at once.
  void End(RequestKey key, std::int64_t end_ns, RequestFate fate, std::vector<SettledRequest>& out);
  // Settles an ended request with what has come in so far, flagged NO_POSTROLL; later energy of it
  // is booked as unassigned. Nothing when it has settled already.
  void Force(RequestKey key, std::vector<SettledRequest>& out);

  BookState State() const;
  // Of a new book: goes on from `state`. Of requests and ledgers that were open then it knows only
  // what the later ones need: what it says of themselves is not their whole.
  void Restore(const BookState& state);

  // Takes the next interval and appends the requests that it makes final.
  void Add(const EnergyInterval& interval, std::vector<SettledRequest>& out);

 private:
  struct Record {
    Presence presence;
    RequestTally tally;
    std::optional<RequestFate> fate;  // once ended
    bool settled = false;             // by force; stays until the intervals have passed its end
  };
  struct Ledger {
    std::int64_t opened_ns = 0;
    LedgerEntry books;
    Steadiness steadiness;  // of the channel under this ledger's load
  };
  using Records = std::map<RequestKey, Record>;

  void Allocate(const EnergyInterval& interval);
  void BookShare(const RequestKey& key, Record& record, const EnergyInterval& interval,
                 const Allocation& allocation);
  void BookIdle(const EnergyInterval& interval, Microjoules idle);
  void SettleFinal(std::vector<SettledRequest>& out);
  ChannelEnergy SettleRecord(const RequestKey& key, Record& record);

  const ChannelTraits traits_;
  const std::int64_t settle_lag_ns_;
  const bool is_device_;
  std::optional<Baseline> baseline_;
  Flags no_baseline_flags_ = 0;
  AllocV1 alloc_;
  std::deque<EnergyInterval> aging_;
  std::optional<std::int64_t> allocated_to_ns_;
  std::uint64_t next_sequence_ = 0;
  Records records_;
  std::map<std::uint64_t, Ledger> ledgers_;
  std::vector<Presence*> present_;  // working memory of Allocate
  std::vector<Records::value_type*> present_records_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_CHANNEL_BOOK_H_
