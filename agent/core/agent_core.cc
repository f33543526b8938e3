#include "agent/core/agent_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/core/environment.h"
#include "agent/core/quiet_rule.h"

namespace wattfleet::agent {

namespace {

constexpr std::chrono::seconds kTick{1};
// For the last messages to leave before the process does.
constexpr std::chrono::milliseconds kFarewell{200};

}  // namespace

AgentCore::AgentCore(AgentSettings settings, const AgentParts& parts,
                     std::function<void(absl::Status)> on_exit)
    : settings_(std::move(settings)),
      parts_(parts),
      on_exit_(std::move(on_exit)),
      drive_world_{.runner = parts.runner, .clock = parts.clock, .random = parts.random},
      outbox_(parts, [this](const absl::Status& status) { Exit(status); }) {
  for (const InstanceOffer& offer : settings_.instances) {
    instances_.push_back({.offer = offer,
                          .is_measured = parts_.meter.HasMeasuredChannel(offer.device_ids),
                          .warm_up = std::make_unique<WarmUp>(settings_.warm_up)});
  }
}

AgentCore::~AgentCore() {
  if (!has_exited_) {
    parts_.link.Disconnect();
  }
}

void AgentCore::Start() {
  TickLater();
  RefreshOffers([this](bool) { Connect(); });
}

void AgentCore::Shutdown(const std::string& reason) {
  if (is_shutting_down_ || has_exited_) {
    return;
  }
  parts_.note("shutting down: " + reason);
  is_shutting_down_ = true;
  shutdown_at_ = parts_.clock.MonotonicNow();
  ForEachRun([](LeaseRun& run) { run.Finish("the agent shuts down"); });
  LeaveIfDone();
}

// Asks the engines what they have. `done` hears whether that is something else than before.
void AgentCore::RefreshOffers(std::function<void(bool)> done) {
  is_asking_offers_ = true;
  parts_.engines.Offers([this, alive = std::weak_ptr(alive_),
                         done = std::move(done)](const std::vector<EngineOffer>& offers) {
    if (alive.expired() || has_exited_) {
      return;
    }
    is_asking_offers_ = false;
    offers_at_ = parts_.clock.MonotonicNow();
    bool has_changed = false;
    for (Instance& instance : instances_) {
      has_changed = has_changed || instance.offer.engines != offers;
      instance.offer.engines = offers;
    }
    if (offers.empty() && has_changed) {
      parts_.note("no engine answers");
    }
    done(has_changed);
  });
}

void AgentCore::RequestWork() {
  if (session_ != Session::kLive || is_draining_ || is_shutting_down_ || outbox_.is_blocked() ||
      outbox_.fullness() >= kSpoolNoMoreWork) {
    return;
  }
  for (Instance& instance : instances_) {
    const auto open =
        std::ranges::count_if(instance.runs, [](const auto& run) { return !run->is_ending(); });
    if (!instance.open_request && static_cast<std::size_t>(open) < kLeasesPerInstance) {
      instance.open_request =
          WorkRequest{.request_id = next_request_id_++, .instance = instance.offer.name};
      parts_.link.Send(*instance.open_request);
    }
  }
}

void AgentCore::StartRuns() {
  std::vector<QuietLease> leases;
  std::vector<LeaseRun*> firsts;
  for (Instance& instance : instances_) {
    if (instance.runs.empty()) {
      continue;
    }
    LeaseRun& run = *instance.runs.front();
    leases.push_back({.order = grant_order_[run.grant().lease],
                      .is_measured = instance.is_measured,
                      .is_isolated = run.grant().pair.condition.is_isolated(),
                      .is_running = run.is_started()});
    firsts.push_back(&run);
  }
  const std::vector<bool> may = MayStart(leases);
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    if (may[i] && !firsts[i]->is_started() && !firsts[i]->is_ending()) {
      firsts[i]->Start();
    }
  }
}

void AgentCore::OnBatch(ResultBatch batch) {
  outbox_.Add(std::move(batch));
  HoldIfFull();
}

void AgentCore::HoldIfFull() {
  const bool is_full = outbox_.is_blocked() || outbox_.fullness() >= kSpoolHold;
  ForEachRun([is_full](LeaseRun& run) { run.Hold(is_full); });
}

bool AgentCore::NeedsBaseline(const LeaseRun& run, const EngineIdentity& identity) {
  const Instance& instance = *InstanceOf(run.grant().instance);
  const bool is_stale = parts_.clock.MonotonicNow() - instance.baseline_at >= kBaselineAge;
  return instance.is_measured &&
         (is_stale || instance.baseline_of !=
                          DescribeEnvironment(settings_, instance.offer, run.grant().pair, identity)
                              .facts_json);
}

void AgentCore::OnBaseline(const LeaseRun& run, const EngineIdentity& identity) {
  Instance& instance = *InstanceOf(run.grant().instance);
  instance.baseline_at = parts_.clock.MonotonicNow();
  instance.baseline_of =
      DescribeEnvironment(settings_, instance.offer, run.grant().pair, identity).facts_json;
  instance.warm_up->Begin();  // it has stood still meanwhile
}

