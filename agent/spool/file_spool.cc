#include "agent/spool/file_spool.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "common/wire/session_wire.h"

namespace wattfleet::agent {

namespace {

namespace fs = std::filesystem;

// Segments small enough that a spool at its quota frees space as soon as some of it is acked.
constexpr std::uint64_t kSegmentsPerQuota = 8;

SpoolId NewSpoolId(Random& random) {
  SpoolId id{};
  for (std::uint8_t& byte : id) {
    byte = static_cast<std::uint8_t>(random.Below(256));
  }
  return id;
}

std::string SegmentName(std::uint64_t first_seq) {
  return absl::StrFormat("%020d.seg", first_seq);
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) {
    fs::permissions(path, fs::perms::owner_all, error);
  }
  return error ? absl::UnavailableError(
                     absl::StrFormat("cannot make directory %s: %s", path, error.message()))
               : absl::OkStatus();
}

std::vector<std::string> SegmentPaths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".seg") {
      paths.push_back(entry.path().string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

// Left by a renewal that did not come to its end.
void RemoveOtherSpools(const std::string& current) {
  std::error_code error;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(fs::path(current).parent_path(), error)) {
    if (entry.path().filename().string().starts_with("spool-") && entry.path() != current) {
      others.push_back(entry.path());
    }
  }
  for (const fs::path& other : others) {
    fs::remove_all(other, error);
  }
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::Open(path));
  return file.ReadAt(0, file.size());
}

}  // namespace

FileSpool::FileSpool(const FileSpoolOptions& options, PosixFile lock)
    : options_(options), lock_(std::move(lock)) {
  options_.segment_bytes = std::max<std::uint64_t>(
      1, std::min(options_.segment_bytes, options_.limit_bytes / kSegmentsPerQuota));
}

absl::StatusOr<std::unique_ptr<FileSpool>> FileSpool::Open(const FileSpoolOptions& options,
                                                           const Clock& clock, Random& random) {
  WF_RETURN_IF_ERROR(MakeDirectory(options.directory));
  WF_ASSIGN_OR_RETURN(PosixFile lock, PosixFile::Open(options.directory + "/lock"));
  WF_RETURN_IF_ERROR(Annotate(lock.Lock(), "spool " + options.directory));
  std::unique_ptr<FileSpool> spool(new FileSpool(options, std::move(lock)));
  WF_ASSIGN_OR_RETURN(spool->identity_, spool->LoadIdentity(clock, random));
  bool is_damaged = false;
  WF_ASSIGN_OR_RETURN(const bool is_usable, spool->LoadSegments(is_damaged));
  if (is_usable) {
    WF_RETURN_IF_ERROR(spool->SaveIdentity(false));
  } else {
    WF_RETURN_IF_ERROR(spool->Renew(is_damaged, random));
  }
  return spool;
}

FileSpool::~FileSpool() {
  if (!segments_.empty() && Sync().ok()) {
    // Not saved: the next start takes the spool for one left in a hurry, which costs only time.
    SaveIdentity(true).IgnoreError();
  }
}

absl::StatusOr<SpoolIdentity> FileSpool::LoadIdentity(const Clock& clock, Random& random) {
  const std::string path = options_.directory + "/identity";
  const auto now =
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, UnixMillis(clock.WallNow())));
  SpoolIdentity fresh{.id = NewSpoolId(random),
                      .agent = options_.agent_name,
                      .incarnation = now,
                      .boot_id = options_.boot_id,
                      .is_clean = false};
  if (!fs::exists(path)) {
    return fresh;
  }
  WF_ASSIGN_OR_RETURN(const std::string text, ReadWhole(path));
  absl::StatusOr<SpoolIdentity> identity = ParseIdentity(text);
  if (absl::IsDataLoss(identity.status())) {
    notes_.push_back(absl::StrFormat("%s is damaged: a new spool was started", path));
    return fresh;
  }
  if (!identity.ok()) {
    return Annotate(identity.status(), "spool " + options_.directory);
  }
  if (identity->agent != options_.agent_name) {
    return absl::FailedPreconditionError(
        absl::StrFormat("spool %s belongs to agent \"%s\", not \"%s\"", options_.directory,
                        identity->agent, options_.agent_name));
  }
  identity->incarnation = std::max(identity->incarnation + 1, now);
  return identity;
}

