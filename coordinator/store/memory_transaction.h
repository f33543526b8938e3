#ifndef WF_COORDINATOR_STORE_MEMORY_TRANSACTION_H_
#define WF_COORDINATOR_STORE_MEMORY_TRANSACTION_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/store/append_rules.h"
#include "coordinator/store/memory_store.h"

namespace wattfleet::coordinator {

// Applies the batches of one MemoryStore::Apply(). Every change leaves its inverse behind; unless
// Commit() is called, the destructor undoes them all, last first.
class MemoryTransaction {
 public:
  explicit MemoryTransaction(MemoryTables& tables) : tables_(tables) {}
  ~MemoryTransaction();
  MemoryTransaction(const MemoryTransaction&) = delete;
  MemoryTransaction& operator=(const MemoryTransaction&) = delete;

  absl::Status Apply(const StoreBatch& batch, Committed& committed);
  void Commit() { undo_.clear(); }

 private:
  absl::Status Do(const PutSweep& op);
  absl::Status Do(const PutSample& op);
  absl::Status Do(const InsertPair& op);
  absl::Status Do(const SetPairState& op);
  absl::Status Do(const SealPair& op);
  absl::Status Do(const InsertShard& op);
  absl::Status Do(const UpdateShard& op);
  absl::Status Do(const InsertLease& op);
  absl::Status Do(const UpdateLease& op);
  absl::Status Do(const AppendResults& op);
  absl::Status Do(const ConsumeSeq& op);
  absl::Status Do(const QuarantineMissing& op);
  absl::Status Do(const RecordFailures& op);
  absl::Status Do(const RecordEvent& op);
  absl::Status Do(const CountMissing& op);
  absl::Status Do(const SettleJudgements& op);
  absl::Status Do(const RenameGrader& op);
  absl::Status Do(const PutReattributed& op);
  absl::Status Do(const PutVerdicts& op);

  absl::StatusOr<MemoryPair*> FindPair(PairId id);
  absl::Status MoveCursor(const SpoolKey& key, std::uint64_t seq, std::int64_t wire_bytes);
  void Append(const AppendResults& op, MemoryLease& lease, LeaseCommit& counts);
  void AppendOne(const AppendResults& op, std::size_t i, MemoryLease& lease, LeaseCommit& counts);
  void Insert(const AppendResults& op, std::size_t i, MemoryLease& lease, LeaseCommit& counts);
  void AddToSums(const AppendResults& op, const Result& result, MemoryLease& lease,
                 Microjoules ChannelSums::*sum);
  // Writes an event of the store's own.
  void Tell(const RecordEvent& event);
  bool CloseLedger(const AppendResults& op, MemoryLease& lease);
  // Tells when the idle power has drifted since the pair's last ledger.
  void NoteBaseline(const AppendResults& op, const MemoryLease& lease, std::int64_t channel,
                    const LedgerEntry& entry);
  std::int64_t EnvironmentId(const AppendResults& op, const MemoryLease& lease);
  std::int64_t ChannelId(AgentId agent, const ChannelFacts& facts);
  void NoteGrader(const Verdict& verdict);
  bool HasNeither(PairId pair, Unit unit) const;
  std::optional<JudgedRow> RowForJudging(PairId pair, Unit unit) const;
  bool IsToBeJudged(PairId pair, const JudgeTask& task, Unit unit) const;

  // Each changes the tables and remembers how to change them back.
  template <typename Map, typename Key, typename Value>
  bool Add(Map& map, const Key& key, Value value) {
    const bool added = map.emplace(key, std::move(value)).second;
    if (added) {
      undo_.push_back([&map, key] { map.erase(key); });
    }
    return added;
  }
  template <typename Row>
  void Push(std::vector<Row>& rows, Row row) {
    rows.push_back(std::move(row));
    undo_.push_back([&rows] { rows.pop_back(); });
  }
  template <typename Row>
  Row& Change(Row& row) {
    undo_.push_back([&row, before = row] { row = before; });
    return row;
  }

  MemoryTables& tables_;
  MemorySweep* sweep_ = nullptr;  // of the batch under way; none for a batch of no sweep
  SweepId sweep_id_;
  Committed* committed_ = nullptr;
  std::vector<std::function<void()>> undo_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_MEMORY_TRANSACTION_H_
