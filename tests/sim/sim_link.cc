#include "tests/sim/sim_link.h"

#include <algorithm>
#include <utility>

namespace wattfleet::testing {

using namespace std::chrono_literals;

std::chrono::nanoseconds SimLink::Arrival(MonotonicTime& last) {
  const auto delay = std::chrono::microseconds(
      100 + world_.random().Below(static_cast<std::uint64_t>(faults_.delay_max.count()) * 1000));
  last = std::max(last, world_.MonotonicNow() + delay);
  return last - world_.MonotonicNow();
}

void SimLink::Connect(const AgentHello& hello, Receiver& receiver) {
  receiver_ = &receiver;
  const std::uint64_t stream = ++stream_;
  up_ = true;
  session_.reset();
  last_up_ = last_down_ = world_.MonotonicNow();
  world_.PostAfter(Arrival(last_up_), [self = shared_from_this(), this, hello, stream] {
    if (stream != stream_) {
      return;
    }
    if (!faults_.partitioned) {
      session_ = coordinator_.Open(hello, *this);
    }
    if (!session_.has_value()) {
      Break();
    }
  });
}

void SimLink::Send(AgentMessage message) {
  if (!up_) {
    return;
  }
  if (faults_.partitioned || world_.random().Chance(faults_.break_chance)) {
    Break();
    return;
  }
  world_.PostAfter(Arrival(last_up_), [self = shared_from_this(), this, stream = stream_,
                                       message = std::move(message)]() mutable {
    if (stream == stream_ && session_.has_value()) {
      coordinator_.Deliver(*session_, std::move(message));
    }
  });
}

void SimLink::Disconnect() {
  up_ = false;
  ++stream_;
  if (const auto session = std::exchange(session_, std::nullopt); session.has_value()) {
    world_.PostAfter(Arrival(last_up_), [self = shared_from_this(), this, session = *session] {
      coordinator_.Broken(session);
    });
  }
}

void SimLink::Receive(CoordinatorMessage message) {
  if (faults_.partitioned || world_.random().Chance(faults_.break_chance)) {
    world_.Post([self = shared_from_this(), this, stream = stream_] {
      if (stream == stream_) {
        Break();
      }
    });
    return;
  }
  world_.PostAfter(Arrival(last_down_), [self = shared_from_this(), this, stream = stream_,
                                         message = std::move(message)]() mutable {
    if (stream == stream_ && up_) {
      receiver_->OnMessage(std::move(message));
    }
  });
}

void SimLink::Closed() {
  session_.reset();
  world_.PostAfter(Arrival(last_down_), [self = shared_from_this(), this, stream = stream_] {
    if (stream == stream_ && up_) {
      up_ = false;
      receiver_->OnDisconnected(absl::UnavailableError("the stream was closed"));
    }
  });
}

void SimLink::Abandon(const std::shared_ptr<SimLink>& link) {
  link->Disconnect();
  link->receiver_ = nullptr;
}

void SimLink::Break() {
  if (!up_) {
    return;
  }
  up_ = false;
  const std::uint64_t stream = ++stream_;
  if (const auto session = std::exchange(session_, std::nullopt); session.has_value()) {
    world_.PostAfter(
        std::chrono::milliseconds(world_.random().Below(2'000)),
        [self = shared_from_this(), this, session = *session] { coordinator_.Broken(session); });
  }
  world_.PostAfter(std::chrono::milliseconds(world_.random().Below(500)),
                   [self = shared_from_this(), this, stream] {
                     if (stream == stream_) {
                       receiver_->OnDisconnected(absl::UnavailableError("the stream broke"));
                     }
                   });
}

}  // namespace wattfleet::testing