absl::StatusOr<bool> FileSpool::LoadSegments(bool& is_damaged) {
  for (const std::string& path : SegmentPaths(SpoolDirectory())) {
    WF_ASSIGN_OR_RETURN(const bool is_usable, LoadSegment(path, is_damaged));
    if (!is_usable) {
      return false;
    }
  }
  if (segments_.empty()) {
    return false;
  }
  const bool went_down =
      !identity_.is_clean && (options_.boot_id.empty() || identity_.boot_id != options_.boot_id);
  if (went_down) {
    notes_.push_back("the machine went down with the spool open: its frames move to a new spool");
  }
  identity_.boot_id = options_.boot_id;
  return !went_down;
}

// False also when frames are missing before this segment.
absl::StatusOr<bool> FileSpool::LoadSegment(const std::string& path, bool& is_damaged) {
  absl::StatusOr<Segment::Scan> scan = Segment::Open(path, identity_.id);
  if (absl::IsDataLoss(scan.status()) || absl::IsOutOfRange(scan.status())) {
    is_damaged = is_damaged || absl::IsDataLoss(scan.status());
    notes_.push_back(std::string(scan.status().message()));
    return false;
  }
  if (!scan.ok()) {
    return scan.status();
  }
  const bool follows =
      segments_.empty() || segments_.back().next_seq() == scan->segment.first_seq();
  const bool is_whole = scan->bad_bytes == 0;
  if (!is_whole || !follows) {
    is_damaged = is_damaged || !follows || !scan->torn_tail;
    notes_.push_back(
        is_whole ? absl::StrFormat("frames are missing before %s", path)
                 : absl::StrFormat("%s: %d bytes at its end are no record", path, scan->bad_bytes));
  }
  if (!segments_.empty()) {
    closed_bytes_ += segments_.back().size_bytes();
  }
  segments_.push_back(std::move(scan->segment));
  return is_whole && follows;
}

// Writes every frame that can be read into a new spool, makes it the current one, and then puts
// the old one away. A crash in between leaves the old one current, and the next start does it anew.
absl::Status FileSpool::Renew(bool keep_old, Random& random) {
  const std::string old_directory = SpoolDirectory();
  const SpoolId old_id = identity_.id;
  if (fs::exists(old_directory)) {
    RemoveOtherSpools(old_directory);
  }
  segments_.clear();
  closed_bytes_ = 0;
  identity_.id = NewSpoolId(random);
  identity_.boot_id = options_.boot_id;
  WF_RETURN_IF_ERROR(MakeDirectory(SpoolDirectory()));
  WF_RETURN_IF_ERROR(AddSegment(1));
  WF_RETURN_IF_ERROR(CopyReadableFrames(old_directory, old_id));
  WF_RETURN_IF_ERROR(Sync());
  WF_RETURN_IF_ERROR(SaveIdentity(false));
  std::error_code error;
  if (keep_old) {
    const std::string aside = options_.directory + "/damaged-" + SpoolIdHex(old_id);
    fs::rename(old_directory, aside, error);
    notes_.push_back("what was there before is kept in " + aside);
  } else {
    fs::remove_all(old_directory, error);
  }
  return absl::OkStatus();
}

