#ifndef WF_COORDINATOR_STORE_STORE_H_
#define WF_COORDINATOR_STORE_STORE_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/ids.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// The durable truth: sweeps, shards, leases, results. Used from one thread (the writer) only; a new
// database is one class that passes tests/contract/store_contract_test.cc.
class Store {
 public:
  virtual ~Store() = default;

  // Applies `batches`, all of one sweep, in order, in one durable transaction, and says what each
  // did. On an error nothing has been applied: RESOURCE_EXHAUSTED when the disk is full and
  // UNAVAILABLE on a transient I/O error (both worth another try), DATA_LOSS when the store is
  // corrupt, INTERNAL when a guard failed (a bug: the caller aborts).
  virtual absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches) = 0;

  // Everything the core starts from.
  virtual absl::StatusOr<StoreSnapshot> Load() = 0;

  // The id of the agent of that name, made durable on first use.
  virtual absl::StatusOr<AgentId> RegisterAgent(const std::string& name) = 0;

  // A moment without work: checkpoint what is due.
  virtual absl::Status Idle() = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_STORE_H_
