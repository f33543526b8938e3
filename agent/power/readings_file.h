#ifndef WF_AGENT_POWER_READINGS_FILE_H_
#define WF_AGENT_POWER_READINGS_FILE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/energy/channel.h"

namespace wattfleet::agent {

// One recorded source.
struct RecordedSource {
  std::string name;
  std::chrono::nanoseconds poll_period{0};
  std::vector<ChannelSpec> channels;
};

// What one read of a source brought, on the clock of the machine that recorded it.
struct RecordedReading {
  std::size_t source = 0;
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  std::vector<ChannelValue> values;  // one per channel, the flags of the read in each
};

struct ReadingsHeader {
  std::int64_t recorded_unix_ms = 0;
  std::string machine;  // which one it was, for people
  std::vector<RecordedSource> sources;
};

struct RecordedReadings {
  ReadingsHeader header;
  std::vector<RecordedReading> readings;  // of each source in time order
};

// Raw readings in a file that other programs can read: text compressed with zstd, described in
// docs/measurement.md (wattfleet.readings/1). One thread.
class ReadingsWriter {
 public:
  // ALREADY_EXISTS: nothing is overwritten; errors of opening, naming the file.
  static absl::StatusOr<std::unique_ptr<ReadingsWriter>> Create(const std::string& path,
                                                                const ReadingsHeader& header);
  virtual ~ReadingsWriter() = default;
  // `reading.values` has one element for each channel of its source. UNAVAILABLE: not written.
  virtual absl::Status Add(const RecordedReading& reading) = 0;
  // Ends the file. A file that was not ended is refused by ReadReadingsFile.
  virtual absl::Status Finish() = 0;
};

// NOT_FOUND; INVALID_ARGUMENT names the line; DATA_LOSS: cut off.
absl::StatusOr<RecordedReadings> ReadReadingsFile(const std::string& path);

// The text that is in such a file, likewise; `origin` is its name in messages.
absl::StatusOr<RecordedReadings> ParseReadings(const std::string& text, const std::string& origin);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_READINGS_FILE_H_
