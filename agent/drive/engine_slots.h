#ifndef WF_AGENT_DRIVE_ENGINE_SLOTS_H_
#define WF_AGENT_DRIVE_ENGINE_SLOTS_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The requests that a condition keeps in flight on one engine: c slots, shared by the drivers of
// the leases that follow each other there. The next lease's units take the slots that the tail of
// the one before leaves free; a pause or a doubt about the engine is everybody's. Confined to the
// runner.
class EngineSlots {
 public:
  class User {
   public:
    virtual ~User() = default;
    // There is room; called from another user's turn, so only make a note of it.
    virtual void OnRoom() = 0;
    // The engine needs looking after: send nothing until started anew.
    virtual void OnDoubt(const std::string& why) = 0;
  };

  // `runner` outlives this.
  EngineSlots(std::size_t limit, TaskRunner& runner) : limit_(limit), runner_(runner) {}

  std::size_t limit() const { return limit_; }
  bool HasRoom() const { return in_flight_ < limit_ && pauses_ == 0; }
  void Take(MonotonicTime now);
  void Release(MonotonicTime now);
  // Integral of the requests in flight over time, in request-nanoseconds.
  double LoadAt(MonotonicTime now);

  // No room for so long.
  void PauseFor(std::chrono::nanoseconds delay);

  // A user that leaves before it is destroyed, or never joined, is called no more.
  void Join(User& user);
  void Leave(User& user);
  // Tells all users but `but` that there may be room.
  void Wake(const User* but);
  void Doubt(const std::string& why);

 private:
  const std::size_t limit_;
  TaskRunner& runner_;
  std::size_t in_flight_ = 0;
  std::size_t pauses_ = 0;
  double load_ = 0;
  MonotonicTime load_at_{};
  std::vector<User*> users_;  // in the order in which they joined
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_ENGINE_SLOTS_H_
