#include "common/energy/channel_book.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "common/check/check.h"

namespace wattfleet {

namespace {

constexpr std::int64_t kInFlight = std::numeric_limits<std::int64_t>::max();

std::int64_t SettleLagNs(const ChannelSpec& spec) {
  constexpr std::int64_t kShortestLagNs = 50'000'000;
  return std::max(spec.update_period.count() / 2, kShortestLagNs);
}

// Requests that overlap in time share by convention; only those that follow each other within an
// interval are told apart by its power.
PowerSteps::Touch TouchOf(const Presence& presence, const EnergyInterval& interval,
                          const Allocation& allocation) {
  if (presence.overlap_ns == interval.length_ns()) {
    return PowerSteps::Touch::kWhole;
  }
  return !presence.shared && allocation.busy_ns > presence.overlap_ns
             ? PowerSteps::Touch::kEdgeShared
             : PowerSteps::Touch::kEdge;
}

}  // namespace

ChannelBook::ChannelBook(ChannelSpec spec, std::chrono::nanoseconds poll_period)
    : traits_{std::move(spec), poll_period},
      settle_lag_ns_(SettleLagNs(traits_.spec)),
      is_device_(!traits_.spec.device_id.empty()) {}

void ChannelBook::SetBaseline(std::optional<Baseline> baseline, Flags why_none) {
  baseline_ = baseline;
  no_baseline_flags_ = baseline ? 0 : why_none;
}

bool ChannelBook::HasOpenRequest() const {
  return std::any_of(records_.begin(), records_.end(),
                     [](const auto& record) { return !record.second.fate; });
}

bool ChannelBook::IsSteady(std::uint64_t ledger) const {
  return !is_device_ || ledgers_.at(ledger).steadiness.is_steady();
}

void ChannelBook::OpenLedger(std::uint64_t ledger, std::int64_t now_ns) {
  const bool is_new = ledgers_.try_emplace(ledger, Ledger{now_ns, {}}).second;
  WF_CHECK(is_new);
}

LedgerEntry ChannelBook::CloseLedger(std::uint64_t ledger) {
  const auto found = ledgers_.find(ledger);
  WF_CHECK(found != ledgers_.end());
  LedgerEntry books = found->second.books;
  auto record = records_.lower_bound(RequestKey{ledger, 0});
  while (record != records_.end() && record->first.ledger == ledger) {
    books.uncounted += record->second.settled ? 0 : record->second.tally.gross();
    record = records_.erase(record);
  }
  if (baseline_) {
    books.baseline_uw = baseline_->idle_uw;
    books.baseline_id = baseline_->id;
  }
  ledgers_.erase(found);
  return books;
}

void ChannelBook::Start(RequestKey key, std::int64_t start_ns) {
  WF_CHECK(ledgers_.contains(key.ledger));
  const auto [record, is_new] = records_.try_emplace(key);
  WF_CHECK(is_new);
  record->second.presence.start_ns = start_ns;
  record->second.presence.end_ns = kInFlight;
  record->second.presence.sequence = next_sequence_++;
  record->second.tally.start_ns = start_ns;
}

void ChannelBook::MarkFirstToken(RequestKey key, std::int64_t at_ns) {
  const auto found = records_.find(key);
  WF_CHECK(found != records_.end() && !found->second.fate);
  found->second.tally.first_token_ns = at_ns;
}

void ChannelBook::End(RequestKey key, std::int64_t end_ns, RequestFate fate,
                      std::vector<SettledRequest>& out) {
  const auto found = records_.find(key);
  WF_CHECK(found != records_.end() && !found->second.fate);
  Record& record = found->second;
  record.presence.end_ns = std::max(end_ns, record.presence.start_ns);
  record.tally.end_ns = record.presence.end_ns;
  record.fate = fate;
  if (allocated_to_ns_ && record.presence.end_ns <= *allocated_to_ns_) {
    out.push_back({key, SettleRecord(key, record)});
    records_.erase(found);
  }
}

void ChannelBook::Force(RequestKey key, std::vector<SettledRequest>& out) {
  const auto found = records_.find(key);
  if (found == records_.end() || found->second.settled) {
    return;
  }
  WF_CHECK(found->second.fate.has_value());
  found->second.tally.flags |= kFlagNoPostroll;
  out.push_back({key, SettleRecord(key, found->second)});
}

void ChannelBook::Add(const EnergyInterval& interval, std::vector<SettledRequest>& out) {
  WF_CHECK(aging_.empty() || interval.start_ns >= aging_.back().end_ns);
  aging_.push_back(interval);
  const std::size_t waiting = aging_.size();
  while (!aging_.empty() && aging_.front().end_ns + settle_lag_ns_ <= interval.end_ns) {
    Allocate(aging_.front());
    allocated_to_ns_ = aging_.front().end_ns;
    aging_.pop_front();
  }
  if (aging_.size() < waiting) {
    SettleFinal(out);
  }
}

void ChannelBook::Allocate(const EnergyInterval& interval) {
  present_.clear();
  present_records_.clear();
  for (auto& entry : records_) {
    Presence& presence = entry.second.presence;
    if (presence.start_ns < interval.end_ns && presence.end_ns > interval.start_ns) {
      present_.push_back(&presence);
      present_records_.push_back(&entry);
    }
  }
  if (!interval.measured) {
    for (Records::value_type* entry : present_records_) {
      entry->second.tally.TouchHole(interval);
    }
    return;
  }
  const auto idle_uw = baseline_ ? std::optional<std::int64_t>(baseline_->idle_uw) : std::nullopt;
  const Allocation allocation = alloc_.Allocate(interval, idle_uw, present_);
  const Ledger* last = nullptr;  // records of a ledger follow each other
  for (Records::value_type* entry : present_records_) {
    Ledger& ledger = ledgers_.at(entry->first.ledger);
    if (std::exchange(last, &ledger) != &ledger) {
      ledger.steadiness.Add(interval);
    }
    BookShare(entry->first, entry->second, interval, allocation);
  }
  BookIdle(interval, allocation.idle);
}

void ChannelBook::BookShare(const RequestKey& key, Record& record, const EnergyInterval& interval,
                            const Allocation& allocation) {
  const Microjoules share = record.presence.static_share + record.presence.dynamic_share;
  Ledger& ledger = ledgers_.at(key.ledger);
  LedgerEntry& books = ledger.books;
  books.total += share;
  if (record.settled) {
    (*record.fate == RequestFate::kUncounted ? books.uncounted : books.unassigned) += share;
    return;
  }
  RequestTally& tally = record.tally;
  tally.Touch(interval, record.presence.overlap_ns);
  tally.steps.Add(interval, record.presence.overlap_ns,
                  TouchOf(record.presence, interval, allocation));
  tally.phases.Add(std::max(interval.start_ns, tally.start_ns), record.presence.overlap_ns, share);
  tally.static_part += record.presence.static_share;
  tally.dynamic_part += record.presence.dynamic_share;
  tally.boundary_idle_ns += allocation.idle_ns;
  tally.flags |= record.presence.shared ? kFlagEqualShare : 0;
  tally.flags |= is_device_ && !ledger.steadiness.is_steady() ? kFlagNotSteady : 0;
  if (!baseline_) {
    tally.idle_known = false;
    tally.flags |= no_baseline_flags_;
  }
}

void ChannelBook::BookIdle(const EnergyInterval& interval, Microjoules idle) {
  const auto is_open = [&interval](const auto& ledger) {
    return ledger.second.opened_ns < interval.end_ns;
  };
  const auto open =
      static_cast<Microjoules>(std::count_if(ledgers_.begin(), ledgers_.end(), is_open));
  Microjoules undivided = open > 0 ? idle % open : 0;
  for (auto& entry : ledgers_) {
    if (!is_open(entry)) {
      continue;
    }
    const Microjoules part = idle / open + (undivided > 0 ? 1 : 0);
    undivided -= undivided > 0 ? 1 : 0;
    entry.second.books.total += part;
    entry.second.books.idle += part;
  }
}

void ChannelBook::SettleFinal(std::vector<SettledRequest>& out) {
  for (auto entry = records_.begin(); entry != records_.end();) {
    Record& record = entry->second;
    if (!record.fate || record.presence.end_ns > *allocated_to_ns_) {
      ++entry;
      continue;
    }
    if (!record.settled) {
      out.push_back({entry->first, SettleRecord(entry->first, record)});
    }
    entry = records_.erase(entry);
  }
}

ChannelEnergy ChannelBook::SettleRecord(const RequestKey& key, Record& record) {
  const ChannelEnergy energy = Settle(record.tally, traits_, baseline_);
  LedgerEntry& books = ledgers_.at(key.ledger).books;
  if (*record.fate == RequestFate::kUncounted) {
    books.uncounted += record.tally.gross();
  } else if (energy.gross) {
    books.attributed += *energy.gross;
  } else {
    books.unassigned += record.tally.gross();
  }
  record.settled = true;
  return energy;
}

BookState ChannelBook::State() const {
  BookState state{.baseline = baseline_,
                  .no_baseline_flags = no_baseline_flags_,
                  .aging = {aging_.begin(), aging_.end()},
                  .allocated_to_ns = allocated_to_ns_,
                  .next_sequence = next_sequence_};
  for (const auto& [key, record] : records_) {
    BookState::OpenRequest request{.key = key,
                                   .start_ns = record.presence.start_ns,
                                   .fate = record.fate,
                                   .settled = record.settled,
                                   .sequence = record.presence.sequence,
                                   .static_carry = record.presence.static_carry,
                                   .dynamic_carry = record.presence.dynamic_carry};
    if (record.fate) {
      request.end_ns = record.presence.end_ns;
    }
    state.requests.push_back(request);
  }
  for (const auto& [number, ledger] : ledgers_) {
    state.ledgers.push_back({number, ledger.opened_ns});
  }
  return state;
}

void ChannelBook::Restore(const BookState& state) {
  baseline_ = state.baseline;
  no_baseline_flags_ = state.no_baseline_flags;
  aging_.assign(state.aging.begin(), state.aging.end());
  allocated_to_ns_ = state.allocated_to_ns;
  next_sequence_ = state.next_sequence;
  records_.clear();
  ledgers_.clear();
  for (const BookState::OpenLedger& open : state.ledgers) {
    ledgers_[open.ledger].opened_ns = open.opened_ns;
  }
  for (const BookState::OpenRequest& request : state.requests) {
    Record& record = records_[request.key];
    record.presence.start_ns = request.start_ns;
    record.presence.end_ns = request.end_ns.value_or(kInFlight);
    record.presence.sequence = request.sequence;
    record.presence.static_carry = request.static_carry;
    record.presence.dynamic_carry = request.dynamic_carry;
    record.tally.start_ns = request.start_ns;
    record.tally.end_ns = request.end_ns.value_or(0);
    record.fate = request.fate;
    record.settled = request.settled;
  }
}

}  // namespace wattfleet
