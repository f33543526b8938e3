#ifndef WF_AGENT_SPOOL_MEMORY_SPOOL_H_
#define WF_AGENT_SPOOL_MEMORY_SPOOL_H_

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"

#include "agent/spool/spool.h"
#include "common/wire/session_wire.h"

namespace wattfleet::agent {

// A spool without a disk, for simulated fleets: as long as it lives it is what would be on disk, so
// an agent's crash is the end of the agent and not of its spool.
class MemorySpool final : public Spool {
 public:
  MemorySpool(const SpoolId& id, std::uint64_t limit_bytes) : id_(id), limit_bytes_(limit_bytes) {}

  const SpoolId& id() const override { return id_; }
  std::uint64_t retained_from() const override { return first_seq_; }
  std::uint64_t next_seq() const override { return first_seq_ + frames_.size(); }

  absl::StatusOr<std::uint64_t> Append(const std::string& frame) override {
    if (used_bytes_ + frame.size() > limit_bytes_) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("spool is at its limit of %d bytes", limit_bytes_));
    }
    used_bytes_ += frame.size();
    frames_.push_back(frame);
    return next_seq() - 1;
  }
  absl::Status Sync() override {
    synced_before_ = next_seq();
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Read(std::uint64_t seq) override {
    if (seq < first_seq_ || seq >= next_seq()) {
      return absl::NotFoundError(absl::StrFormat("frame %d is not in the spool", seq));
    }
    return frames_[seq - first_seq_];
  }
  void Acknowledge(std::uint64_t seq) override {
    while (!frames_.empty() && first_seq_ <= seq) {
      used_bytes_ -= frames_.front().size();
      frames_.pop_front();
      ++first_seq_;
    }
    first_seq_ = frames_.empty() && first_seq_ <= seq ? seq + 1 : first_seq_;
  }
  double fullness() const override {
    return static_cast<double>(used_bytes_) / static_cast<double>(limit_bytes_);
  }

  // The machine loses power: what was not synced is gone, and the rest moves to a new spool.
  void CutPower(const SpoolId& new_id) {
    std::deque<std::string> kept;
    used_bytes_ = 0;
    for (std::uint64_t seq = first_seq_; seq < synced_before_ && seq < next_seq(); ++seq) {
      kept.push_back(ReaddressBatch(frames_[seq - first_seq_], new_id, kept.size() + 1));
      used_bytes_ += kept.back().size();
    }
    id_ = new_id;
    frames_ = std::move(kept);
    first_seq_ = 1;
    synced_before_ = next_seq();
  }

 private:
  SpoolId id_;
  std::uint64_t limit_bytes_;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t first_seq_ = 1;
  std::uint64_t synced_before_ = 1;
  std::deque<std::string> frames_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_MEMORY_SPOOL_H_
