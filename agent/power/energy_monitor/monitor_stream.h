#ifndef WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_STREAM_H_
#define WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_STREAM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "common/time/clock.h"
#include "energy/energy_monitor.pb.h"

namespace wattfleet::agent {

// Follows a monitor's telemetry on a thread of its own; a stream that ends is opened anew after 1
// s, 2 s ... up to 30 s. Thread-safe. The destructor leaves the stream and joins.
class MonitorStream {
 public:
  // What is known now.
  struct Look {
    std::uint64_t stream = 0;         // counts the streams on which something came
    bool is_open = false;             // the last of them still is
    MonotonicTime at{};               // when `newest` came
    energy::TelemetryReading newest;  // only where `stream` is not 0
  };

  // `clock` outlives this, and moves by itself.
  MonitorStream(std::shared_ptr<grpc::Channel> channel, const Clock& clock);
  ~MonitorStream();
  MonitorStream(const MonitorStream&) = delete;
  MonitorStream& operator=(const MonitorStream&) = delete;

  Look LookNow() const;
  // The readings that came first, after `count` of them or `span`; those there are then.
  std::vector<energy::TelemetryReading> AwaitFirst(std::size_t count,
                                                   std::chrono::milliseconds span) const;
  // Leaves a stream on which nothing has come for so long: another one is opened.
  void LeaveIfSilentFor(std::chrono::nanoseconds span);

 private:
  static constexpr std::size_t kFirstKept = 8;

  void Run();
  // True when something came.
  bool Follow();
  void Take(const energy::TelemetryReading& reading, bool is_first);

  const std::shared_ptr<grpc::Channel> channel_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);  // of the open stream
  MonotonicTime heard_ ABSL_GUARDED_BY(mutex_){};  // the stream's start, or its last message
  Look look_ ABSL_GUARDED_BY(mutex_);
  std::vector<energy::TelemetryReading> first_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_STREAM_H_
