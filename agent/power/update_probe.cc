#include "agent/power/update_probe.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/check/check.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kShortestPoll = milliseconds(10);
constexpr nanoseconds kLongestPoll = milliseconds(100);

std::int64_t Quantile(std::vector<std::int64_t> sorted, double share) {
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[index];
}

std::string WithProbedFacts(const std::string& facts_json, const UpdatePeriod& period) {
  const auto milliseconds_of = [](nanoseconds span) {
    return std::chrono::duration<double, std::milli>(span).count();
  };
  nlohmann::json facts = nlohmann::json::parse(facts_json, nullptr, false);
  if (!facts.is_object()) {
    facts = nlohmann::json::object();
  }
  facts["update_period_ms"] = milliseconds_of(period.median);
  facts["update_period_probed_ms"] = {{"median", milliseconds_of(period.median)},
                                      {"min", milliseconds_of(period.least)},
                                      {"p95", milliseconds_of(period.p95)}};
  return facts.dump();
}

class ProbedSource final : public PowerSource {
 public:
  ProbedSource(std::unique_ptr<PowerSource> source, std::vector<ChannelSpec> specs,
               nanoseconds poll_period)
      : source_(std::move(source)), specs_(std::move(specs)), poll_period_(poll_period) {}

  const std::string& name() const override { return source_->name(); }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  nanoseconds poll_period() const override { return poll_period_; }
  std::optional<ProbeTerms> probe_terms() const override { return source_->probe_terms(); }
  void Read(std::span<ChannelValue> values) override { source_->Read(values); }

 private:
  const std::unique_ptr<PowerSource> source_;
  const std::vector<ChannelSpec> specs_;
  const nanoseconds poll_period_;
};

}  // namespace

void ChangeGaps::Add(std::int64_t at_ns, const ChannelValue& value) {
  if (value.fault != ReadFault::kNone) {
    has_last_ = false;
    last_change_ns_.reset();
    return;
  }
  ++values_;
  if (has_last_) {
    reads_ns_.push_back(at_ns - last_ns_);
    if (value.raw != last_raw_ || value.elapsed != last_elapsed_) {
      ++changes_;
      const std::int64_t change_ns = last_ns_ + (at_ns - last_ns_) / 2;
      if (last_change_ns_) {
        gaps_ns_.push_back(change_ns - *last_change_ns_);
      }
      last_change_ns_ = change_ns;
    }
  }
  has_last_ = true;
  last_raw_ = value.raw;
  last_elapsed_ = value.elapsed;
  last_ns_ = at_ns;
}

std::optional<UpdatePeriod> ChangeGaps::Find(std::size_t fewest_gaps) const {
  if (gaps_ns_.size() < fewest_gaps) {
    return std::nullopt;
  }
  std::vector<std::int64_t> gaps = gaps_ns_;
  std::vector<std::int64_t> reads = reads_ns_;
  std::sort(gaps.begin(), gaps.end());
  std::sort(reads.begin(), reads.end());
  const UpdatePeriod period{.median = nanoseconds(Quantile(gaps, 0.5)),
                            .least = nanoseconds(gaps.front()),
                            .p95 = nanoseconds(Quantile(gaps, 0.95))};
  return period.median.count() > 2 * Quantile(reads, 0.5) ? std::optional(period) : std::nullopt;
}

std::vector<std::optional<UpdatePeriod>> ProbeUpdatePeriods(PowerSource& source, const Clock& clock,
                                                            const ProbeOptions& options) {
  const std::size_t count = source.channels().size();
  std::vector<std::optional<UpdatePeriod>> found(count);
  const std::optional<ProbeTerms> terms = source.probe_terms();
  if (!terms) {
    return found;
  }
  WF_CHECK(terms->read_every.count() > 0);
  std::vector<ChangeGaps> gaps(count);
  std::vector<ChannelValue> values(count);
  const MonotonicTime end =
      clock.MonotonicNow() + std::chrono::duration_cast<MonotonicTime::duration>(options.span);
  for (MonotonicTime now = clock.MonotonicNow(); now < end; now = clock.MonotonicNow()) {
    source.Read(values);
    const MonotonicTime after = clock.MonotonicNow();
    const MonotonicTime middle = now + (after - now) / 2;
    for (std::size_t i = 0; i < count; ++i) {
      gaps[i].Add(std::chrono::duration_cast<nanoseconds>(middle.time_since_epoch()).count(),
                  values[i]);
    }
    options.wait_until(clock,
                       std::max(now, after) +
                           std::chrono::duration_cast<MonotonicTime::duration>(terms->read_every));
  }
  for (std::size_t i = 0; i < count; ++i) {
    found[i] = gaps[i].Find();
  }
  return found;
}

std::unique_ptr<PowerSource> WithProbedPeriods(
    std::unique_ptr<PowerSource> source, const std::vector<std::optional<UpdatePeriod>>& periods) {
  std::vector<ChannelSpec> specs = source->channels();
  WF_CHECK(periods.size() == specs.size());
  std::optional<nanoseconds> shortest;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (periods[i]) {
      specs[i].update_period = periods[i]->median;
      specs[i].facts_json = WithProbedFacts(specs[i].facts_json, *periods[i]);
      shortest = std::min(shortest.value_or(periods[i]->median), periods[i]->median);
    }
  }
  if (!shortest) {
    return source;
  }
  nanoseconds poll = source->poll_period();
  if (const auto terms = source->probe_terms(); terms && !terms->poll_is_set) {
    poll = std::max(std::clamp(*shortest / 4, kShortestPoll, kLongestPoll), terms->least_poll);
  }
  return std::make_unique<ProbedSource>(std::move(source), std::move(specs), poll);
}

}  // namespace wattfleet::agent
