#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"

#include "agent/core/agent_core.h"
#include "agent/drive/backoff.h"

namespace wattfleet::agent {

namespace {

constexpr Backoff kReconnectBackoff{
    .first = std::chrono::milliseconds(500), .factor = 1.7, .cap = std::chrono::seconds(30)};

}  // namespace

void AgentCore::Connect() {
  session_ = Session::kDialling;
  ++session_number_;
  hello_sent_ = parts_.clock.MonotonicNow();
  parts_.link.Connect(MakeHello(), *this);
  parts_.runner.PostAfter(kWelcomePatience, WhileInSession([this] {
                            if (session_ == Session::kDialling) {
                              DropSession("no welcome from the coordinator");
                              ConnectLater({});
                            }
                          }));
}

void AgentCore::ConnectLater(std::chrono::nanoseconds at_least) {
  if (is_shutting_down_) {
    LeaveIfDone();
    return;
  }
  const std::chrono::nanoseconds delay =
      at_least + kReconnectBackoff.FullJitter(failed_sessions_, parts_.random);
  ++failed_sessions_;
  parts_.runner.PostAfter(delay, WhileAlive([this] {
                            if (session_ == Session::kNone && !is_shutting_down_) {
                              Connect();
                            }
                          }));
}

AgentHello AgentCore::MakeHello() const {
  AgentHello hello;
  hello.agent_name = settings_.name;
  hello.agent_version = settings_.version;
  hello.incarnation = settings_.incarnation;
  hello.spool_id = outbox_.spool().id();
  hello.spool_retained_from = outbox_.spool().retained_from();
  hello.spool_next = outbox_.spool().next_seq();
  hello.power_channels = parts_.meter.ChannelNames();
  hello.held = outbox_.UnacknowledgedCloses();
  for (const Instance& instance : instances_) {
    hello.instances.push_back(instance.offer);
    for (const auto& run : instance.runs) {
      if (!run->is_closed()) {
        hello.held.push_back(
            {.lease = run->grant().lease, .epoch = run->grant().epoch, .finished = false});
      }
    }
  }
  return hello;
}

// The stream is of no more use.
void AgentCore::DropSession(const std::string& why) {
  parts_.note("session ended: " + why);
  parts_.link.Disconnect();
  session_ = Session::kNone;
  outbox_.OnDisconnected();
  ForEachRun([](LeaseRun& run) { run.OnDisconnected(); });
}

void AgentCore::OnDisconnected(absl::Status why) {
  if (has_exited_) {
    return;
  }
  DropSession(std::string(why.message()));
  ConnectLater({});
}

void AgentCore::OnMessage(CoordinatorMessage message) {
  if (has_exited_) {
    return;
  }
  std::visit([this](auto& arm) { On(arm); }, message);
}

void AgentCore::On(const Welcome& welcome) {
  if (session_ != Session::kDialling) {
    return;
  }
  parts_.note(absl::StrFormat("welcome as agent %d", welcome.agent));
  session_ = Session::kLive;
  is_draining_ = false;
  session_dead_ = welcome.session_dead;
  last_answer_ = parts_.clock.MonotonicNow();
  heartbeats_.clear();
  outbox_.OnWelcome(welcome.ack_through_seq, welcome.credit_bytes);
  for (const auto& [lease, verdict] : welcome.held) {
    if (LeaseRun* run = RunOf(lease); run != nullptr) {
      Obey(*run, verdict);
    }
  }
  HoldIfFull();
  for (Instance& instance : instances_) {
    if (instance.open_request && !is_shutting_down_) {
      parts_.link.Send(*instance.open_request);
    }
  }
  RequestWork();
  BeatLater(welcome.heartbeat);
}

void AgentCore::Obey(LeaseRun& run, LeaseVerdict verdict) {
  switch (verdict) {
    case LeaseVerdict::kKeep:
      run.Renew(hello_sent_);
      return;
    case LeaseVerdict::kFinishAndReport:
      run.Finish("the coordinator asked to finish");
      return;
    case LeaseVerdict::kStop:
    case LeaseVerdict::kUnknown:
      run.Stop("the coordinator asked to stop");
      return;
  }
}

void AgentCore::On(const Refuse& refuse) {
  const std::string why = absl::StrFormat("%s: %s", refuse.code, refuse.reason);
  DropSession("refused, " + why);
  if (refuse.permanent) {
    Exit(absl::FailedPreconditionError("the coordinator refuses this agent: " + why));
    return;
  }
  ConnectLater(refuse.retry_after);
}

void AgentCore::On(const LeaseGrant& grant) {
  if (RunOf(grant.lease) != nullptr) {
    return;
  }
  Instance* instance = InstanceOf(grant.instance);
  if (instance != nullptr && instance->open_request &&
      instance->open_request->request_id == grant.request_id) {
    instance->open_request.reset();
  }
  if (instance == nullptr || is_draining_ || is_shutting_down_) {
    ReturnUnstarted(grant, instance == nullptr ? "no such instance" : "the agent drains");
    return;
  }
  grant_order_[grant.lease] = grants_++;
  LeaseRun::Owner& owner = *this;
  instance->runs.push_back(std::make_unique<LeaseRun>(
      grant, settings_, PlaceFor(*instance, grant.pair), parts_, drive_world_, owner));
  const auto refusal = instance->refused.find(grant.pair.id);
  if (refusal != instance->refused.end() && parts_.clock.MonotonicNow() < refusal->second.until) {
    instance->runs.back()->Refuse(refusal->second.why);
  }
  HoldIfFull();
  StartRuns();
  RequestWork();
}

void AgentCore::On(LeaseQueries& queries) {
  LeaseRun* run = RunOf(queries.lease);
  if (run != nullptr && run->grant().epoch == queries.epoch) {
    run->Add(std::move(queries));
  }
}

void AgentCore::On(const ResultAck& ack) {
  outbox_.OnAck(ack);
  HoldIfFull();
  RequestWork();
  LeaveIfDone();
}

// Leases are renewed from when the heartbeat was sent, so that this host always believes in an
// earlier end than the coordinator.
void AgentCore::On(const HeartbeatAck& ack) {
  const auto sent = heartbeats_.find(ack.seq);
  if (sent == heartbeats_.end()) {
    return;
  }
  failed_sessions_ = 0;
  last_answer_ = parts_.clock.MonotonicNow();
  ForEachRun([at = sent->second](LeaseRun& run) { run.Renew(at); });
  heartbeats_.erase(heartbeats_.begin(), std::next(sent));
}

void AgentCore::On(const LeaseOrder& order) {
  if (LeaseRun* run = RunOf(order.lease); run != nullptr) {
    Obey(*run, order.verdict);
  }
}

void AgentCore::On(const FleetOrder& order) {
  switch (order.kind) {
    case FleetOrderKind::kDrain:
      Drain();
      return;
    case FleetOrderKind::kShutdown:
      Shutdown("the coordinator asked for it");
      return;
  }
}

void AgentCore::BeatLater(std::chrono::milliseconds period) {
  const double jitter = 0.9 + 0.2 * parts_.random.Unit();
  const auto delay = std::chrono::duration_cast<std::chrono::nanoseconds>(period * jitter);
  parts_.runner.PostAfter(delay, WhileInSession([this, period] { Beat(period); }));
}

void AgentCore::Beat(std::chrono::milliseconds period) {
  const MonotonicTime now = parts_.clock.MonotonicNow();
  if (now - last_answer_ > session_dead_) {
    DropSession("the coordinator does not answer");
    ConnectLater({});
    return;
  }
  SendHeartbeat();
  BeatLater(period);
}

void AgentCore::SendHeartbeat() {
  Heartbeat heartbeat{.seq = ++heartbeat_seq_,
                      .health = outbox_.trouble().empty() ? trouble_ : outbox_.trouble()};
  ForEachRun([&heartbeat](LeaseRun& run) {
    if (!run.is_closed()) {
      heartbeat.leases.push_back(run.progress());
    }
  });
  heartbeats_[heartbeat.seq] = parts_.clock.MonotonicNow();
  parts_.link.Send(std::move(heartbeat));
}

}  // namespace wattfleet::agent
