#ifndef WF_AGENT_POWER_READING_RECORDER_H_
#define WF_AGENT_POWER_READING_RECORDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/readings_file.h"
#include "agent/power/sampler.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Writes everything that some samplers read to a file.
class ReadingRecorder {
 public:
  // At least one sampler, none of them started. Errors as ReadingsWriter::Create.
  static absl::StatusOr<std::unique_ptr<ReadingRecorder>> Create(
      const std::string& path, const std::string& machine,
      std::vector<std::unique_ptr<Sampler>> samplers, const Clock& clock);

  // Starts the samplers' threads. Tests poll them instead.
  void Start();
  // Writes what has been read since the last call; at least every two minutes, or it is lost.
  absl::Status TakeIn();
  // The last call: writes what is left, and ends the file.
  absl::Status Finish();

  std::int64_t readings() const { return readings_; }

 private:
  ReadingRecorder(std::unique_ptr<ReadingsWriter> writer,
                  std::vector<std::unique_ptr<Sampler>> samplers)
      : writer_(std::move(writer)), samplers_(std::move(samplers)), next_(samplers_.size()) {}

  std::unique_ptr<ReadingsWriter> writer_;
  std::vector<std::unique_ptr<Sampler>> samplers_;
  std::vector<std::uint64_t> next_;  // reading of each sampler
  std::int64_t readings_ = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_READING_RECORDER_H_
