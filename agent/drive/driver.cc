#include "agent/drive/driver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/drive/backoff.h"
#include "agent/drive/result_making.h"
#include "common/check/check.h"

namespace wattfleet::agent {

namespace {

constexpr Backoff kRetryBackoff{
    .first = std::chrono::seconds(1), .factor = 2, .cap = std::chrono::seconds(100)};
constexpr std::chrono::milliseconds kRetryAfterMax = std::chrono::minutes(10);
constexpr std::chrono::nanoseconds kRateLimitPatience = std::chrono::minutes(30);

// A streak of failures is the engine's fault once it is this long and over this many units.
constexpr std::int32_t kStreakMax = 5;
constexpr std::size_t kStreakUnits = 3;

constexpr int kUnitsPerTurn = 256;
constexpr int kUnitsPerClockLook = 16;
constexpr std::chrono::milliseconds kTurn{2};

std::size_t SlotsOf(Condition condition) {
  return static_cast<std::size_t>(std::max(1, condition.concurrency));
}

std::string WhatFailed(const InferenceReply& reply) {
  return absl::StrFormat("%s: %s", FailureWords(reply.failure),
                         reply.error.substr(0, kErrorBytesMax));
}

}  // namespace

// Shared with the callbacks of requests in flight. `driver` is touched on the runner alone and is
// null once the driver is gone.
struct Driver::Mailbox {
  struct Reply {
    std::uint64_t request;
    InferenceReply reply;
  };
  Driver* driver = nullptr;
  std::vector<Reply> inline_replies;

  // The mailbox whose driver is within Send on this thread.
  static thread_local Mailbox* sending;
};

thread_local Driver::Mailbox* Driver::Mailbox::sending = nullptr;

Driver::Driver(DriveWorld& world, const DriveOptions& options, Receiver& receiver,
               std::shared_ptr<EngineSlots> slots)
    : world_(world),
      options_(options),
      receiver_(receiver),
      slots_(slots != nullptr
                 ? std::move(slots)
                 : std::make_shared<EngineSlots>(SlotsOf(options.condition), world.runner)),
      mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->driver = this;
}

Driver::~Driver() {
  mailbox_->driver = nullptr;
  slots_->Leave(*this);
  for (std::size_t i = 0; i < in_flight_.size(); ++i) {
    slots_->Release(world_.clock.MonotonicNow());
  }
}

void Driver::Add(std::vector<LeaseQuery> queries, bool last) {
  if (has_last_ || ending_) {
    return;
  }
  for (LeaseQuery& query : queries) {
    waiting_.push_back({.query = std::move(query)});
  }
  has_last_ = last;
  PostPump();
}

void Driver::Start(const DriveEngine& engine) {
  engine_ = engine;
  is_running_ = true;
  has_told_all_sent_ = false;
  suspicion_.clear();
  slots_->Join(*this);
  PostPump();
}

void Driver::Hold(bool held) {
  is_held_ = held;
  PostPump();
}

void Driver::Finish() {
  Conclude(DriveEnd::kStopped, "");
  PostPump();
}

void Driver::Stop() {
  Conclude(DriveEnd::kStopped, "");
  if (!in_flight_.empty()) {
    engine_.backend->CancelAll();
  }
  PostPump();
}

void Driver::Abandon(const std::string& why) {
  BlameEngine(why);
  PostPump();
}

void Driver::OnRoom() {
  if (CanSend()) {
    PostPump();
  }
}

void Driver::OnDoubt(const std::string& why) {
  if (is_running_ && !ending_ && suspicion_.empty()) {
    suspicion_ = why;
    PostPump();
  }
}

bool Driver::CanSend() const {
  return is_running_ && !is_held_ && !ending_ && suspicion_.empty() && !waiting_.empty() &&
         slots_->HasRoom();
}

void Driver::Pump() {
  if (is_pumping_ || has_ended_) {
    return;
  }
  is_pumping_ = true;
  const MonotonicTime turn_ends = world_.clock.MonotonicNow() + kTurn;
  for (int sent = 1; CanSend(); ++sent) {
    SendNext();
    TakeInlineReplies();
    const bool look = sent % kUnitsPerClockLook == 0;
    if (sent == kUnitsPerTurn || (look && world_.clock.MonotonicNow() >= turn_ends)) {
      PostPump();
      break;
    }
  }
  is_pumping_ = false;
  if (slots_->HasRoom()) {
    slots_->Wake(this);
  }
  TellWhenAllSent();
  MaybeEnd();
}

void Driver::TellWhenAllSent() {
  const bool sent_all = is_running_ && !ending_ && suspicion_.empty() && has_sent_all();
  if (std::exchange(has_told_all_sent_, sent_all) != sent_all && sent_all) {
    receiver_.OnAllSent();
  }
}

void Driver::PostPump() {
  if (pump_is_posted_) {
    return;
  }
  pump_is_posted_ = true;
  world_.runner.Post([mailbox = mailbox_] {
    if (mailbox->driver != nullptr) {
      mailbox->driver->pump_is_posted_ = false;
      mailbox->driver->Pump();
    }
  });
}

