#ifndef WF_AGENT_CONTENTION_SAMPLED_CONTENTION_WATCH_H_
#define WF_AGENT_CONTENTION_SAMPLED_CONTENTION_WATCH_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/contention/contention_watch.h"
#include "agent/contention/machine_use.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Looks at the machine once a second while engines stay, and at its devices every fifth time
// (reference: energy.md 6). A query is contended when other programs' share of the host's processor
// time, on average over the query, was above 10 %, or when a foreign process was seen on one of its
// devices. Nothing is told of time in which an engine of unknown processes stayed, for its work
// would seem others'; nor of a query of which more than half is unknown.
class SampledContentionWatch final : public ContentionWatch {
 public:
  // `looker` runs the looks, which block; everything else happens on `runner`. All outlive this.
  SampledContentionWatch(MachineUse& use, TaskRunner& looker, TaskRunner& runner,
                         const Clock& clock);

  Stay Enter(WorkingEngine engine) override;
  void Leave(Stay stay) override;
  void Judge(Stay stay, MonotonicTime from, MonotonicTime to,
             std::function<void(Flags)> done) override;

 private:
  // Between two looks.
  struct Span {
    MonotonicTime start{};
    MonotonicTime end{};
    std::optional<double> others;  // their share of the host's processor time
    std::set<std::string> shared_devices;
  };
  struct Question {
    Stay stay = 0;
    MonotonicTime from{};
    MonotonicTime to{};
    std::function<void(Flags)> done;
  };

  bool AllAreKnown() const;
  void LookLater(std::chrono::nanoseconds delay);
  void OnLook(MonotonicTime at, bool with_devices, const MachineLook& look);
  Flags Verdict(const Question& question) const;

  MachineUse& use_;
  TaskRunner& looker_;
  TaskRunner& runner_;
  const Clock& clock_;
  std::map<Stay, WorkingEngine> stays_;
  Stay next_stay_ = 1;
  bool is_looking_ = false;
  bool was_unknown_ = false;  // an engine of unknown processes has stayed since the last look
  int looks_to_devices_ = 0;  // looks until the devices are looked at again
  std::optional<MachineLook> last_;
  MonotonicTime last_at_{};
  std::deque<Span> spans_;
  std::vector<Question> questions_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONTENTION_SAMPLED_CONTENTION_WATCH_H_
