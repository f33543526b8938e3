#ifndef WF_AGENT_SPOOL_SPOOL_H_
#define WF_AGENT_SPOOL_SPOOL_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/result.h"

namespace wattfleet::agent {

// The agent's durable outbox: frames numbered from 1 without gaps, each a serialised
// v1.ResultBatch. Nothing leaves it before the coordinator said that it is durable there. Confined
// to one thread.
class Spool {
 public:
  virtual ~Spool() = default;
  virtual const SpoolId& id() const = 0;
  virtual std::uint64_t retained_from() const = 0;  // first frame that can still be read
  virtual std::uint64_t next_seq() const = 0;       // of the next Append
  // Stores a frame; returns its number. RESOURCE_EXHAUSTED at the quota or on a full disk: nothing
  // was stored, unacknowledged frames are never overwritten.
  virtual absl::StatusOr<std::uint64_t> Append(const std::string& frame) = 0;
  // Makes every appended frame survive a power cut.
  virtual absl::Status Sync() = 0;
  // The frame, or NOT_FOUND outside [retained_from, next_seq).
  virtual absl::StatusOr<std::string> Read(std::uint64_t seq) = 0;
  // Frames up to `seq` are durable at the coordinator and may be forgotten. `seq` may be beyond the
  // last frame, when the coordinator had frames that this spool lost: numbers up to it are spent.
  virtual void Acknowledge(std::uint64_t seq) = 0;
  // Share of the quota in use, 0..1.
  virtual double fullness() const = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_SPOOL_H_
