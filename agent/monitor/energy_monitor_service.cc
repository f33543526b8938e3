#include "agent/monitor/energy_monitor_service.h"

#include <utility>

namespace wattfleet::agent {

using energy::TelemetryReading;

// The way to one subscriber: one write at a time, and of what comes meanwhile the newest. Lives as
// long as anybody holds it; its stream may be gone.
class EnergyMonitorService::Outlet {
 public:
  explicit Outlet(grpc::ServerWriteReactor<TelemetryReading>& stream) : stream_(stream) {}

  void Offer(const TelemetryReading& reading) {
    {
      absl::MutexLock lock(&mutex_);
      if (closing_) {
        return;
      }
      if (writing_) {
        next_ = reading;
        return;
      }
      writing_ = true;
      out_ = reading;
    }
    stream_.StartWrite(&out_);
  }

  // Ends the stream, after the write that is under way.
  void Close() {
    {
      absl::MutexLock lock(&mutex_);
      if (closing_) {
        return;
      }
      closing_ = true;
      if (writing_) {
        return;
      }
    }
    stream_.Finish(grpc::Status::OK);
  }

  void WriteDone(bool ok) {
    bool is_over = false;
    {
      absl::MutexLock lock(&mutex_);
      closing_ = closing_ || !ok;
      is_over = closing_;
      if (!is_over) {
        writing_ = next_.has_value();
        if (!writing_) {
          return;
        }
        out_ = *std::exchange(next_, std::nullopt);
      }
    }
    if (is_over) {
      stream_.Finish(grpc::Status::OK);
    } else {
      stream_.StartWrite(&out_);
    }
  }

 private:
  // Alive until Finish, which is called once, by who set closing_ or by the write under way then.
  grpc::ServerWriteReactor<TelemetryReading>& stream_;
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  TelemetryReading out_;  // of the write under way
  std::optional<TelemetryReading> next_ ABSL_GUARDED_BY(mutex_);
};

// One stream. Owns itself: gRPC calls OnDone last, and only that deletes it.
class EnergyMonitorService::Subscriber final : public grpc::ServerWriteReactor<TelemetryReading> {
 public:
  const std::shared_ptr<Outlet>& outlet() const { return outlet_; }
  void OnWriteDone(bool ok) override { outlet_->WriteDone(ok); }
  void OnCancel() override { outlet_->Close(); }
  void OnDone() override { delete this; }

 private:
  const std::shared_ptr<Outlet> outlet_ = std::make_shared<Outlet>(*this);
};

EnergyMonitorService::EnergyMonitorService(bool healthy, const std::string& platform) {
  health_.set_healthy(healthy);
  health_.set_platform(platform);
}

std::vector<std::shared_ptr<EnergyMonitorService::Outlet>> EnergyMonitorService::Outlets() {
  std::vector<std::shared_ptr<Outlet>> outlets;
  std::erase_if(outlets_, [&outlets](const std::weak_ptr<Outlet>& weak) {
    std::shared_ptr<Outlet> outlet = weak.lock();
    const bool is_gone = outlet == nullptr;
    if (!is_gone) {
      outlets.push_back(std::move(outlet));
    }
    return is_gone;
  });
  return outlets;
}

void EnergyMonitorService::Publish(const TelemetryReading& reading) {
  std::vector<std::shared_ptr<Outlet>> outlets;
  {
    absl::MutexLock lock(&mutex_);
    newest_ = reading;
    outlets = Outlets();
  }
  for (const auto& outlet : outlets) {
    outlet->Offer(reading);
  }
}

void EnergyMonitorService::Close() {
  std::vector<std::shared_ptr<Outlet>> outlets;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    outlets = Outlets();
  }
  for (const auto& outlet : outlets) {
    outlet->Close();
  }
}

grpc::ServerUnaryReactor* EnergyMonitorService::Health(grpc::CallbackServerContext* context,
                                                       const energy::HealthRequest*,
                                                       energy::HealthResponse* response) {
  *response = health_;
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<TelemetryReading>* EnergyMonitorService::StreamTelemetry(
    grpc::CallbackServerContext*, const energy::StreamRequest*) {
  auto* const subscriber = new Subscriber();
  const std::shared_ptr<Outlet> outlet = subscriber->outlet();
  std::optional<TelemetryReading> newest;
  bool is_closed = false;
  {
    absl::MutexLock lock(&mutex_);
    is_closed = closed_;
    newest = newest_;
    outlets_.push_back(outlet);
  }
  if (is_closed) {
    outlet->Close();
  } else if (newest) {
    outlet->Offer(*newest);
  }
  return subscriber;
}

}  // namespace wattfleet::agent
