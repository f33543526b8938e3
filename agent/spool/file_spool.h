#ifndef WF_AGENT_SPOOL_FILE_SPOOL_H_
#define WF_AGENT_SPOOL_FILE_SPOOL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/spool/posix_file.h"
#include "agent/spool/segment.h"
#include "agent/spool/spool.h"
#include "agent/spool/spool_identity.h"
#include "common/random/random.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct FileSpoolOptions {
  std::string directory;   // made when missing
  std::string agent_name;  // a spool belongs to one agent for good
  std::uint64_t limit_bytes = 8ULL << 30;
  std::uint64_t segment_bytes = 8ULL << 20;
  std::string boot_id;  // changes when the machine starts anew; empty = not known
};

// A spool in a directory:
//
//   lock                    held by the one process that has the spool open
//   identity                names the current spool; replaced atomically
//   spool-<id>/<seq>.seg    segments, named after their first sequence number
//   damaged-<id>/           what could not be read in full, kept for people
//
// A frame number is never used twice for different frames: whenever frames may have been lost that
// were sent (a bad record, or a machine that went down with the spool open), the frames that can
// still be read move to a new spool with a new id, and the coordinator takes them as new ones, by
// unit. A segment goes once all its frames are acknowledged; the last one stays.
class FileSpool final : public Spool {
 public:
  // FAILED_PRECONDITION when another process has it open, or it belongs to another agent, or a
  // newer version wrote it; RESOURCE_EXHAUSTED, UNAVAILABLE from the disk. `random` is used here
  // and not kept.
  static absl::StatusOr<std::unique_ptr<FileSpool>> Open(const FileSpoolOptions& options,
                                                         const Clock& clock, Random& random);
  // Syncs and closes cleanly.
  ~FileSpool() override;

  const SpoolId& id() const override { return identity_.id; }
  std::uint64_t retained_from() const override { return segments_.front().first_seq(); }
  std::uint64_t next_seq() const override { return segments_.back().next_seq(); }
  absl::StatusOr<std::uint64_t> Append(const std::string& frame) override;
  absl::Status Sync() override;
  absl::StatusOr<std::string> Read(std::uint64_t seq) override;
  void Acknowledge(std::uint64_t seq) override;
  double fullness() const override;

  // Grows at every Open of the directory.
  std::uint64_t incarnation() const { return identity_.incarnation; }
  // What Open had to mend, one line each, for the log.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  FileSpool(const FileSpoolOptions& options, PosixFile lock);
  absl::StatusOr<SpoolIdentity> LoadIdentity(const Clock& clock, Random& random);
  // Opens the segments of the spool as the last process left them; false when it must be renewed.
  absl::StatusOr<bool> LoadSegments(bool& is_damaged);
  absl::StatusOr<bool> LoadSegment(const std::string& path, bool& is_damaged);
  absl::Status Renew(bool keep_old, Random& random);
  absl::Status CopyReadableFrames(const std::string& directory, const SpoolId& id);
  absl::Status AppendRegardless(const std::string& frame);
  absl::Status AddSegment(std::uint64_t first_seq);
  absl::Status SaveIdentity(bool is_clean);
  void DropSegmentsBefore(std::uint64_t seq);
  std::string SpoolDirectory() const;
  std::uint64_t used_bytes() const;

  FileSpoolOptions options_;
  PosixFile lock_;
  SpoolIdentity identity_;
  std::deque<Segment> segments_;    // never empty once open
  std::uint64_t closed_bytes_ = 0;  // of all segments but the last
  bool needs_sync_ = false;
  std::vector<std::string> notes_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_FILE_SPOOL_H_
