#include "agent/contention/sampled_contention_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wattfleet::agent {

namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr int kDevicesEvery = 5;  // looks
constexpr double kMostOthers = 0.10;
constexpr std::chrono::hours kKept{2};  // longer queries are judged by their last two hours

// Others' share of the processor time between two looks; nothing when it cannot be told. Time that
// ours had and have no more left with a process that nobody waited for.
std::optional<double> OthersShare(const MachineLook& before, const MachineLook& after) {
  if (!before.processors || !after.processors || after.own_ticks < before.own_ticks ||
      after.processors->all <= before.processors->all ||
      after.processors->programs < before.processors->programs) {
    return std::nullopt;
  }
  const auto all = static_cast<double>(after.processors->all - before.processors->all);
  const auto programs =
      static_cast<double>(after.processors->programs - before.processors->programs);
  const auto own = static_cast<double>(after.own_ticks - before.own_ticks);
  return std::max(0.0, programs - own) / all;
}

}  // namespace

SampledContentionWatch::SampledContentionWatch(MachineUse& use, TaskRunner& looker,
                                               TaskRunner& runner, const Clock& clock)
    : use_(use), looker_(looker), runner_(runner), clock_(clock) {}

bool SampledContentionWatch::AllAreKnown() const {
  return std::all_of(stays_.begin(), stays_.end(),
                     [](const auto& stay) { return stay.second.process.has_value(); });
}

ContentionWatch::Stay SampledContentionWatch::Enter(WorkingEngine engine) {
  was_unknown_ = was_unknown_ || !engine.process;
  stays_.emplace(next_stay_, std::move(engine));
  if (!is_looking_) {
    is_looking_ = true;
    last_.reset();
    looks_to_devices_ = 0;
    LookLater({});
  }
  return next_stay_++;
}

void SampledContentionWatch::Leave(Stay stay) {
  stays_.erase(stay);
}

void SampledContentionWatch::LookLater(std::chrono::nanoseconds delay) {
  runner_.PostAfter(delay, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) {
      return;
    }
    if (stays_.empty()) {
      is_looking_ = false;
      return;
    }
    std::set<int> engines;
    for (const auto& [stay, engine] : stays_) {
      if (engine.process) {
        engines.insert(*engine.process);
      }
    }
    const bool with_devices = looks_to_devices_ == 0;
    looks_to_devices_ = (looks_to_devices_ + 1) % kDevicesEvery;
    looker_.Post([this, alive, engines = std::move(engines), with_devices, &use = use_,
                  &runner = runner_, &clock = clock_] {
      const MonotonicTime at = clock.MonotonicNow();
      MachineLook look = use.Look(engines, with_devices);
      runner.Post([this, alive, at, with_devices, look = std::move(look)] {
        if (!alive.expired()) {
          OnLook(at, with_devices, look);
        }
      });
    });
  });
}

void SampledContentionWatch::OnLook(MonotonicTime at, bool with_devices, const MachineLook& look) {
  MachineLook now = look;
  if (last_) {
    if (!with_devices) {
      now.shared_devices = last_->shared_devices;
    }
    spans_.push_back({.start = last_at_,
                      .end = at,
                      .others = was_unknown_ ? std::nullopt : OthersShare(*last_, now),
                      .shared_devices = now.shared_devices});
    while (spans_.front().end + kKept < at) {
      spans_.pop_front();
    }
  }
  last_ = std::move(now);
  last_at_ = at;
  was_unknown_ = !AllAreKnown();
  std::vector<Question> ripe;
  const auto first_open =
      std::stable_partition(questions_.begin(), questions_.end(),
                            [at](const Question& question) { return question.to <= at; });
  std::move(questions_.begin(), first_open, std::back_inserter(ripe));
  questions_.erase(questions_.begin(), first_open);
  for (const Question& question : ripe) {
    question.done(Verdict(question));
  }
  LookLater(kLookEvery);
}

void SampledContentionWatch::Judge(Stay stay, MonotonicTime from, MonotonicTime to,
                                   std::function<void(Flags)> done) {
  const auto engine = stays_.find(stay);
  if (engine == stays_.end() || !engine->second.process) {
    done(0);
    return;
  }
  Question question{.stay = stay, .from = from, .to = to, .done = std::move(done)};
  if (last_ && last_at_ >= to) {
    question.done(Verdict(question));
    return;
  }
  questions_.push_back(std::move(question));
}

Flags SampledContentionWatch::Verdict(const Question& question) const {
  const auto stay = stays_.find(question.stay);
  if (stay == stays_.end()) {
    return 0;
  }
  using Seconds = std::chrono::duration<double>;
  const MonotonicTime to = std::max(question.to, question.from + std::chrono::nanoseconds(1));
  Seconds known{0};
  Seconds others{0};
  for (const Span& span : spans_) {
    const Seconds overlap = std::min(span.end, to) - std::max(span.start, question.from);
    if (overlap.count() <= 0) {
      continue;
    }
    const auto is_shared = [&span](const std::string& device) {
      return span.shared_devices.contains(device);
    };
    if (std::ranges::any_of(stay->second.device_ids, is_shared)) {
      return kFlagContended;
    }
    if (span.others) {
      known += overlap;
      others += *span.others * overlap;
    }
  }
  const bool is_told = 2 * known >= to - question.from;
  return is_told && others > kMostOthers * known ? kFlagContended : 0;
}

}  // namespace wattfleet::agent
