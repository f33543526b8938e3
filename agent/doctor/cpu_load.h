#ifndef WF_AGENT_DOCTOR_CPU_LOAD_H_
#define WF_AGENT_DOCTOR_CPU_LOAD_H_

#include <thread>
#include <vector>

#include "agent/doctor/load.h"

namespace wattfleet::agent {

// Keeps every core busy with arithmetic over more memory than caches hold, so that processor and
// memory both draw more.
class CpuLoad final : public Load {
 public:
  CpuLoad();
  ~CpuLoad() override = default;

  const LoadReach& reach() const override { return reach_; }
  absl::Status Start() override;
  absl::Status Stop() override;

 private:
  LoadReach reach_;
  std::vector<std::jthread> threads_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_CPU_LOAD_H_
