#ifndef WF_AGENT_POWER_ASKED_SOURCE_H_
#define WF_AGENT_POWER_ASKED_SOURCE_H_

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/power_source.h"
#include "agent/power/read_breaker.h"

namespace wattfleet::agent {

// A source of one channel that is asked anew each time, in an exchange that takes a while and may
// fail. The value stands for the middle of the exchange. A failure is kUnavailable, whatever it
// was; a peer that goes on failing is asked less and less often (ReadBreaker).
class AskedSource final : public PowerSource {
 public:
  struct Question {
    // The value now, or why there is none. UNAUTHENTICATED: the peer refuses us.
    std::function<absl::StatusOr<double>()> ask;
    double per_raw = 1;  // of the value's unit in one raw unit of the channel
  };
  AskedSource(std::string name, ChannelSpec spec, std::chrono::nanoseconds poll_period,
              Question question);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  const std::string name_;
  const std::vector<ChannelSpec> specs_;
  const std::chrono::nanoseconds poll_period_;
  const Question question_;
  ReadBreaker breaker_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_ASKED_SOURCE_H_
