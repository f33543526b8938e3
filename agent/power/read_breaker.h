#ifndef WF_AGENT_POWER_READ_BREAKER_H_
#define WF_AGENT_POWER_READ_BREAKER_H_

#include <algorithm>

namespace wattfleet::agent {

// Spares a peer that does not answer: after three failures in a row it is asked again after leaving
// out 1, 2, 4 ... up to 60 reads. One that refuses our credentials is left alone for 60 at once,
// since more wrong ones may lock the account. Not thread-safe.
class ReadBreaker {
 public:
  // True when this read is to be left out.
  bool LeavesOut() {
    if (left_out_ == 0) {
      return false;
    }
    --left_out_;
    return true;
  }
  void Succeeded() { failures_ = 0; }
  void Failed(bool refused) {
    constexpr int kTolerated = 2;
    constexpr int kMost = 60;
    failures_ = std::min(failures_ + 1, kMost);
    if (refused) {
      left_out_ = kMost;
    } else if (failures_ > kTolerated) {
      left_out_ = std::min(1 << std::min(failures_ - kTolerated - 1, 6), kMost);
    }
  }

 private:
  int failures_ = 0;  // in a row
  int left_out_ = 0;  // reads still to leave out
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_READ_BREAKER_H_
