#include "agent/drive/engine_slots.h"

#include <algorithm>

#include "common/check/check.h"

namespace wattfleet::agent {

void EngineSlots::Take(MonotonicTime now) {
  LoadAt(now);
  ++in_flight_;
}

void EngineSlots::Release(MonotonicTime now) {
  WF_CHECK(in_flight_ > 0);
  LoadAt(now);
  --in_flight_;
}

double EngineSlots::LoadAt(MonotonicTime now) {
  load_ += static_cast<double>(in_flight_) *
           std::chrono::duration<double, std::nano>(now - load_at_).count();
  load_at_ = now;
  return load_;
}

void EngineSlots::PauseFor(std::chrono::nanoseconds delay) {
  ++pauses_;
  runner_.PostAfter(delay, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && --pauses_ == 0) {
      Wake(nullptr);
    }
  });
}

void EngineSlots::Join(User& user) {
  if (std::ranges::find(users_, &user) == users_.end()) {
    users_.push_back(&user);
  }
}

void EngineSlots::Leave(User& user) {
  std::erase(users_, &user);
}

void EngineSlots::Wake(const User* but) {
  for (User* user : users_) {
    if (user != but) {
      user->OnRoom();
    }
  }
}

void EngineSlots::Doubt(const std::string& why) {
  for (User* user : users_) {
    user->OnDoubt(why);
  }
}

}  // namespace wattfleet::agent
