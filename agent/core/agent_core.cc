#include "agent/core/agent_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace wattfleet::agent {

namespace {

constexpr std::chrono::seconds kTick{1};
// For the last messages to leave before the process does.
constexpr std::chrono::milliseconds kFarewell{200};

QueryGuard GuardFor(const GuardRule& rule, const MeasuredChannels& measured) {
  QueryGuard guard{.skip_above = rule.skip_above};
  for (const std::chrono::nanoseconds period : measured.update_periods) {
    if (rule.pause) {
      guard.pause = *rule.pause;
    } else if (period <= kGuardedUpdate) {
      guard.pause = std::max(guard.pause, 2 * period);
    }
  }
  return guard;
}

std::string SteadyBy(const MeasuredChannels& measured) {
  if (measured.of_devices == 0) {
    return "";
  }
  return measured.with_temperature == 0                     ? "power"
         : measured.with_temperature == measured.of_devices ? "power and temperature"
                                                            : "power, and some temperatures";
}

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
                          .measured = parts_.meter.Measured(offer.device_ids),
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
    const auto open = std::ranges::count_if(
        instance.runs, [](const auto& run) { return !run->is_ending() && !run->is_in_tail(); });
    if (!instance.open_request && static_cast<std::size_t>(open) < kLeasesPerInstance) {
      instance.open_request =
          WorkRequest{.request_id = next_request_id_++, .instance = instance.offer.name};
      parts_.link.Send(*instance.open_request);
    }
  }
}

void AgentCore::StartRuns() {
  std::vector<QuietLease> leases;
  std::vector<Turn> turns;
  for (Instance& instance : instances_) {
    CollectTurns(instance, leases, turns);
  }
  const std::vector<bool> may = MayStart(leases);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const Turn& turn = turns[i];
    if (!may[i] || turn.run->is_started() || turn.run->is_ending()) {
      continue;
    }
    if (turn.before == nullptr) {
      turn.run->Start();
    } else {
      turn.run->Follow(*turn.before);
    }
  }
}

// The runs of an instance that have started, and the one whose turn it is: the first, or one that
// can follow the last of those before it.
void AgentCore::CollectTurns(Instance& instance, std::vector<QuietLease>& leases,
                             std::vector<Turn>& turns) {
  const LeaseRun* before = nullptr;
  for (const auto& run : instance.runs) {
    if (run->is_closed()) {
      continue;
    }
    const bool is_next = !run->is_started();
    if (is_next && before != nullptr && !run->CanFollow(*before)) {
      return;
    }
    leases.push_back({.order = grant_order_[run->grant().lease],
                      .channels = instance.measured.names,
                      .is_isolated = run->grant().pair.condition.is_isolated(),
                      .is_running = run->is_started()});
    turns.push_back({.run = run.get(), .before = before});
    if (is_next) {
      return;
    }
    before = run.get();
  }
}

LeasePlace AgentCore::PlaceFor(Instance& instance, const PairSpec& pair) {
  if (instance.slots == nullptr || instance.slots_of != pair.id) {
    const auto limit = static_cast<std::size_t>(std::max(1, pair.condition.concurrency));
    instance.slots = std::make_shared<EngineSlots>(limit, parts_.runner);
    instance.slots_of = pair.id;
  }
  return {.offer = instance.offer,
          .guard = GuardFor(settings_.guard, instance.measured),
          .steady_by = SteadyBy(instance.measured),
          .slots = instance.slots};
}

void AgentCore::OnBatch(ResultBatch batch) {
  outbox_.Add(std::move(batch));
  HoldIfFull();
}

void AgentCore::HoldIfFull() {
  const bool is_full = outbox_.is_blocked() || outbox_.fullness() >= kSpoolHold;
  ForEachRun([is_full](LeaseRun& run) { run.Hold(is_full); });
}

bool AgentCore::NeedsBaseline(const LeaseRun& run) {
  const Instance& instance = *InstanceOf(run.grant().instance);
  return !instance.measured.names.empty() &&
         (IsBaselineStale(instance) || instance.baseline_of != run.environment().facts_json);
}

bool AgentCore::IsBaselineStale(const Instance& instance) const {
  const auto age = parts_.clock.MonotonicNow() - instance.baseline_at;
  return age >= kBaselineAge ||
         (age >= kHeatedBaselineAge &&
          parts_.meter.HeatChanges(instance.offer.device_ids) != instance.baseline_heat);
}

void AgentCore::CutStale() {
  for (Instance& instance : instances_) {
    if (instance.measured.names.empty() || !IsBaselineStale(instance)) {
      continue;
    }
    for (const auto& run : instance.runs) {
      if (run->MayBeCut()) {
        run->Finish("the idle power of its devices is due to be measured again");
      }
    }
  }
}

void AgentCore::OnBaseline(const LeaseRun& run) {
  Instance& instance = *InstanceOf(run.grant().instance);
  instance.baseline_at = parts_.clock.MonotonicNow();
  instance.baseline_heat = parts_.meter.HeatChanges(instance.offer.device_ids);
  instance.baseline_of = run.environment().facts_json;
  instance.warm_up->Begin();  // it has stood still meanwhile
}

WarmUp& AgentCore::WarmUpOf(const LeaseRun& run) {
  Instance& instance = *InstanceOf(run.grant().instance);
  const std::string& engine = run.environment().facts_json;
  if (std::exchange(instance.warm_up_of, engine) != engine) {
    instance.warm_up->Begin();
  }
  return *instance.warm_up;
}

bool AgentCore::NeedsProof(const LeaseRun& run) {
  return !InstanceOf(run.grant().instance)->proven.contains(run.environment().facts_json);
}

void AgentCore::OnProven(const LeaseRun& run) {
  InstanceOf(run.grant().instance)->proven.insert(run.environment().facts_json);
}

void AgentCore::OnNotConcurrent(const LeaseRun& run, const std::string& why) {
  Instance& instance = *InstanceOf(run.grant().instance);
  instance.refused[run.grant().pair.id] = {.why = why,
                                           .until = parts_.clock.MonotonicNow() + kRefusalAge};
  for (const auto& other : instance.runs) {
    if (!other->is_started() && other->grant().pair.id == run.grant().pair.id) {
      other->Refuse(why);
    }
  }
}

bool AgentCore::LooksAfterEngine(const LeaseRun& run) {
  for (const auto& other : InstanceOf(run.grant().instance)->runs) {
    if (other.get() == &run) {
      return true;
    }
    if (other->is_started() && !other->is_closed()) {
      return false;
    }
  }
  return true;
}

// Posted: whoever says so is in the middle of a turn.
void AgentCore::OnMayFollow() {
  parts_.runner.Post(WhileAlive([this] {
    StartRuns();
    RequestWork();
  }));
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
  CutStale();
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
