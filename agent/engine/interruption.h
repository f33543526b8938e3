#ifndef WF_AGENT_ENGINE_INTERRUPTION_H_
#define WF_AGENT_ENGINE_INTERRUPTION_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/inference_backend.h"

namespace wattfleet::agent {

// Cuts short what blocks while an engine is made ready. Thread-safe.
class Interruption {
 public:
  // From now on, for good.
  void Interrupt() {
    absl::MutexLock lock(&mutex_);
    requested_ = true;
    if (asking_ != nullptr) {
      asking_->CancelAll();
    }
  }
  bool requested() const {
    absl::MutexLock lock(&mutex_);
    return requested_;
  }

  // Identify(), cut short with CANCELLED by Interrupt.
  absl::StatusOr<EngineIdentity> Identify(InferenceBackend& backend) {
    if (!BeginAsking(backend)) {
      return absl::CancelledError("shutting down");
    }
    absl::StatusOr<EngineIdentity> identity = backend.Identify();
    absl::MutexLock lock(&mutex_);
    asking_ = nullptr;
    return identity;
  }

 private:
  bool BeginAsking(InferenceBackend& backend) {
    absl::MutexLock lock(&mutex_);
    asking_ = &backend;
    return !requested_;
  }

  mutable absl::Mutex mutex_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  InferenceBackend* asking_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_INTERRUPTION_H_
