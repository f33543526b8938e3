#include "agent/doctor/engine_load.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace wattfleet::agent {

namespace {

// After an error, so that an engine that refuses is not hammered.
constexpr std::chrono::milliseconds kRetryAfter(200);

constexpr char kPrompt[] = "Write a long story about a river, from its spring to the sea.";

void RunOn(TaskRunner& runner, const std::function<void()>& task) {
  absl::Notification done;
  runner.Post([&] {
    task();
    done.Notify();
  });
  done.WaitForNotification();
}

}  // namespace

std::optional<Build> BuildToAsk(const std::vector<EngineOffer>& offers) {
  for (const EngineOffer& offer : offers) {
    const bool is_real = offer.kind != "replay" && offer.kind != "synthetic";
    if (is_real && !offer.refs.empty() && offer.refs.front() != "*") {
      Build build;
      build.engine = offer.kind;
      build.ref = offer.refs.front();
      return build;
    }
  }
  return std::nullopt;
}

EngineLoad::EngineLoad(const InstanceOffer& instance, Build build, EngineSupervisor& engines,
                       TaskRunner& runner)
    : instance_(instance.name), build_(std::move(build)), engines_(engines), runner_(runner) {
  reach_.what = absl::StrCat(build_.ref, " of ", build_.engine, " answers for ", instance_);
  reach_.parts = kPartAccelerator | kPartSocGpu | kPartGpuSram;
  reach_.device_ids = instance.device_ids;
}

EngineLoad::~EngineLoad() {
  Stop().IgnoreError();
  RunOn(runner_, [this] { alive_.reset(); });
}

absl::Status EngineLoad::Start() {
  absl::StatusOr<ReadyEngine> ready = absl::UnavailableError("the engine did not answer");
  absl::Notification acquired;
  runner_.Post([&] {
    engines_.Acquire(instance_, build_, 1, std::nullopt, [&](absl::StatusOr<ReadyEngine> engine) {
      ready = std::move(engine);
      acquired.Notify();
    });
  });
  acquired.WaitForNotification();
  if (!ready.ok()) {
    return ready.status();
  }
  if (!ready->co_located) {
    return absl::FailedPreconditionError("it runs on another machine");
  }
  backend_ = ready->backend;
  {
    absl::MutexLock lock(&mutex_);
    runs_ = true;
    error_ = absl::OkStatus();
  }
  RunOn(runner_, [this] { Ask(); });
  return absl::OkStatus();
}

void EngineLoad::Ask() {
  {
    absl::MutexLock lock(&mutex_);
    if (!runs_ || in_flight_) {
      return;
    }
    in_flight_ = true;
  }
  InferenceRequest request;
  request.id = ++requests_;
  request.query_id = absl::StrCat("doctor-", requests_);
  request.prompt = kPrompt;
  request.generation.max_output_tokens = 1'024;
  backend_->Send(std::move(request), [this](const InferenceReply& reply) { OnReply(reply); });
}

void EngineLoad::OnReply(const InferenceReply& reply) {
  const bool has_failed = reply.failure != Failure::kNone;
  absl::MutexLock lock(&mutex_);
  in_flight_ = false;
  if (!runs_) {
    return;
  }
  if (has_failed) {
    error_ = absl::UnavailableError(reply.error);
  }
  runner_.PostAfter(has_failed ? kRetryAfter : std::chrono::milliseconds(0),
                    [this, alive = std::weak_ptr(alive_)] {
                      if (!alive.expired()) {
                        Ask();
                      }
                    });
}

absl::Status EngineLoad::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (!runs_) {
      return absl::OkStatus();
    }
    runs_ = false;
  }
  backend_->CancelAll();
  absl::MutexLock lock(&mutex_);
  const auto is_done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !in_flight_; };
  mutex_.Await(absl::Condition(&is_done));
  return error_;
}

}  // namespace wattfleet::agent