WarmUp& AgentCore::WarmUpOf(const LeaseRun& run, const EngineIdentity& identity) {
  Instance& instance = *InstanceOf(run.grant().instance);
  const std::string engine =
      DescribeEnvironment(settings_, instance.offer, run.grant().pair, identity).facts_json;
  if (std::exchange(instance.warm_up_of, engine) != engine) {
    instance.warm_up->Begin();
  }
  return *instance.warm_up;
}

void AgentCore::OnTrouble(const std::string& what) {
  const bool is_news = !what.empty() && what != trouble_;
  trouble_ = what;
  if (!is_news) {
    return;
  }
  parts_.note(what);
  if (session_ == Session::kLive) {
    SendHeartbeat();  // it may be over before the next regular one
  }
}

void AgentCore::OnClosed(LeaseRun& run) {
  parts_.note(absl::StrFormat("lease %d of %s closed after %d units", run.grant().lease.value,
                              PairName(run.grant().pair), run.progress().units_done));
  if (!reap_is_posted_) {
    reap_is_posted_ = true;
    parts_.runner.Post(WhileAlive([this] {
      reap_is_posted_ = false;
      Reap();
    }));
  }
}

void AgentCore::Reap() {
  for (Instance& instance : instances_) {
    std::erase_if(instance.runs, [this](const auto& run) {
      return run->is_closed() && grant_order_.erase(run->grant().lease) == 1;
    });
  }
  StartRuns();
  RequestWork();
  LeaveIfDone();
}

// A lease that was granted and cannot be run is given back in the usual way: by its close.
void AgentCore::ReturnUnstarted(const LeaseGrant& grant, const std::string& why) {
  ResultBatch batch;
  batch.lease = grant.lease;
  batch.pair = grant.pair.id;
  batch.sweep = grant.pair.sweep;
  batch.epoch = grant.epoch;
  batch.environment.facts_json = "{}";
  batch.close = LeaseClose{.outcome = LeaseOutcome::kReleased, .message = why};
  OnBatch(std::move(batch));
}

void AgentCore::TickLater() {
  parts_.runner.PostAfter(kTick, WhileAlive([this] { Tick(); }));
}

void AgentCore::Tick() {
  TickLater();
  StopExpired();
  HoldIfFull();
  RequestWork();
  const MonotonicTime now = parts_.clock.MonotonicNow();
  if (is_shutting_down_ && now >= shutdown_at_ + kShutdownGrace) {
    ForEachRun([](LeaseRun& run) { run.Stop("the agent shuts down"); });
    if (now >= shutdown_at_ + kShutdownGrace + kSettleGrace) {
      Leave();
      return;
    }
  }
  LeaveIfDone();
  if (!HasRuns() && !is_asking_offers_ && !is_shutting_down_ && now - offers_at_ >= kOfferAge) {
    RefreshOffers([this](bool has_changed) {
      if (has_changed && session_ != Session::kNone) {
        DropSession("the engines offer something else");
        Connect();
      }
    });
  }
}

void AgentCore::StopExpired() {
  const MonotonicTime now = parts_.clock.MonotonicNow();
  ForEachRun([now](LeaseRun& run) {
    if (!run.is_ending() && now >= run.expires()) {
      run.Stop("expired: the coordinator did not answer in time");
    }
  });
}

void AgentCore::Drain() {
  is_draining_ = true;
  ForEachRun([](LeaseRun& run) {
    if (!run.is_started()) {
      run.Finish("the agent drains");
    }
  });
}

void AgentCore::LeaveIfDone() {
  const bool has_handed_over = outbox_.is_empty() || session_ != Session::kLive;
  if (is_shutting_down_ && !HasRuns() && has_handed_over) {
    Leave();
  }
}

void AgentCore::Leave() {
  if (is_leaving_ || has_exited_) {
    return;
  }
  is_leaving_ = true;
  if (session_ == Session::kLive) {
    parts_.link.Send(Goodbye{.reason = "shutdown"});
  }
  parts_.runner.PostAfter(kFarewell, WhileAlive([this] { Exit(absl::OkStatus()); }));
}

void AgentCore::Exit(const absl::Status& status) {
  if (has_exited_) {
    return;
  }
  has_exited_ = true;
  parts_.link.Disconnect();
  on_exit_(status);
}

AgentCore::Instance* AgentCore::InstanceOf(const std::string& name) {
  const auto it = std::ranges::find(instances_, name,
                                    [](const Instance& instance) { return instance.offer.name; });
  return it == instances_.end() ? nullptr : &*it;
}

LeaseRun* AgentCore::RunOf(LeaseId lease) {
  LeaseRun* found = nullptr;
  ForEachRun([&found, lease](LeaseRun& run) {
    if (run.grant().lease == lease && !run.is_closed()) {
      found = &run;
    }
  });
  return found;
}

bool AgentCore::HasRuns() const {
  return std::ranges::any_of(instances_,
                             [](const Instance& instance) { return !instance.runs.empty(); });
}

std::function<void()> AgentCore::WhileAlive(std::function<void()> task) const {
  return [this, alive = std::weak_ptr(alive_), task = std::move(task)] {
    if (!alive.expired() && !has_exited_) {
      task();
    }
  };
}

std::function<void()> AgentCore::WhileInSession(std::function<void()> task) const {
  return WhileAlive([this, number = session_number_, task = std::move(task)] {
    if (number == session_number_ && session_ != Session::kNone) {
      task();
    }
  });
}

}  // namespace wattfleet::agent
