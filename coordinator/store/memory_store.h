#ifndef WF_COORDINATOR_STORE_MEMORY_STORE_H_
#define WF_COORDINATOR_STORE_MEMORY_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/store/memory_rows.h"
#include "coordinator/store/store.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// Everything that a MemoryStore holds.
struct MemoryTables {
  std::map<std::string, AgentId> agents;
  std::map<SweepId, MemorySweep> sweeps;
  std::map<SpoolKey, std::uint64_t> cursors;
  std::vector<EventRow> events;  // of no sweep
};

// A store in maps, for the simulated fleet and for tests. What Apply() has returned is durable in
// the simulation's sense: copy the store at the crash and start the next core on the copy.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::string store_id = "memory-store") : store_id_(std::move(store_id)) {}

  absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches) override;
  absl::StatusOr<StoreSnapshot> Load() override;
  absl::StatusOr<AgentId> RegisterAgent(const std::string& name) override;
  absl::Status Idle() override { return absl::OkStatus(); }

  const MemoryTables& tables() const { return tables_; }
  // A live view: later changes show, and it must not outlive the store. NOT_FOUND without such a
  // sweep.
  absl::StatusOr<std::unique_ptr<SweepView>> View(const std::string& sweep_name) const;

 private:
  std::string store_id_;
  MemoryTables tables_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_MEMORY_STORE_H_