absl::Status FileSpool::CopyReadableFrames(const std::string& directory, const SpoolId& id) {
  for (const std::string& path : SegmentPaths(directory)) {
    const absl::StatusOr<Segment::Scan> scan = Segment::Open(path, id);
    if (!scan.ok()) {
      continue;
    }
    const Segment& old = scan->segment;
    for (std::uint64_t seq = old.first_seq(); seq < old.next_seq(); ++seq) {
      WF_ASSIGN_OR_RETURN(const std::string frame, old.Read(seq));
      WF_RETURN_IF_ERROR(AppendRegardless(ReaddressBatch(frame, identity_.id, next_seq())));
    }
  }
  return absl::OkStatus();
}

absl::Status FileSpool::AddSegment(std::uint64_t first_seq) {
  const std::string path = SpoolDirectory() + "/" + SegmentName(first_seq);
  WF_ASSIGN_OR_RETURN(Segment segment, Segment::Create(path, identity_.id, first_seq));
  WF_RETURN_IF_ERROR(SyncDirectory(SpoolDirectory()));
  if (!segments_.empty()) {
    WF_RETURN_IF_ERROR(segments_.back().Sync());
    closed_bytes_ += segments_.back().size_bytes();
  }
  segments_.push_back(std::move(segment));
  needs_sync_ = true;
  return absl::OkStatus();
}

absl::Status FileSpool::SaveIdentity(bool is_clean) {
  identity_.is_clean = is_clean;
  return ReplaceFile(options_.directory + "/identity", FormatIdentity(identity_));
}

absl::StatusOr<std::uint64_t> FileSpool::Append(const std::string& frame) {
  const std::uint64_t grown = used_bytes() + Segment::kRecordBytes + frame.size();
  if (grown > options_.limit_bytes) {
    return absl::ResourceExhaustedError(absl::StrFormat("spool %s is at its limit of %d bytes",
                                                        options_.directory, options_.limit_bytes));
  }
  WF_RETURN_IF_ERROR(AppendRegardless(frame));
  return next_seq() - 1;
}

absl::Status FileSpool::AppendRegardless(const std::string& frame) {
  const Segment& last = segments_.back();
  if (last.size_bytes() >= options_.segment_bytes && last.next_seq() > last.first_seq()) {
    WF_RETURN_IF_ERROR(AddSegment(next_seq()));
  }
  WF_RETURN_IF_ERROR(segments_.back().Append(frame));
  needs_sync_ = true;
  return absl::OkStatus();
}

absl::Status FileSpool::Sync() {
  if (needs_sync_) {
    WF_RETURN_IF_ERROR(segments_.back().Sync());
    needs_sync_ = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FileSpool::Read(std::uint64_t seq) {
  const auto after = std::ranges::upper_bound(segments_, seq, {}, &Segment::first_seq);
  if (after == segments_.begin()) {
    return absl::NotFoundError(absl::StrFormat("frame %d has left the spool", seq));
  }
  return std::prev(after)->Read(seq);
}

void FileSpool::Acknowledge(std::uint64_t seq) {
  if (seq >= next_seq()) {
    // The coordinator knows frames that this spool does not: their numbers are spent.
    const absl::Status status = AddSegment(seq + 1);
    if (!status.ok()) {
      return;  // the next Welcome says it again
    }
  }
  DropSegmentsBefore(seq + 1);
}

void FileSpool::DropSegmentsBefore(std::uint64_t seq) {
  while (segments_.size() > 1 && segments_.front().next_seq() <= seq) {
    const std::string path = segments_.front().path();
    closed_bytes_ -= segments_.front().size_bytes();
    segments_.pop_front();
    std::error_code error;
    fs::remove(path, error);
  }
}

double FileSpool::fullness() const {
  return static_cast<double>(used_bytes()) / static_cast<double>(options_.limit_bytes);
}

std::string FileSpool::SpoolDirectory() const {
  return options_.directory + "/spool-" + SpoolIdHex(identity_.id);
}

std::uint64_t FileSpool::used_bytes() const {
  return closed_bytes_ + segments_.back().size_bytes();
}

}  // namespace wattfleet::agent
