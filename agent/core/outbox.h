#ifndef WF_AGENT_CORE_OUTBOX_H_
#define WF_AGENT_CORE_OUTBOX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "agent/core/agent_settings.h"
#include "common/domain/fleet.h"
#include "common/domain/session.h"

namespace wattfleet::agent {

// The way of results to the coordinator: into the spool first, then onto the link as credit allows,
// out of the spool when the coordinator says that they are durable. Confined to the runner.
class Outbox {
 public:
  // Reads what the spool still holds of an earlier life. `on_damage` is called when the spool
  // cannot be read any more; a new start of the agent mends it.
  Outbox(const AgentParts& parts, std::function<void(absl::Status)> on_damage);

  // Takes a batch; gives it its spool id and number. What the spool has no room for waits here, in
  // order: check is_blocked and hold the drivers.
  void Add(ResultBatch batch);

  // A session begins: frames after `ack_through_seq` are sent, the first of them again if need be.
  void OnWelcome(std::uint64_t ack_through_seq, std::int64_t credit_bytes);
  void OnAck(const ResultAck& ack);
  void OnDisconnected();

  bool is_blocked() const { return !waiting_.empty(); }
  // Everything taken so far is durable at the coordinator.
  bool is_empty() const { return waiting_.empty() && acked_through_ + 1 >= spool_.next_seq(); }
  double fullness() const { return spool_.fullness(); }
  const Spool& spool() const { return spool_; }
  // Leases whose close has not been acknowledged.
  std::vector<HeldLease> UnacknowledgedCloses() const;
  // What is wrong with the spool, one line; empty when all is well.
  const std::string& trouble() const { return trouble_; }

 private:
  void FindCloses();
  bool Store(ResultBatch& batch);
  void StoreWaiting();
  void SendFrames();
  bool MaySend(std::size_t bytes) const;
  void SendFrame(std::string frame);
  void SyncSoon(std::size_t bytes);
  void Sync();

  Spool& spool_;
  CoordinatorLink& link_;
  TaskRunner& runner_;
  std::function<void(const std::string&)> note_;
  std::function<void(absl::Status)> on_damage_;

  std::deque<ResultBatch> waiting_;
  std::map<std::uint64_t, HeldLease> closes_;  // by frame number
  std::uint64_t acked_through_ = 0;
  bool is_live_ = false;
  std::uint64_t next_to_send_ = 1;
  std::int64_t credit_ = 0;
  std::string trouble_;

  std::size_t unsynced_bytes_ = 0;
  bool sync_is_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_OUTBOX_H_