void Driver::SendNext() {
  Flight flight{.unit = std::move(waiting_.front()),
                .scheduled = world_.clock.MonotonicNow(),
                .sent_unix_ms = UnixMillis(world_.clock.WallNow())};
  waiting_.pop_front();
  flight.load_before = slots_->LoadAt(flight.scheduled);
  if (engine_.warm_up != nullptr) {
    flight.flags = engine_.warm_up->OnSend(
        flight.scheduled, engine_.account->IsPowerSteady() && engine_.account->IsHeatSteady());
  }
  // Channels say themselves that their power had not settled.
  flight.flags |= engine_.account->IsHeatSteady() ? 0 : kFlagNotSteady;
  const std::uint64_t id = world_.next_request_id++;
  const LeaseQuery& query = flight.unit.query;
  InferenceRequest request{.id = id,
                           .query_id = query.query_id,
                           .system = query.system,
                           .prompt = query.prompt,
                           .generation = options_.generation,
                           .timeouts = options_.timeouts};
  engine_.account->RequestStarted(id, flight.scheduled);
  slots_->Take(flight.scheduled);
  in_flight_.emplace(id, std::move(flight));
  Mailbox* const outer = std::exchange(Mailbox::sending, mailbox_.get());
  engine_.backend->Send(std::move(request),
                        [mailbox = mailbox_, &runner = world_.runner, id](InferenceReply reply) {
                          if (Mailbox::sending == mailbox.get()) {
                            mailbox->inline_replies.push_back({id, std::move(reply)});
                            return;
                          }
                          runner.Post([mailbox, id, reply = std::move(reply)]() mutable {
                            if (mailbox->driver != nullptr) {
                              mailbox->driver->OnReply(id, std::move(reply));
                              mailbox->driver->Pump();
                            }
                          });
                        });
  Mailbox::sending = outer;
}

void Driver::TakeInlineReplies() {
  for (Mailbox::Reply& reply : std::exchange(mailbox_->inline_replies, {})) {
    OnReply(reply.request, std::move(reply.reply));
  }
}

void Driver::OnReply(std::uint64_t request, InferenceReply reply) {
  const auto it = in_flight_.find(request);
  WF_CHECK(it != in_flight_.end());
  Flight flight = std::move(it->second);
  in_flight_.erase(it);
  const MonotonicTime now = world_.clock.MonotonicNow();
  const double ns = std::chrono::duration<double, std::nano>(now - flight.scheduled).count();
  if (slots_->limit() > 1 && ns > 0) {
    flight.in_flight_mean = (slots_->LoadAt(now) - flight.load_before) / ns;
  }
  slots_->Release(now);
  Guard(reply);
  const Judgement judgement = JudgeReply(reply, flight.unit.tries > 0);
  if (judgement == Judgement::kResult) {
    NoteSuccess();
    EndWithResult(request, std::move(flight), std::move(reply));
    return;
  }
  EndUncounted(request, reply);
  if (ending_) {
    return;
  }
  switch (judgement) {
    case Judgement::kRetry:
      RetryLater(std::move(flight), reply, false);
      break;
    case Judgement::kEngineSuspect:
      RetryLater(std::move(flight), reply, true);
      break;
    case Judgement::kRateLimited:
      WaitForRate(std::move(flight), reply);
      break;
    case Judgement::kBlocked:
      Conclude(DriveEnd::kBlocked, WhatFailed(reply));
      break;
    case Judgement::kCancelled:
      waiting_.push_front(std::move(flight.unit));
      break;
    case Judgement::kResult:
      break;
  }
}

void Driver::EndWithResult(std::uint64_t request, Flight flight, InferenceReply reply) {
  const MonotonicTime sent = reply.sent;
  const MonotonicTime done = reply.done;
  const std::optional<Microjoules> recorded = reply.recorded_energy;
  RequestRecord record{.unit = flight.unit.query.unit,
                       .scheduled = flight.scheduled,
                       .sent_unix_ms = flight.sent_unix_ms,
                       .in_flight_mean = flight.in_flight_mean,
                       .concurrency = options_.condition.concurrency,
                       .flags = engine_.flags | flight.flags};
  if (flight.unit.tries > 0) {
    record.flags |= kFlagRetried;
  }
  if (reply.ttft_ns && !reply.recorded_duration_ns) {
    engine_.account->RequestFirstToken(request,
                                       reply.sent + std::chrono::nanoseconds(*reply.ttft_ns));
  }
  Result result = MakeResult(record, std::move(reply));
  ++settling_;
  engine_.account->RequestAnswers(request, record.unit);
  engine_.account->RequestEnded(
      request, done, RequestFate::kCounted,
      [mailbox = mailbox_, recorded, sent, done,
       result = std::move(result)](std::vector<ChannelEnergy> energy) mutable {
        if (mailbox->driver == nullptr) {
          return;
        }
        result.energy = std::move(energy);
        Driver& driver = *mailbox->driver;
        if (recorded) {
          const auto channel =
              static_cast<std::uint32_t>(driver.engine_.account->channels().size());
          result.energy.push_back(
              {.channel = channel, .status = EnergyStatus::kImported, .gross = *recorded});
          driver.recorded_total_ = driver.recorded_total() + *recorded;
        }
        driver.JudgeAndDeliver(std::move(result), sent, done);
      });
}

