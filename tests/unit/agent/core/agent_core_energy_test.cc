// A served pair over the production meter, in virtual time: what the sensor counted is what the
// ledgers of leases that overlap add up to, to the microjoule.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/energy/sampled_energy_meter.h"
#include "tests/support/scripted_power_source.h"
#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::SizeIs;
using wattfleet::testing::Fails;
using wattfleet::testing::Says;
using wattfleet::testing::ScriptedPowerSource;

constexpr std::int64_t kStepMs = 250;
constexpr std::int64_t kUpdateMs = 100;
constexpr std::int32_t kSlots = 4;

// The waveform, by steps of kStepMs since boot.
std::int64_t WattsOfStep(std::int64_t step) {
  return 100 + 50 * (step * 7 % 9);
}

// Since the start of the simulation, one hour after boot.
std::int64_t MicrojoulesUntil(std::int64_t ms) {
  constexpr std::int64_t kStartMs = 3'600'000;
  std::int64_t total = 0;
  for (std::int64_t at = kStartMs; at < ms;) {
    const std::int64_t next = std::min(ms, (at / kStepMs + 1) * kStepMs);
    total += WattsOfStep(at / kStepMs) * (next - at) * 1'000;
    at = next;
  }
  return total;
}

class AgentCoreEnergyTest : public AgentCoreHarness {
 protected:
  AgentCoreEnergyTest() {
    ChannelSpec spec;
    spec.name = "sim/gpu";
    spec.device_id = "GPU-0";
    spec.update_period = milliseconds(kUpdateMs);
    auto source = std::make_unique<ScriptedPowerSource>(
        std::vector<ChannelSpec>{spec}, milliseconds(20), [this](auto values) {
          const std::int64_t knot = NowMs() / kUpdateMs * kUpdateMs;
          values[0] = {.raw = static_cast<std::uint64_t>(MicrojoulesUntil(knot)),
                       .fault = ReadFault::kNone};
        });
    std::vector<std::unique_ptr<Sampler>> samplers;
    samplers.push_back(
        std::make_unique<Sampler>(std::move(source), world_,
                                  SamplerOptions{.suspended_time = [] { return nanoseconds(0); }}));
    Poll(*samplers.back());
    sampled_ = std::make_unique<SampledEnergyMeter>(std::move(samplers), world_);
    used_meter_ = sampled_.get();
  }

  std::int64_t NowMs() const { return world_.MonotonicNow().time_since_epoch() / milliseconds(1); }
  void Poll(Sampler& sampler) {
    sampler.PollOnce();
    world_.PostAfter(milliseconds(20), [this, &sampler] { Poll(sampler); });
  }
  LeaseGrant ServedGrant(std::int64_t lease) {
    LeaseGrant grant = GrantOf(lease, 12);
    grant.pair.condition.concurrency = kSlots;
    return grant;
  }

  std::unique_ptr<SampledEnergyMeter> sampled_;
};

// A request, from send to end, in milliseconds.
struct Span {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// What the span's even share of every moment costs, in joules.
double ShareOf(const Span& span, const std::vector<Span>& all) {
  double microjoules = 0;
  for (std::int64_t ms = span.start; ms < span.end; ++ms) {
    const auto present = std::ranges::count_if(
        all, [ms](const Span& other) { return other.start <= ms && ms < other.end; });
    microjoules += static_cast<double>(MicrojoulesUntil(ms + 1) - MicrojoulesUntil(ms)) /
                   static_cast<double>(present);
  }
  return microjoules * 1e-6;
}

// Half a minute of work settles this sensor's power. What was sent before is warm-up, also in the
// next lease only where that follows a pause.
TEST_F(AgentCoreEnergyTest, WarmUpLastsUntilPowerHasSettledWhereThatIsAskedFor) {
  settings_.warm_up = {.requests = 0, .steady = minutes(5)};
  BuildAndWelcome();

  Grant(GrantOf(1, 60));
  Grant(GrantOf(2, 10));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(5)));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(5)));

  const std::vector<Result> results = Results();
  ASSERT_THAT(results, SizeIs(70));
  const auto is_warm_up = [](const Result& result) { return (result.flags & kFlagWarmup) != 0; };
  const auto settled = std::ranges::find_if_not(results, is_warm_up);
  EXPECT_GT(settled - results.begin(), 20);
  EXPECT_LT(settled - results.begin(), 40);
  EXPECT_TRUE(std::none_of(settled, results.end(), is_warm_up));
}

TEST_F(AgentCoreEnergyTest, WhatTheSensorCountedIsWhatTheLedgersOfOverlappingLeasesAddUpTo) {
  std::vector<Span> spans;
  std::map<Unit, Span> answered;
  script_ = [&](const auto& request, int attempt) {
    const bool is_warm_up = request.query_id.starts_with("warm-up");
    const Unit unit = is_warm_up ? 0 : std::stoll(request.query_id.substr(1));
    const milliseconds length(700 + 300 * (unit % 4));
    spans.push_back({NowMs(), NowMs() + length.count()});
    answered[unit] = spans.back();
    return unit == 2'003 && attempt == 1 ? Fails(Failure::kServer, length) : Says("a", length);
  };
  BuildAndWelcome();

  Grant(ServedGrant(1));
  Grant(ServedGrant(2));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(3)));
  Grant(ServedGrant(3));
  ASSERT_TRUE(ServeUntilClosed(3, minutes(3)));

  ASSERT_TRUE(CloseOf(2).has_value());
  LedgerEntry sum;
  for (const std::int64_t lease : {1, 2, 3}) {
    ASSERT_THAT(CloseOf(lease)->ledger, SizeIs(1));
    const LedgerEntry ledger = CloseOf(lease)->ledger[0];
    EXPECT_TRUE(ledger.Balances());
    EXPECT_GT(ledger.attributed, 0);
    sum.total += ledger.total;
    sum.attributed += ledger.attributed;
    sum.idle += ledger.idle;
    sum.uncounted += ledger.uncounted;
  }
  // From the knot before the first account opened, which is when the warm-up was sent, to one
  // between the last answer and the end of the last lease.
  const std::int64_t first = spans.front().start / kUpdateMs * kUpdateMs;
  std::vector<Microjoules> counted;
  for (std::int64_t knot = spans.back().end / kUpdateMs * kUpdateMs; knot < NowMs();
       knot += kUpdateMs) {
    counted.push_back(MicrojoulesUntil(knot) - MicrojoulesUntil(first));
  }
  EXPECT_THAT(counted, Contains(sum.total));
  EXPECT_EQ(sum.attributed + sum.idle + sum.uncounted, sum.total) << "nothing is unassigned";

  ASSERT_THAT(Results(), SizeIs(36));
  Microjoules attributed = 0;
  for (const Result& result : Results()) {
    ASSERT_THAT(result.energy, SizeIs(1));
    EXPECT_EQ(result.energy[0].status, EnergyStatus::kMeasured);
    const double u = static_cast<double>(*result.energy[0].random) * 1e-6;
    EXPECT_NEAR(static_cast<double>(*result.energy[0].gross) * 1e-6,
                ShareOf(answered.at(result.unit), spans), 3 * u);
    attributed += *result.energy[0].gross;
  }
  EXPECT_EQ(attributed, sum.attributed);
  double drawn = 0;
  for (const auto& [unit, span] : answered) {
    drawn += unit == 0 ? 0 : ShareOf(span, spans);
  }
  EXPECT_NEAR(static_cast<double>(attributed) * 1e-6, drawn, 0.01 * drawn);
}

}  // namespace
}  // namespace wattfleet::agent
