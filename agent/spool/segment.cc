#include "agent/spool/segment.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include <unistd.h>
#include <xxhash.h>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

constexpr std::string_view kMagic = "WFSPOOL1";
constexpr std::uint32_t kVersion = 1;

void PutLittleEndian(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::uint64_t GetLittleEndian(std::string_view in) {
  std::uint64_t value = 0;
  for (std::size_t i = in.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(in[i]);
  }
  return value;
}

std::string Header(const SpoolId& spool, std::uint64_t first_seq) {
  std::string header(kMagic);
  PutLittleEndian(kVersion, 4, header);
  header.append(spool.begin(), spool.end());
  PutLittleEndian(first_seq, 8, header);
  PutLittleEndian(XXH3_64bits(header.data(), header.size()), 8, header);
  return header;
}

std::uint64_t RecordHash(std::string_view length_and_seq, std::string_view frame) {
  return XXH3_64bits_withSeed(frame.data(), frame.size(),
                              XXH3_64bits(length_and_seq.data(), length_and_seq.size()));
}

std::string LengthAndSeq(std::size_t length, std::uint64_t seq) {
  std::string bytes;
  PutLittleEndian(length, 4, bytes);
  PutLittleEndian(seq, 8, bytes);
  return bytes;
}

}  // namespace

absl::StatusOr<Segment> Segment::Create(const std::string& path, const SpoolId& spool,
                                        std::uint64_t first_seq) {
  WF_ASSIGN_OR_RETURN(PosixFile file, PosixFile::Open(path));
  if (file.size() != 0) {
    return absl::AlreadyExistsError(absl::StrFormat("segment %s exists", path));
  }
  const absl::Status written = file.Append(Header(spool, first_seq));
  if (!written.ok()) {
    ::unlink(path.c_str());
    return written;
  }
  return Segment(std::move(file), first_seq);
}

absl::StatusOr<Segment::Scan> Segment::Open(const std::string& path, const SpoolId& spool) {
  WF_ASSIGN_OR_RETURN(PosixFile file, PosixFile::Open(path));
  const absl::StatusOr<std::string> header = file.ReadAt(0, kHeaderBytes);
  const std::uint64_t first_seq =
      header.ok() ? GetLittleEndian(std::string_view(*header).substr(28, 8)) : 0;
  if (absl::IsOutOfRange(header.status())) {
    return absl::OutOfRangeError(absl::StrFormat("%s was not written to its first record", path));
  }
  if (!header.ok()) {
    return header.status();
  }
  if (*header != Header(spool, first_seq)) {
    return absl::DataLossError(absl::StrFormat("%s is not a segment of this spool", path));
  }
  Segment segment(std::move(file), first_seq);
  std::uint64_t offset = kHeaderBytes;
  while (offset < segment.file_.size()) {
    const absl::StatusOr<std::string> frame = segment.ReadRecord(offset, segment.next_seq());
    if (!frame.ok()) {
      const std::uint64_t bad = segment.file_.size() - offset;
      return Scan{.segment = std::move(segment),
                  .bad_bytes = bad,
                  .torn_tail = absl::IsOutOfRange(frame.status())};
    }
    segment.offsets_.push_back(offset);
    offset += kRecordBytes + frame->size();
  }
  return Scan{.segment = std::move(segment)};
}

// OUT_OF_RANGE when the file ends inside the record.
absl::StatusOr<std::string> Segment::ReadRecord(std::uint64_t offset, std::uint64_t seq) const {
  WF_ASSIGN_OR_RETURN(const std::string head, file_.ReadAt(offset, kRecordBytes));
  const std::string_view fields(head);
  const std::uint64_t length = GetLittleEndian(fields.substr(0, 4));
  const bool plausible = length <= kFrameBytesMax && GetLittleEndian(fields.substr(4, 8)) == seq;
  if (!plausible) {
    return absl::DataLossError(
        absl::StrFormat("%s: no record %d at byte %d", file_.path(), seq, offset));
  }
  WF_ASSIGN_OR_RETURN(std::string frame, file_.ReadAt(offset + kRecordBytes, length));
  if (RecordHash(fields.substr(0, 12), frame) != GetLittleEndian(fields.substr(12, 8))) {
    return absl::DataLossError(absl::StrFormat("%s: record %d is damaged", file_.path(), seq));
  }
  return frame;
}

absl::Status Segment::Append(const std::string& frame) {
  if (frame.size() > kFrameBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("a frame of %d bytes is over the limit of %d",
                                                      frame.size(),
                                                      static_cast<std::int64_t>(kFrameBytesMax)));
  }
  std::string record = LengthAndSeq(frame.size(), next_seq());
  PutLittleEndian(RecordHash(record, frame), 8, record);
  record += frame;
  const std::uint64_t offset = file_.size();
  WF_RETURN_IF_ERROR(file_.Append(record));
  offsets_.push_back(offset);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Segment::Read(std::uint64_t seq) const {
  if (seq < first_seq_ || seq >= next_seq()) {
    return absl::NotFoundError(absl::StrFormat("%s has no frame %d", file_.path(), seq));
  }
  return ReadRecord(offsets_[seq - first_seq_], seq);
}

}  // namespace wattfleet::agent