void Driver::JudgeAndDeliver(Result result, MonotonicTime sent, MonotonicTime done) {
  if (engine_.contention == nullptr) {
    Deliver(std::move(result));
    return;
  }
  engine_.contention->Judge(engine_.stay, sent, done,
                            [mailbox = mailbox_, result = std::move(result)](Flags flags) mutable {
                              if (mailbox->driver != nullptr) {
                                result.flags |= flags;
                                mailbox->driver->Deliver(std::move(result));
                              }
                            });
}

void Driver::EndUncounted(std::uint64_t request, const InferenceReply& reply) {
  ++settling_;
  engine_.account->RequestEnded(request, reply.done, RequestFate::kUncounted,
                                [mailbox = mailbox_](const std::vector<ChannelEnergy>&) {
                                  if (mailbox->driver != nullptr) {
                                    --mailbox->driver->settling_;
                                    mailbox->driver->PostPump();
                                  }
                                });
}

void Driver::Deliver(Result result) {
  --settling_;
  ++units_done_;
  receiver_.OnResult(std::move(result));
  if (settling_ == 0 && !is_pumping_) {
    PostPump();
  }
}

void Driver::RetryLater(Flight flight, const InferenceReply& reply, bool engine_is_suspect) {
  const Unit unit = flight.unit.query.unit;
  const std::string why = WhatFailed(reply);
  ++failures_in_a_row_;
  failing_units_.insert(unit);
  if (++flight.unit.tries >= options_.tries) {
    ++units_done_;
    failures_.push_back({.unit = unit, .failure = reply.failure, .message = why});
  } else {
    waiting_.push_back(std::move(flight.unit));
  }
  if (failures_in_a_row_ >= kStreakMax && failing_units_.size() >= kStreakUnits) {
    BlameEngine(why);
    return;
  }
  if (engine_is_suspect) {
    slots_->Doubt(why);
    engine_.backend->CancelAll();
  } else {
    slots_->PauseFor(kRetryBackoff.Spread(failures_in_a_row_ - 1, world_.random));
  }
}

void Driver::WaitForRate(Flight flight, const InferenceReply& reply) {
  const std::chrono::nanoseconds delay =
      reply.retry_after ? std::chrono::nanoseconds(std::clamp(
                              *reply.retry_after, std::chrono::milliseconds(0), kRetryAfterMax))
                        : kRetryBackoff.Spread(std::min(failures_in_a_row_, 6), world_.random);
  waiting_.push_front(std::move(flight.unit));
  rate_limited_for_ += delay;
  if (rate_limited_for_ > kRateLimitPatience) {
    Conclude(DriveEnd::kEngineFailed, "without end " + WhatFailed(reply));
    return;
  }
  slots_->PauseFor(delay);
}

// The time since the request's end is part of the pause.
void Driver::Guard(const InferenceReply& reply) {
  const QueryGuard& guard = engine_.guard;
  if (guard.pause.count() == 0 || !options_.condition.is_isolated() ||
      reply.done - reply.sent > guard.skip_above) {
    return;
  }
  const std::chrono::nanoseconds left = guard.pause - (world_.clock.MonotonicNow() - reply.done);
  if (left.count() > 0) {
    slots_->PauseFor(left);
  }
}

void Driver::NoteSuccess() {
  if (failures_in_a_row_ > 0) {
    failures_in_a_row_ = 0;
    failing_units_.clear();
    failures_before_streak_ = failures_.size();
  }
  rate_limited_for_ = {};
}

// The units that failed since the last success are not to blame, and stay without a result.
void Driver::BlameEngine(const std::string& why) {
  if (ending_) {
    return;
  }
  units_done_ -= static_cast<std::int64_t>(failures_.size() - failures_before_streak_);
  failures_.resize(failures_before_streak_);
  Conclude(DriveEnd::kEngineFailed, why);
  if (!in_flight_.empty()) {
    engine_.backend->CancelAll();
  }
}

void Driver::Conclude(DriveEnd end, std::string message) {
  if (!ending_) {
    ending_ = DriveReport{.end = end, .message = std::move(message), .failures = {}};
  }
}

void Driver::MaybeEnd() {
  if (has_ended_ || is_pumping_ || !in_flight_.empty() || settling_ > 0) {
    return;
  }
  if (!ending_ && !suspicion_.empty()) {
    if (std::exchange(is_running_, false)) {
      slots_->Leave(*this);
      receiver_.OnEngineSuspect(suspicion_);
    }
    return;
  }
  if (!ending_ && has_last_ && waiting_.empty()) {
    Conclude(DriveEnd::kFinished, "");
  }
  if (ending_) {
    has_ended_ = true;
    slots_->Leave(*this);
    ending_->failures = failures_;
    receiver_.OnEnd(*std::move(ending_));
  }
}

}  // namespace wattfleet::agent
