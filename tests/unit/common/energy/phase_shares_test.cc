#include "common/energy/phase_shares.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "common/energy/channel_book.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kMs = 1'000'000;

// A request from 0.45 s to 3.45 s on a channel with an update each 100 ms: prefill at 400 W until
// `first_token_ms`, decode at 250 W. The first token falls in the middle of an interval.
ChannelEnergy EnergyWith(std::optional<std::int64_t> first_token_ms, bool has_hole = false) {
  ChannelSpec spec;
  spec.unit = {1'000, 1};
  spec.update_period = milliseconds(100);
  ChannelBook book(spec, milliseconds(50));
  book.SetBaseline(Baseline{50'000'000, 0}, 0);
  book.OpenLedger(1, 0);
  std::vector<SettledRequest> settled;
  for (std::int64_t at_ms = 0; at_ms < 4'000; at_ms += 100) {
    if (at_ms == 400) {
      book.Start({1, 1}, 450 * kMs);
    }
    if (at_ms == 3'400) {
      if (first_token_ms) {
        book.MarkFirstToken({1, 1}, *first_token_ms * kMs);
      }
      book.End({1, 1}, 3'450 * kMs, RequestFate::kCounted, settled);
    }
    double joules = 0;
    for (std::int64_t ms = at_ms; ms < at_ms + 100; ++ms) {
      const bool busy = ms >= 450 && ms < 3'450;
      const bool prefill = busy && ms < first_token_ms.value_or(3'450);
      joules += (prefill ? 400 : busy ? 250 : 50) * 1e-3;
    }
    const bool measured = !(has_hole && at_ms == 600);
    book.Add(
        {at_ms * kMs, (at_ms + 100) * kMs,
         measured ? static_cast<Microjoules>(joules * 1e6 + 0.5) : Microjoules{0}, 0, measured},
        settled);
  }
  EXPECT_EQ(settled.size(), 1U);
  return settled.at(0).energy;
}

TEST(PhaseSharesTest, PrefillAndDecodeAreToldApartAndSumToTheWhole) {
  const ChannelEnergy energy = EnergyWith(1'450);

  ASSERT_TRUE(energy.gross && energy.prefill);
  EXPECT_EQ(*energy.gross, 400'000'000 + 500'000'000);
  // Half of the interval of the first token is (400 - 250) W x 50 ms / 2 off.
  EXPECT_EQ(*energy.prefill, 400'000'000 - 3'750'000);
}

TEST(PhaseSharesTest, APhaseTooShortForTheSensorIsNotToldApart) {
  EXPECT_EQ(EnergyWith(900).prefill, std::nullopt);
  EXPECT_EQ(EnergyWith(3'000).prefill, std::nullopt);
  EXPECT_TRUE(EnergyWith(900).gross.has_value());
}

TEST(PhaseSharesTest, WithoutAFirstTokenOrWithAHoleBeforeItThereIsNoPrefill) {
  EXPECT_EQ(EnergyWith(std::nullopt).prefill, std::nullopt);
  const ChannelEnergy holed = EnergyWith(1'450, true);
  EXPECT_TRUE(holed.gross.has_value());
  EXPECT_EQ(holed.prefill, std::nullopt);
}

TEST(PhaseSharesTest, OfARequestLongerThanIsKeptOnlyAnEarlyFirstTokenTells) {
  PhaseShares shares;
  for (std::int64_t k = 0; k < 2'000; ++k) {
    shares.Add(k * 100 * kMs, 100 * kMs, 1'000);
  }
  const auto prefill = [&shares](std::int64_t first_token_ms) {
    return shares.Prefill({0, first_token_ms * kMs, 200'000 * kMs}, milliseconds(100));
  };

  EXPECT_EQ(prefill(1'000), 10'000);
  EXPECT_EQ(prefill(150'000), std::nullopt);
}

}  // namespace
}  // namespace wattfleet
