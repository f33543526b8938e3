#ifndef WF_AGENT_BACKEND_REPLAY_RECORDING_H_
#define WF_AGENT_BACKEND_REPLAY_RECORDING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "common/domain/energy.h"
#include "common/domain/result.h"

namespace wattfleet::agent {

// One recorded answer. Views live as long as the recording.
struct RecordedAnswer {
  std::string_view id;
  std::string_view response;
  std::string_view reasoning;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> duration_ns;
  std::optional<Microjoules> energy;
  Finish finish = Finish::kUnknown;
  std::int64_t line = 0;
};

// The answers of one file: JSON lines, plain, gzip or zstd, one object a line with
//   id         string or integer, unique in the file
//   response   string, or null where the model said nothing
//   reasoning, input_tokens, output_tokens (or tokens), latency_s (or latency), energy_j,
//   finish_reason ("stop" or "length")          each optional; null counts as absent
// Other fields are ignored. Immutable, so any thread may read it.
class Recording {
 public:
  // Reads a file whole. INVALID_ARGUMENT says FILE:LINE and what is wrong there.
  static absl::StatusOr<std::shared_ptr<const Recording>> Read(const std::string& path);
  // As Read, but a file that is in memory already, unchanged on disk, is shared. Thread-safe.
  static absl::StatusOr<std::shared_ptr<const Recording>> Share(const std::string& path);

  // Place of an id's answer in answers().
  std::optional<std::size_t> Find(std::string_view id) const;
  const std::vector<RecordedAnswer>& answers() const { return answers_; }
  // "xxh3:" and 16 hex digits of the file's bytes.
  const std::string& digest() const { return digest_; }

 private:
  Recording() = default;
  absl::Status Add(RecordedAnswer answer);
  std::string_view Keep(std::string_view text);

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_bytes_ = 0;  // of the last block
  std::size_t block_free_ = 0;   // at its end
  std::vector<RecordedAnswer> answers_;
  absl::flat_hash_map<absl::string_view, std::uint32_t> places_;
  std::string digest_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_REPLAY_RECORDING_H_
