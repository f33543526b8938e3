#include "agent/core/lease_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/core/environment.h"
#include "agent/drive/backoff.h"

namespace wattfleet::agent {

namespace {

constexpr Backoff kEngineBackoff{
    .first = std::chrono::seconds(1), .factor = 2, .cap = std::chrono::seconds(30)};

// What a result weighs in a batch beside its body, roughly.
constexpr std::size_t kResultBytes = 120;

DriveOptions OptionsOf(const PairSpec& pair) {
  return {.condition = pair.condition,
          .generation = pair.generation,
          .timeouts = pair.timeouts,
          .tries = std::max(1, pair.retry.errors)};
}

// An engine that will not do for this build, however often it is asked.
bool IsHopeless(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

}  // namespace

LeaseRun::LeaseRun(const LeaseGrant& grant, const AgentSettings& settings, LeasePlace place,
                   const AgentParts& parts, DriveWorld& world, Owner& owner)
    : grant_(grant),
      settings_(settings),
      place_(std::move(place)),
      instance_(place_.offer),
      parts_(parts),
      world_(world),
      owner_(owner),
      account_(std::make_unique<NoEnergyAccount>()),
      driver_(world, OptionsOf(grant.pair), *this, place_.slots),
      expires_(parts.clock.MonotonicNow() + grant.ttl) {
  environment_.facts_json = "{}";
}

LeaseRun::~LeaseRun() {
  if (probe_ != nullptr) {
    probe_->Abandon();
  }
  LeaveWatch();
}

void LeaseRun::Add(LeaseQueries queries) {
  if (!lost_queries_) {
    driver_.Add(std::move(queries.queries), queries.last);
  }
}

void LeaseRun::OnDisconnected() {
  if (!driver_.has_all_queries()) {
    lost_queries_ = true;
    driver_.Add({}, true);
  }
}

void LeaseRun::Start() {
  stage_ = Stage::kPreparing;
  Acquire();
}

bool LeaseRun::CanFollow(const LeaseRun& before) const {
  return before.is_in_tail() && before.grant_.pair.id == grant_.pair.id && !before.grant_.alone &&
         !grant_.alone && parts_.clock.MonotonicNow() - before.engine_since_ < kBaselineAge &&
         !(before.is_seen_ && owner_.NeedsBaseline(before));
}

void LeaseRun::Follow(const LeaseRun& before) {
  stage_ = Stage::kPreparing;
  engine_since_ = before.engine_since_;
  OnEngine(before.engine_);
}

bool LeaseRun::is_in_tail() const {
  return stage_ == Stage::kDriving && !is_ending_ && !grant_.pair.condition.is_isolated() &&
         driver_.has_sent_all();
}

void LeaseRun::OnAllSent() {
  if (is_in_tail()) {
    owner_.OnMayFollow();
  }
}

void LeaseRun::Finish(const std::string& why) {
  EndAs(LeaseOutcome::kReleased, why);
  driver_.Finish();
}

void LeaseRun::Stop(const std::string& why) {
  EndAs(LeaseOutcome::kReleased, why);
  driver_.Stop();
}

void LeaseRun::Refuse(const std::string& why) {
  EndAs(LeaseOutcome::kNotConcurrent, why);
  driver_.Stop();
}

void LeaseRun::EndAs(LeaseOutcome outcome, std::string message) {
  is_ending_ = true;
  if (!outcome_) {
    outcome_ = outcome;
    message_ = std::move(message);
  }
}

LeaseProgress LeaseRun::progress() const {
  LeaseProgress progress{
      .lease = grant_.lease, .epoch = grant_.epoch, .units_done = driver_.units_done()};
  if (driving_since_) {
    const double seconds =
        std::chrono::duration<double>(parts_.clock.MonotonicNow() - *driving_since_).count();
    progress.units_per_second =
        seconds > 0 ? static_cast<double>(progress.units_done) / seconds : 0;
  }
  return progress;
}

void LeaseRun::Acquire() {
  ++engine_tries_;
  const PairSpec& pair = grant_.pair;
  parts_.engines.Acquire(instance_.name, pair.build, std::max(1, pair.condition.concurrency),
                         pair.generation.context_tokens,
                         [this, alive = std::weak_ptr(alive_)](absl::StatusOr<ReadyEngine> engine) {
                           if (!alive.expired() && !is_ending_) {
                             engine_since_ = parts_.clock.MonotonicNow();
                             OnEngine(std::move(engine));
                           }
                         });
}

void LeaseRun::OnEngine(absl::StatusOr<ReadyEngine> engine) {
  if (!engine.ok()) {
    OnEngineMissing(engine.status());
    return;
  }
  Flush();  // what came before was made under the environment as it was
  engine_ = *std::move(engine);
  const bool is_replay = SealOf(engine_.identity, grant_.pair.build).engine_kind == "replay";
  is_seen_ = engine_.co_located && !is_replay;
  EnterWatch();
  environment_ =
      DescribeEnvironment(settings_, instance_, grant_.pair, engine_.identity,
                          {.guard = is_seen_ ? place_.guard : QueryGuard{},
                           .watches_others = stay_.has_value() && engine_.process.has_value(),
                           .steady_by = is_seen_ ? place_.steady_by : ""});
  if (grant_.seal && *grant_.seal != environment_.seal) {
    EndAs(LeaseOutcome::kBuildMismatch, MismatchText(*grant_.seal, environment_.seal));
    driver_.Stop();
    return;
  }
  if (!has_account_ && is_seen_) {
    has_account_ = true;
    account_ = parts_.meter.OpenAccount(instance_.device_ids, parts_.runner);
  }
  Prove();
}

// Recordings and made-up answers work in this process.
void LeaseRun::EnterWatch() {
  LeaveWatch();
  const std::string kind = SealOf(engine_.identity, grant_.pair.build).engine_kind;
  const bool works_elsewhere = !engine_.co_located || kind == "replay" || kind == "synthetic";
  if (parts_.contention != nullptr && !works_elsewhere && !parts_.meter.ChannelNames().empty()) {
    stay_ =
        parts_.contention->Enter({.process = engine_.process, .device_ids = instance_.device_ids});
  }
}

void LeaseRun::LeaveWatch() {
  if (stay_) {
    parts_.contention->Leave(*std::exchange(stay_, std::nullopt));
  }
}

// Recordings and made-up answers have no model that could overlap anything.
void LeaseRun::Prove() {
  const bool has_model =
      environment_.seal.engine_kind != "replay" && environment_.seal.engine_kind != "synthetic";
  if (grant_.pair.condition.concurrency < 2 || !has_model || !owner_.NeedsProof(*this)) {
    MeasureBaseline();
    return;
  }
  probe_ = std::make_shared<ConcurrencyProbe>(world_, OptionsOf(grant_.pair), EngineToDrive());
  probe_->Start([this](const absl::StatusOr<Overlap>& overlap) { OnProbed(overlap); });
}

void LeaseRun::OnProbed(const absl::StatusOr<Overlap>& overlap) {
  probe_.reset();
  if (!overlap.ok()) {
    OnEngineMissing(overlap.status());
    return;
  }
  if (!overlap->is_proven()) {
    const std::string what =
        absl::StrFormat("%s on %s: %s", grant_.pair.build.engine, instance_.name, overlap->Text());
    owner_.OnTrouble(what);
    owner_.OnNotConcurrent(*this, what);
    Refuse(what);
    return;
  }
  owner_.OnProven(*this);
  MeasureBaseline();
}

void LeaseRun::MeasureBaseline() {
  if (!is_seen_ || !owner_.NeedsBaseline(*this)) {
    Drive();
    return;
  }
  parts_.meter.MeasureBaseline(instance_.device_ids, parts_.runner, WhileOpen([this] {
                                 owner_.OnBaseline(*this);
                                 Drive();
                               }));
}

void LeaseRun::OnEngineMissing(const absl::Status& status) {
  const std::string what =
      absl::StrFormat("%s on %s: %s", grant_.pair.build.engine, instance_.name, status.message());
  owner_.OnTrouble(what);
  if (IsHopeless(status)) {
    EndAs(LeaseOutcome::kEngineBlocked, what);
    driver_.Stop();
    return;
  }
  if (engine_tries_ >= std::max(1, grant_.pair.retry.crashes)) {
    EndAs(LeaseOutcome::kFailed, what);
    driver_.Abandon(what);
    return;
  }
  parts_.runner.PostAfter(kEngineBackoff.Spread(engine_tries_ - 1, parts_.random),
                          WhileOpen([this] { Acquire(); }));
}

void LeaseRun::Drive() {
  stage_ = Stage::kDriving;
  if (!driving_since_) {
    driving_since_ = parts_.clock.MonotonicNow();
  }
  DriveEngine engine = EngineToDrive();
  if (environment_.seal.engine_kind != "replay") {
    engine.warm_up = &owner_.WarmUpOf(*this);
    if (std::exchange(was_suspect_, false)) {
      engine.warm_up->Begin();
    }
  }
  driver_.Start(engine);
}

DriveEngine LeaseRun::EngineToDrive() const {
  Flags flags = engine_.co_located ? 0 : kFlagRemoteServer;
  if (!engine_.identity.dropped_parameters.empty()) {
    flags |= kFlagParameterDropped;
  }
  if (!engine_.identity.prefix_cache_controlled && !grant_.pair.generation.cache_as_served) {
    flags |= kFlagPrefixCacheUncontrolled;
  }
  return {.backend = engine_.backend,
          .account = account_.get(),
          .flags = flags,
          .guard = is_seen_ ? place_.guard : QueryGuard{},
          .contention = stay_ ? parts_.contention : nullptr,
          .stay = stay_.value_or(0)};
}

void LeaseRun::OnResult(Result result) {
  if (engine_tries_ > 0) {
    engine_tries_ = 0;
    owner_.OnTrouble("");
  }
  const std::size_t bytes = result.body_zstd.size() + kResultBytes;
  if (!results_.empty() && result_bytes_ + bytes > 4 * kBatchBytes) {
    Flush();
  }
  result_bytes_ += bytes;
  results_.push_back(std::move(result));
  if (results_.size() >= kBatchResults || result_bytes_ >= kBatchBytes) {
    Flush();
  } else {
    FlushSoon();
  }
}

void LeaseRun::OnEngineSuspect(const std::string& why) {
  if (!owner_.LooksAfterEngine(*this)) {
    stage_ = Stage::kWaiting;  // for the one ahead to mend it or to end
    owner_.OnMayFollow();
    return;
  }
  owner_.OnTrouble(absl::StrFormat("%s on %s: %s", grant_.pair.build.engine, instance_.name, why));
  parts_.engines.Distrust(instance_.name);
  was_suspect_ = true;
  stage_ = Stage::kPreparing;
  parts_.runner.PostAfter(kEngineBackoff.Spread(engine_tries_, parts_.random),
                          WhileOpen([this] { Acquire(); }));
}

void LeaseRun::OnEnd(DriveReport report) {
  is_ending_ = true;
  if (probe_ != nullptr) {
    std::exchange(probe_, nullptr)->Abandon();
  }
  if (report.end == DriveEnd::kEngineFailed) {
    owner_.OnTrouble(report.message);
    parts_.engines.Distrust(instance_.name);
  }
  if (!report.failures.empty()) {
    Flush();  // failures may fill a batch of their own
  }
  std::vector<LedgerEntry> ledger = CloseBooks();
  SendTrace(account_->TakeTrace());
  ResultBatch batch = NewBatch();
  batch.results = std::exchange(results_, {});
  batch.close = LeaseClose{.outcome = OutcomeOf(report),
                           .message = outcome_ ? message_ : report.message,
                           .failures = std::move(report.failures),
                           .ledger = std::move(ledger)};
  if (!outcome_ && lost_queries_) {
    batch.close->message = "the connection was lost before all queries had come";
  }
  stage_ = Stage::kClosed;
  LeaveWatch();
  owner_.OnBatch(std::move(batch));
  owner_.OnClosed(*this);
}

LeaseOutcome LeaseRun::OutcomeOf(const DriveReport& report) const {
  if (outcome_) {
    return *outcome_;
  }
  switch (report.end) {
    case DriveEnd::kFinished:
      if (!report.failures.empty()) {
        return LeaseOutcome::kFailed;
      }
      return lost_queries_ ? LeaseOutcome::kReleased : LeaseOutcome::kCompleted;
    case DriveEnd::kStopped:
      return LeaseOutcome::kReleased;
    case DriveEnd::kEngineFailed:
      return LeaseOutcome::kFailed;
    case DriveEnd::kBlocked:
      return LeaseOutcome::kEngineBlocked;
  }
  return LeaseOutcome::kFailed;
}

std::vector<LedgerEntry> LeaseRun::CloseBooks() {
  std::vector<LedgerEntry> ledger = account_->Close();
  if (driver_.saw_recorded_energy()) {
    ledger.push_back({.channel = static_cast<std::uint32_t>(account_->channels().size()),
                      .total = driver_.recorded_total(),
                      .attributed = driver_.recorded_total()});
  }
  return ledger;
}

// After the results, before the close: whoever has the close has the trace.
void LeaseRun::SendTrace(const std::string& trace) {
  const std::size_t parts = (trace.size() + kTracePartBytesMax - 1) / kTracePartBytesMax;
  if (parts == 0 || parts > kTracePartsMax) {
    return;
  }
  Flush();
  for (std::size_t part = 0; part < parts; ++part) {
    ResultBatch batch = NewBatch();
    batch.trace = TracePart{.part = static_cast<std::int32_t>(part),
                            .parts = static_cast<std::int32_t>(parts),
                            .bytes = trace.substr(part * kTracePartBytesMax, kTracePartBytesMax)};
    owner_.OnBatch(std::move(batch));
  }
}

ResultBatch LeaseRun::NewBatch() const {
  ResultBatch batch;
  batch.lease = grant_.lease;
  batch.pair = grant_.pair.id;
  batch.sweep = grant_.pair.sweep;
  batch.epoch = grant_.epoch;
  batch.environment = environment_;
  batch.channels = account_->channels();
  if (driver_.saw_recorded_energy()) {
    batch.channels.push_back({.name = "recorded",
                              .source = "recorded",
                              .scope = Scope::kModelled,
                              .facts_json = R"({"from":"the recording"})"});
  }
  return batch;
}

void LeaseRun::FlushSoon() {
  if (flush_is_posted_) {
    return;
  }
  flush_is_posted_ = true;
  parts_.runner.PostAfter(kBatchAge, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) {
      flush_is_posted_ = false;
      Flush();
    }
  });
}

void LeaseRun::Flush() {
  if (results_.empty()) {
    return;
  }
  ResultBatch batch = NewBatch();
  batch.results = std::exchange(results_, {});
  result_bytes_ = 0;
  owner_.OnBatch(std::move(batch));
}

std::function<void()> LeaseRun::WhileOpen(std::function<void()> task) const {
  return [this, alive = std::weak_ptr(alive_), task = std::move(task)] {
    if (!alive.expired() && !is_ending_) {
      task();
    }
  };
}

}  // namespace wattfleet::agent
