#include "agent/core/outbox.h"

#include <algorithm>
#include <utility>

#include "common/wire/session_wire.h"

namespace wattfleet::agent {

Outbox::Outbox(const AgentParts& parts, std::function<void(absl::Status)> on_damage)
    : spool_(parts.spool),
      link_(parts.link),
      runner_(parts.runner),
      note_(parts.note),
      on_damage_(std::move(on_damage)),
      acked_through_(parts.spool.retained_from() - 1) {
  FindCloses();
}

// Leases that an earlier life of the agent finished are still to be named to the coordinator.
void Outbox::FindCloses() {
  for (std::uint64_t seq = spool_.retained_from(); seq < spool_.next_seq(); ++seq) {
    const absl::StatusOr<std::string> frame = spool_.Read(seq);
    const absl::StatusOr<ResultBatch> batch =
        frame.ok() ? ParseBatch(*frame) : absl::StatusOr<ResultBatch>(frame.status());
    if (batch.ok() && batch->close) {
      closes_[seq] = {.lease = batch->lease, .epoch = batch->epoch, .finished = true};
    }
  }
}

void Outbox::Add(ResultBatch batch) {
  if (!waiting_.empty() || !Store(batch)) {
    waiting_.push_back(std::move(batch));
  }
}

// False when the spool cannot take it now. Sends it at once when nothing is ahead of it.
bool Outbox::Store(ResultBatch& batch) {
  batch.spool_id = spool_.id();
  batch.seq = spool_.next_seq();
  std::string frame = SerializeBatch(batch);
  const absl::StatusOr<std::uint64_t> seq = spool_.Append(frame);
  if (!seq.ok()) {
    if (trouble_ != seq.status().message()) {
      trouble_ = std::string(seq.status().message());
      note_(trouble_);
    }
    return false;
  }
  trouble_.clear();
  if (batch.close) {
    closes_[*seq] = {.lease = batch.lease, .epoch = batch.epoch, .finished = true};
  }
  SyncSoon(frame.size());
  if (is_live_ && next_to_send_ == *seq && MaySend(frame.size())) {
    SendFrame(std::move(frame));
  }
  return true;
}

void Outbox::StoreWaiting() {
  while (!waiting_.empty() && Store(waiting_.front())) {
    waiting_.pop_front();
  }
}

void Outbox::OnWelcome(std::uint64_t ack_through_seq, std::int64_t credit_bytes) {
  is_live_ = true;
  credit_ = credit_bytes;
  acked_through_ = std::max(ack_through_seq, spool_.retained_from() - 1);
  spool_.Acknowledge(ack_through_seq);
  closes_.erase(closes_.begin(), closes_.upper_bound(acked_through_));
  next_to_send_ = std::max(acked_through_ + 1, spool_.retained_from());
  StoreWaiting();
  SendFrames();
}

void Outbox::OnAck(const ResultAck& ack) {
  if (ack.spool_id != spool_.id()) {
    return;
  }
  credit_ += ack.credit_bytes;
  if (ack.through_seq > acked_through_) {
    acked_through_ = ack.through_seq;
    spool_.Acknowledge(ack.through_seq);
    closes_.erase(closes_.begin(), closes_.upper_bound(ack.through_seq));
  }
  StoreWaiting();
  SendFrames();
}

void Outbox::OnDisconnected() {
  is_live_ = false;
}

// A frame larger than the whole credit goes alone.
bool Outbox::MaySend(std::size_t bytes) const {
  return static_cast<std::int64_t>(bytes) <= credit_ || next_to_send_ == acked_through_ + 1;
}

void Outbox::SendFrame(std::string frame) {
  credit_ -= static_cast<std::int64_t>(frame.size());
  link_.Send(SpooledBatch{.seq = next_to_send_, .bytes = std::move(frame)});
  ++next_to_send_;
}

void Outbox::SendFrames() {
  while (is_live_ && next_to_send_ < spool_.next_seq() && MaySend(1)) {
    absl::StatusOr<std::string> frame = spool_.Read(next_to_send_);
    if (!frame.ok()) {
      is_live_ = false;
      on_damage_(frame.status());
      return;
    }
    if (!MaySend(frame->size())) {
      return;
    }
    SendFrame(*std::move(frame));
  }
}

std::vector<HeldLease> Outbox::UnacknowledgedCloses() const {
  std::vector<HeldLease> held;
  for (const auto& [seq, lease] : closes_) {
    held.push_back(lease);
  }
  for (const ResultBatch& batch : waiting_) {
    if (batch.close) {
      held.push_back({.lease = batch.lease, .epoch = batch.epoch, .finished = true});
    }
  }
  return held;
}

// What a power cut can take is never lost, only run again: it was not acknowledged. So while a
// session brings acknowledgements, a sync a second is enough.
void Outbox::SyncSoon(std::size_t bytes) {
  unsynced_bytes_ += bytes;
  if (!is_live_ && unsynced_bytes_ >= kSyncBytes) {
    Sync();
    return;
  }
  if (!sync_is_posted_) {
    sync_is_posted_ = true;
    runner_.PostAfter(kSyncAge, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) {
        sync_is_posted_ = false;
        Sync();
      }
    });
  }
}

void Outbox::Sync() {
  if (unsynced_bytes_ == 0 || is_empty()) {
    unsynced_bytes_ = 0;
    return;
  }
  unsynced_bytes_ = 0;
  if (const absl::Status status = spool_.Sync(); !status.ok()) {
    note_(std::string(status.message()));
  }
}

}  // namespace wattfleet::agent
