#include "agent/backend/replay/recording.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/file_digest.h"
#include "agent/backend/replay/line_reader.h"
#include "agent/backend/replay/recorded_answer_json.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kBlockBytes = 1U << 20;
constexpr std::size_t kAnswersMax = std::numeric_limits<std::uint32_t>::max();

absl::string_view Key(std::string_view id) {
  return {id.data(), id.size()};
}

// Recordings that some backend of this process still holds.
class SharedRecordings {
 public:
  absl::StatusOr<std::shared_ptr<const Recording>> Get(const std::string& path) {
    absl::MutexLock lock(&mutex_);
    WF_ASSIGN_OR_RETURN(const FileVersion version, FileVersionOf(path));
    Entry& entry = entries_[path];
    if (std::shared_ptr<const Recording> held = entry.recording.lock();
        held != nullptr && entry.version == version) {
      return held;
    }
    WF_ASSIGN_OR_RETURN(std::shared_ptr<const Recording> read, Recording::Read(path));
    entry = {version, read};
    return read;
  }

 private:
  struct Entry {
    FileVersion version;
    std::weak_ptr<const Recording> recording;
  };
  absl::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Recording>> Recording::Share(const std::string& path) {
  static SharedRecordings& shared = *new SharedRecordings;
  return shared.Get(path);
}

absl::StatusOr<std::shared_ptr<const Recording>> Recording::Read(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> lines, LineReader::Open(path));
  const std::shared_ptr<Recording> recording(new Recording);
  RecordedAnswerParser parser;
  while (true) {
    WF_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, lines->Next());
    if (!line) {
      break;
    }
    if (line->find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    absl::StatusOr<RecordedAnswer> answer = parser.Parse(*line);
    absl::Status status = answer.status();
    if (status.ok()) {
      answer->line = lines->line_number();
      status = recording->Add(*answer);
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s:%d: %s", path, lines->line_number(), status.message()));
    }
  }
  if (recording->answers_.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat("recording %s has no rows", path));
  }
  recording->answers_.shrink_to_fit();
  recording->digest_ = DigestText(lines->digest());
  return recording;
}

std::optional<std::size_t> Recording::Find(std::string_view id) const {
  const auto found = places_.find(Key(id));
  if (found == places_.end()) {
    return std::nullopt;
  }
  return found->second;
}

absl::Status Recording::Add(RecordedAnswer answer) {
  if (const auto found = places_.find(Key(answer.id)); found != places_.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("id \"%s\" is at line %d already", answer.id,
                                                      answers_[found->second].line));
  }
  if (answers_.size() == kAnswersMax) {
    return absl::InvalidArgumentError(absl::StrFormat("more than %d rows", kAnswersMax));
  }
  answer.id = Keep(answer.id);
  answer.response = Keep(answer.response);
  answer.reasoning = Keep(answer.reasoning);
  places_.emplace(Key(answer.id), static_cast<std::uint32_t>(answers_.size()));
  answers_.push_back(answer);
  return absl::OkStatus();
}

std::string_view Recording::Keep(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  if (text.size() > block_free_) {
    const std::size_t bytes = std::max(kBlockBytes, text.size());
    blocks_.push_back(std::make_unique<char[]>(bytes));
    block_free_ = bytes;
    block_bytes_ = bytes;
  }
  char* kept = blocks_.back().get() + (block_bytes_ - block_free_);
  std::memcpy(kept, text.data(), text.size());
  block_free_ -= text.size();
  return {kept, text.size()};
}

}  // namespace wattfleet::agent
