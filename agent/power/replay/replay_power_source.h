#ifndef WF_AGENT_POWER_REPLAY_REPLAY_POWER_SOURCE_H_
#define WF_AGENT_POWER_REPLAY_REPLAY_POWER_SOURCE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "agent/power/readings_file.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Plays one recorded source back at its own pace, from the first read on; after its end the
// channels are lost. What it tells was drawn by another machine, or at another time: its channels
// are no sensors (Scope::kRecorded), their energy is `imported`, and the recorded scope and device
// stand in their facts alone. Opened only when asked for by name.
class ReplayPowerSource final : public PowerSource {
 public:
  // Options: file (required), recorded: which source of the file, where it has several.
  // NOT_FOUND, INVALID_ARGUMENT, DATA_LOSS: the file, as ReadReadingsFile says.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);
  // `clock` outlives the source; the trace has readings of `source`.
  ReplayPowerSource(const RecordedReadings& trace, std::size_t source, const Clock& clock);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  const std::string name_ = "replay";
  const Clock& clock_;
  std::chrono::nanoseconds poll_period_;
  std::vector<ChannelSpec> specs_;
  std::vector<RecordedReading> readings_;
  std::size_t next_ = 0;
  std::optional<MonotonicTime> started_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_REPLAY_REPLAY_POWER_SOURCE_H_
