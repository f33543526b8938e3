#include "common/energy/channel_book.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kMs = 1'000'000;

ChannelSpec Spec() {
  ChannelSpec spec;
  spec.unit = {1'000, 1};
  spec.update_period = milliseconds(100);
  return spec;
}

// A book on a channel whose intervals are 100 ms long.
class Channel {
 public:
  explicit Channel(const ChannelSpec& spec = Spec()) : book(spec, milliseconds(50)) {}

  void Draw(double watts, int intervals, Flags flags = 0, bool measured = true) {
    for (int i = 0; i < intervals; ++i) {
      const auto energy = measured ? static_cast<Microjoules>(watts * 1e5) : Microjoules{0};
      book.Add({now_ns, now_ns + 100 * kMs, energy, flags, measured}, settled);
      now_ns += 100 * kMs;
    }
  }
  const ChannelEnergy& EnergyOf(std::uint64_t request) const {
    for (const SettledRequest& entry : settled) {
      if (entry.key.request == request) {
        return entry.energy;
      }
    }
    ADD_FAILURE() << "request " << request << " has not settled";
    static const ChannelEnergy kNone;
    return kNone;
  }

  ChannelBook book;
  std::vector<SettledRequest> settled;
  std::int64_t now_ns = 0;
};

TEST(ChannelBookTest, SettlesARequestOnceTheIntervalsHavePassedItsEnd) {
  Channel channel;
  channel.book.SetBaseline(Baseline{50'000'000, 0}, 0);
  channel.book.OpenLedger(1, 0);
  channel.Draw(50, 5);
  channel.book.Start({1, 7}, 500 * kMs);
  channel.Draw(150, 20);
  channel.book.End({1, 7}, 2'500 * kMs, RequestFate::kCounted, channel.settled);
  EXPECT_TRUE(channel.settled.empty());
  channel.Draw(50, 1);

  ASSERT_EQ(channel.settled.size(), 1U);
  const ChannelEnergy& energy = channel.settled[0].energy;
  EXPECT_EQ(energy.status, EnergyStatus::kMeasured);
  EXPECT_EQ(energy.gross, 300'000'000);
  EXPECT_EQ(energy.net, 200'000'000);
  EXPECT_EQ(energy.samples, 20);
  EXPECT_EQ(energy.max_gap_ns, 100 * kMs);
  EXPECT_EQ(energy.covered_ppm, 1'000'000);
  EXPECT_EQ(energy.flags, 0U);
  EXPECT_TRUE(energy.random.has_value());
}

TEST(ChannelBookTest, BooksEachFateToItsOwnColumn) {
  Channel channel;
  channel.book.OpenLedger(1, 0);
  channel.Draw(50, 10);
  channel.book.Start({1, 1}, channel.now_ns);
  channel.Draw(100, 10);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.book.Start({1, 2}, channel.now_ns);
  channel.Draw(200, 10);
  channel.book.End({1, 2}, channel.now_ns, RequestFate::kUncounted, channel.settled);
  channel.book.Start({1, 3}, channel.now_ns);
  channel.Draw(300, 9);
  channel.Draw(0, 1, kFlagCounterReset, false);
  channel.book.End({1, 3}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(50, 1);

  const LedgerEntry ledger = channel.book.CloseLedger(1);

  EXPECT_EQ(ledger.attributed, 100'000'000);
  EXPECT_EQ(ledger.uncounted, 200'000'000);
  EXPECT_EQ(ledger.unassigned, 270'000'000);
  EXPECT_EQ(ledger.idle, 50'000'000);
  EXPECT_TRUE(ledger.Balances());
  EXPECT_EQ(channel.EnergyOf(3).status, EnergyStatus::kInvalid);
  EXPECT_EQ(channel.EnergyOf(3).gross, std::nullopt);
  EXPECT_EQ(channel.EnergyOf(3).flags & kFlagCounterReset, kFlagCounterReset);
}

TEST(ChannelBookTest, ForcedRequestsSayNoPostrollAndTheirLateEnergyIsUnassigned) {
  Channel channel;
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 20);
  channel.book.End({1, 1}, 2'150 * kMs, RequestFate::kCounted, channel.settled);
  channel.book.Force({1, 1}, channel.settled);
  channel.book.Force({1, 1}, channel.settled);

  ASSERT_EQ(channel.settled.size(), 1U);
  const ChannelEnergy energy = channel.settled[0].energy;
  EXPECT_EQ(energy.flags & kFlagNoPostroll, kFlagNoPostroll);
  EXPECT_EQ(energy.gross, 190'000'000);  // 19 of the 20 intervals are old enough
  channel.Draw(100, 3);
  ASSERT_EQ(channel.settled.size(), 1U);
  const LedgerEntry ledger = channel.book.CloseLedger(1);
  EXPECT_EQ(ledger.attributed, 190'000'000);
  EXPECT_EQ(ledger.unassigned, 15'000'000);
  EXPECT_EQ(ledger.idle, 10'000'000 + 5'000'000 + 10'000'000);
  EXPECT_TRUE(ledger.Balances());
}

TEST(ChannelBookTest, ASilentSensorGivesNoNumber) {
  Channel channel;
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.book.End({1, 1}, 2'000 * kMs, RequestFate::kCounted, channel.settled);
  channel.book.Force({1, 1}, channel.settled);

  EXPECT_EQ(channel.EnergyOf(1).status, EnergyStatus::kInvalid);
  EXPECT_EQ(channel.EnergyOf(1).gross, std::nullopt);
  EXPECT_EQ(channel.EnergyOf(1).covered_ppm, 0);
}

TEST(ChannelBookTest, TwoLeasesEnterTheSameAllocationAndShareTheIdleEnergy) {
  Channel channel;
  channel.book.SetBaseline(Baseline{50'000'000, 0}, 0);
  channel.book.OpenLedger(1, 0);
  channel.book.OpenLedger(2, 0);
  channel.Draw(50, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.book.Start({2, 1}, 100 * kMs);
  channel.Draw(250, 20);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.book.End({2, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(50, 1);

  ASSERT_EQ(channel.settled.size(), 2U);
  for (const SettledRequest& request : channel.settled) {
    EXPECT_EQ(request.energy.gross, 250'000'000);
    EXPECT_EQ(request.energy.net, 200'000'000);
    EXPECT_EQ(request.energy.flags, kFlagEqualShare);
  }
  const LedgerEntry first = channel.book.CloseLedger(1);
  const LedgerEntry second = channel.book.CloseLedger(2);
  EXPECT_EQ(first.total + second.total, 505'000'000);
  EXPECT_EQ(first.idle, 2'500'000);
  EXPECT_EQ(first.baseline_uw, 50'000'000);
  EXPECT_TRUE(first.Balances());
  EXPECT_TRUE(second.Balances());
}

TEST(ChannelBookTest, ALedgerStartsWithTheIntervalInWhichItOpens) {
  Channel channel;
  channel.Draw(80, 10);
  channel.book.OpenLedger(1, channel.now_ns + 1);
  channel.Draw(80, 10);

  EXPECT_EQ(channel.book.CloseLedger(1).total, 9 * 8'000'000);
}

TEST(ChannelBookTest, WithoutABaselineThereIsNoNetEnergy) {
  Channel channel;
  channel.book.SetBaseline(std::nullopt, kFlagIdleUnstable);
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 20);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(100, 1);

  EXPECT_EQ(channel.EnergyOf(1).gross, 200'000'000);
  EXPECT_EQ(channel.EnergyOf(1).net, std::nullopt);
  EXPECT_EQ(channel.EnergyOf(1).flags, kFlagIdleUnknown | kFlagIdleUnstable);
}

TEST(ChannelBookTest, ShortRequestsAreFlaggedAndKeepTheirValue) {
  Channel channel;
  channel.book.SetBaseline(Baseline{0, 0}, 0);
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 5);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(100, 1);

  EXPECT_EQ(channel.EnergyOf(1).flags, kFlagShortWindow);
  EXPECT_EQ(channel.EnergyOf(1).gross, 50'000'000);
}

TEST(ChannelBookTest, APowerSensorsGapOverATenthOfTheRequestSpoilsIt) {
  ChannelSpec spec = Spec();
  spec.kind = SampleKind::kPowerInstant;
  for (const bool power : {true, false}) {
    Channel channel(power ? spec : Spec());
    channel.book.OpenLedger(1, 0);
    channel.Draw(100, 1);
    channel.book.Start({1, 1}, 100 * kMs);
    channel.Draw(100, 17);
    channel.Draw(100, 3, kFlagGap);
    channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
    channel.Draw(100, 1);

    EXPECT_EQ(channel.EnergyOf(1).gross.has_value(), !power);
  }
}

TEST(ChannelBookTest, AnAveragingSensorIsNotUsedForRequestsOfAFewWindows) {
  ChannelSpec spec = Spec();
  spec.kind = SampleKind::kPowerAverage;
  spec.window = milliseconds(1'000);
  Channel channel(spec);
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 99);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.book.Start({1, 2}, channel.now_ns);
  channel.Draw(100, 100);
  channel.book.End({1, 2}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(100, 1);

  EXPECT_EQ(channel.EnergyOf(1).status, EnergyStatus::kInvalid);
  EXPECT_EQ(channel.EnergyOf(2).status, EnergyStatus::kMeasured);
}

TEST(ChannelBookTest, WorkThatTheSensorDoesNotSeeIsImplausible) {
  Channel channel;
  channel.book.SetBaseline(Baseline{100'000'000, 0}, 0);
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(10, 20);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(100, 1);

  EXPECT_EQ(channel.EnergyOf(1).flags & kFlagImplausible, kFlagImplausible);
  EXPECT_EQ(channel.EnergyOf(1).gross, std::nullopt);
}

TEST(ChannelBookTest, ModelledEnergyIsNeverCalledMeasured) {
  ChannelSpec spec = Spec();
  spec.scope = Scope::kModelled;
  Channel channel(spec);
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 20);
  channel.book.End({1, 1}, channel.now_ns, RequestFate::kCounted, channel.settled);
  channel.Draw(100, 1);

  EXPECT_EQ(channel.EnergyOf(1).status, EnergyStatus::kModelled);
}

TEST(ChannelBookTest, RequestsLeftAtTheCloseAreUncounted) {
  Channel channel;
  channel.book.OpenLedger(1, 0);
  channel.Draw(100, 1);
  channel.book.Start({1, 1}, 100 * kMs);
  channel.Draw(100, 5);

  const LedgerEntry ledger = channel.book.CloseLedger(1);

  EXPECT_EQ(ledger.uncounted, 40'000'000);
  EXPECT_TRUE(ledger.Balances());
  channel.Draw(100, 5);
}

// Leases come and go, requests overlap, sensors fail: the books balance and add up to the channel.
TEST(ChannelBookTest, EveryMicrojouleIsBookedOnceWhateverHappens) {
  Random random(5);
  for (int round = 0; round < 400; ++round) {
    Channel channel;
    Microjoules booked = 0;
    Microjoules reported = 0;
    Microjoules drawn = 0;
    std::vector<RequestKey> running;
    channel.book.OpenLedger(1, -1);
    channel.book.OpenLedger(2, -1);
    std::uint64_t next = 1;
    for (int step = 0; step < 300; ++step) {
      const double roll = random.Unit();
      if (roll < 0.3 && running.size() < 64) {
        running.push_back({1 + random.Below(2), next++});
        channel.book.Start(running.back(),
                           channel.now_ns - static_cast<std::int64_t>(random.Below(30 * kMs)));
      } else if (roll < 0.55 && !running.empty()) {
        const std::size_t pick = random.Below(running.size());
        channel.book.End(
            running[pick], channel.now_ns - static_cast<std::int64_t>(random.Below(30 * kMs)),
            random.Chance(0.8) ? RequestFate::kCounted : RequestFate::kUncounted, channel.settled);
        if (random.Chance(0.2)) {
          channel.book.Force(running[pick], channel.settled);
        }
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(pick));
      } else if (roll < 0.6) {
        channel.book.SetBaseline(
            random.Chance(0.5) ? std::optional(Baseline{70'000'000, 0}) : std::nullopt, 0);
      } else {
        const bool measured = random.Chance(0.95);
        const auto energy = measured ? static_cast<Microjoules>(random.Below(40'000'000)) : 0;
        channel.book.Add({channel.now_ns, channel.now_ns + 100 * kMs, energy,
                          measured ? 0 : kFlagChannelLost, measured},
                         channel.settled);
        channel.now_ns += 100 * kMs;
        drawn += energy;
      }
    }
    // A last interval without energy ages all others.
    channel.book.Add({channel.now_ns, channel.now_ns + 100 * kMs, 0, 0, true}, channel.settled);
    for (const std::uint64_t ledger : {1U, 2U}) {
      const LedgerEntry entry = channel.book.CloseLedger(ledger);
      ASSERT_TRUE(entry.Balances()) << "round " << round;
      booked += entry.total;
      reported += entry.attributed;
    }
    Microjoules gross = 0;
    for (const SettledRequest& request : channel.settled) {
      gross += request.energy.gross.value_or(0);
    }
    ASSERT_EQ(booked, drawn) << "round " << round;
    ASSERT_GE(gross, reported);  // the sum counts uncounted requests too
  }
}

}  // namespace
}  // namespace wattfleet
