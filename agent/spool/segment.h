#ifndef WF_AGENT_SPOOL_SEGMENT_H_
#define WF_AGENT_SPOOL_SEGMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/spool/posix_file.h"
#include "common/domain/result.h"

namespace wattfleet::agent {

// One file of a spool: a header, then records in sequence without gaps. All integers are little
// endian.
//
//   header: magic "WFSPOOL1" | version u32 | spool id 16 bytes | first sequence number u64
//           | xxh3-64 of what precedes u64
//   record: length of the frame u32 | sequence number u64 | xxh3-64 of both and the frame u64
//           | frame
class Segment {
 public:
  static constexpr std::size_t kHeaderBytes = 8 + 4 + 16 + 8 + 8;
  static constexpr std::size_t kRecordBytes = 4 + 8 + 8;  // beside its frame
  static constexpr std::size_t kFrameBytesMax = 16U << 20;

  // Starts a new segment. ALREADY_EXISTS when the file is there and not empty.
  static absl::StatusOr<Segment> Create(const std::string& path, const SpoolId& spool,
                                        std::uint64_t first_seq);

  struct Scan;
  // Opens a segment and reads all of it. OUT_OF_RANGE when the file ends within the header,
  // DATA_LOSS when the header is not that of a segment of `spool`. Bad records are no error: they
  // are told in Scan.
  static absl::StatusOr<Scan> Open(const std::string& path, const SpoolId& spool);

  std::uint64_t first_seq() const { return first_seq_; }
  std::uint64_t next_seq() const { return first_seq_ + offsets_.size(); }
  std::uint64_t size_bytes() const { return file_.size(); }
  const std::string& path() const { return file_.path(); }

  absl::Status Append(const std::string& frame);
  // DATA_LOSS when the record changed since it was written; NOT_FOUND outside the segment.
  absl::StatusOr<std::string> Read(std::uint64_t seq) const;
  absl::Status Sync() { return file_.Sync(); }

 private:
  Segment(PosixFile file, std::uint64_t first_seq)
      : file_(std::move(file)), first_seq_(first_seq) {}
  absl::StatusOr<std::string> ReadRecord(std::uint64_t offset, std::uint64_t seq) const;

  PosixFile file_;
  std::uint64_t first_seq_;
  std::vector<std::uint64_t> offsets_;
};

struct Segment::Scan {
  Segment segment;              // holds the records before the first bad one
  std::uint64_t bad_bytes = 0;  // from the first bad record to the end of the file
  bool torn_tail = false;       // those bytes are one record that was not written to its end
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_SPOOL_SEGMENT_H_
