#include "common/energy/alloc_v1.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"

namespace wattfleet {
namespace {

// A request set over a run of touching intervals, as random as it gets.
struct Scene {
  std::vector<EnergyInterval> intervals;
  std::vector<Presence> requests;
  std::optional<std::int64_t> idle_uw;

  Microjoules total() const {
    Microjoules sum = 0;
    for (const EnergyInterval& interval : intervals) {
      sum += interval.energy;
    }
    return sum;
  }
};

struct Outcome {
  Microjoules idle = 0;
  std::vector<Microjoules> gross;
  std::vector<Microjoules> net;

  Microjoules total() const {
    Microjoules sum = idle;
    for (const Microjoules share : gross) {
      sum += share;
    }
    return sum;
  }
};

Scene RandomScene(Random& random, std::uint64_t most_requests) {
  Scene scene;
  std::int64_t at_ns = 0;
  const std::uint64_t intervals = 1 + random.Below(6);
  for (std::uint64_t k = 0; k < intervals; ++k) {
    const auto length = static_cast<std::int64_t>(1 + random.Below(1ULL << (1 + random.Below(30))));
    const auto energy = static_cast<Microjoules>(
        random.Chance(0.1) ? 0 : random.Below(1ULL << (1 + random.Below(28))));
    scene.intervals.push_back({at_ns, at_ns + length, energy, 0, true});
    at_ns += length;
  }
  const std::uint64_t requests = random.Below(most_requests + 1);
  for (std::uint64_t i = 0; i < requests; ++i) {
    Presence request;
    request.start_ns =
        static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(at_ns) + 1));
    request.end_ns = random.Chance(0.1) ? request.start_ns
                     : random.Chance(0.1)
                         ? at_ns + 5
                         : request.start_ns + static_cast<std::int64_t>(
                                                  random.Below(static_cast<std::uint64_t>(at_ns)));
    request.sequence = i;
    scene.requests.push_back(request);
  }
  if (random.Chance(0.7)) {
    scene.idle_uw = static_cast<std::int64_t>(random.Below(200'000'000));
  }
  return scene;
}

Outcome Allocated(const Scene& scene) {
  AllocV1 alloc;
  std::vector<Presence> requests = scene.requests;
  std::vector<Presence*> pointers;
  for (Presence& request : requests) {
    pointers.push_back(&request);
  }
  Outcome outcome;
  outcome.gross.assign(requests.size(), 0);
  outcome.net.assign(requests.size(), 0);
  for (const EnergyInterval& interval : scene.intervals) {
    outcome.idle += alloc.Allocate(interval, scene.idle_uw, pointers).idle;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_GE(requests[i].static_share, 0);
      EXPECT_GE(requests[i].dynamic_share, 0);
      outcome.gross[i] += requests[i].static_share + requests[i].dynamic_share;
      outcome.net[i] += requests[i].dynamic_share;
    }
  }
  return outcome;
}

constexpr std::int64_t kMs = 1'000'000;

// Rounding moves at most a microjoule per interval, part and request.
void ExpectNear(Microjoules a, Microjoules b, std::size_t roundings) {
  EXPECT_LE(std::abs(a - b), static_cast<Microjoules>(roundings)) << a << " and " << b;
}

TEST(AllocV1Test, SoloRequestGetsAllButTheIdlePart) {
  // 100 ms at 70 W idle, request present for the last 40 ms at 400 W.
  Scene scene{{{0, 100 * kMs, 4'200'000 + 16'000'000, 0, true}},
              {{.start_ns = 60 * kMs, .end_ns = 100 * kMs}},
              70'000'000};

  const Outcome outcome = Allocated(scene);

  EXPECT_EQ(outcome.idle, 4'200'000);
  EXPECT_EQ(outcome.gross[0], 16'000'000);
  EXPECT_EQ(outcome.net[0], 16'000'000 - 2'800'000);
}

TEST(AllocV1Test, WithoutIdlePowerABoundaryIntervalIsSplitByTime) {
  Scene scene{{{0, 100 * kMs, 1'000'000, 0, true}},
              {{.start_ns = 75 * kMs, .end_ns = 100 * kMs}},
              std::nullopt};

  const Outcome outcome = Allocated(scene);

  EXPECT_EQ(outcome.idle, 750'000);
  EXPECT_EQ(outcome.gross[0], 250'000);
}

TEST(AllocV1Test, IdlePartNeverExceedsTheInterval) {
  Scene scene{
      {{0, 100 * kMs, 1'000, 0, true}}, {{.start_ns = 50 * kMs, .end_ns = 100 * kMs}}, 70'000'000};

  const Outcome outcome = Allocated(scene);

  EXPECT_EQ(outcome.idle, 1'000);
  EXPECT_EQ(outcome.gross[0], 0);
}

TEST(AllocV1Test, PresenceSharesEachMomentAmongThosePresent) {
  // First alone for 30 ms, then both for 60 ms, then the second alone for 10 ms.
  Scene scene{{{0, 100 * kMs, 1'000'000, 0, true}},
              {{.start_ns = 0, .end_ns = 90 * kMs, .sequence = 0},
               {.start_ns = 30 * kMs, .end_ns = 100 * kMs, .sequence = 1}},
              std::nullopt};

  const Outcome outcome = Allocated(scene);

  EXPECT_EQ(outcome.gross[0], 600'000);
  EXPECT_EQ(outcome.gross[1], 400'000);
}

TEST(AllocV1Test, ThousandsInOneNanosecondAreStillConserved) {
  Scene scene{{{0, 1, 5'000, 0, true}}, {}, std::nullopt};
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    scene.requests.push_back({.start_ns = 0, .end_ns = 1, .sequence = i});
  }

  EXPECT_EQ(Allocated(scene).total(), 5'000);
}

TEST(AllocV1Test, ConservesEveryMicrojouleOfAMillionRandomRequestSets) {
  Random random(20'240'607);
  for (int round = 0; round < 1'000'000; ++round) {
    const Scene scene = RandomScene(random, round % 20 == 0 ? 64 : 4);

    const Outcome outcome = Allocated(scene);

    ASSERT_EQ(outcome.total(), scene.total()) << "round " << round;
    ASSERT_GE(outcome.idle, 0);
    if (HasFailure()) {
      return;
    }
  }
}

TEST(AllocV1Test, TheOrderOfTheRequestsDoesNotMatter) {
  Random random(3);
  for (int round = 0; round < 5'000; ++round) {
    Scene scene = RandomScene(random, 16);
    const Outcome before = Allocated(scene);

    std::reverse(scene.requests.begin(), scene.requests.end());
    Outcome after = Allocated(scene);
    std::reverse(after.gross.begin(), after.gross.end());

    ASSERT_EQ(before.gross, after.gross) << "round " << round;
    ASSERT_EQ(before.idle, after.idle);
  }
}

TEST(AllocV1Test, SplittingARequestInTwoAdjacentOnesLeavesItsSum) {
  Random random(4);
  for (int round = 0; round < 5'000; ++round) {
    Scene scene = RandomScene(random, 8);
    if (scene.requests.empty()) {
      continue;
    }
    const Outcome whole = Allocated(scene);

    Presence& first = scene.requests.front();
    Presence second = first;
    first.end_ns = second.start_ns = first.start_ns + (first.end_ns - first.start_ns) / 3;
    second.sequence = scene.requests.size();
    scene.requests.push_back(second);
    const Outcome halves = Allocated(scene);

    ExpectNear(whole.gross[0], halves.gross[0] + halves.gross.back(), 6 * scene.intervals.size());
    EXPECT_EQ(whole.idle, halves.idle);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST(AllocV1Test, RefiningTheKnotsOfABusyLinearSegmentChangesNothing) {
  Random random(5);
  for (int round = 0; round < 5'000; ++round) {
    Scene coarse = RandomScene(random, 8);
    coarse.intervals = {{0, 1'000 * kMs, 800'000'000, 0, true}};
    for (Presence& request : coarse.requests) {
      request.start_ns = static_cast<std::int64_t>(random.Below(1'000 * kMs));
      request.end_ns = 1'000 * kMs;
    }
    coarse.requests.push_back({.start_ns = 0, .end_ns = 1'000 * kMs, .sequence = 99});
    Scene fine = coarse;
    fine.intervals.clear();
    for (std::int64_t k = 0; k < 10; ++k) {
      fine.intervals.push_back({k * 100 * kMs, (k + 1) * 100 * kMs, 80'000'000, 0, true});
    }

    const Outcome one = Allocated(coarse);
    const Outcome ten = Allocated(fine);

    for (std::size_t i = 0; i < one.gross.size(); ++i) {
      ExpectNear(one.gross[i], ten.gross[i], 24);
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST(AllocV1Test, IdenticalRequestsGetEqualEnergyOverManyIntervals) {
  Scene scene;
  for (std::int64_t k = 0; k < 1'001; ++k) {
    scene.intervals.push_back({k * 100, (k + 1) * 100, 7'777 + k % 5, 0, true});
  }
  scene.idle_uw = 10'000'000;
  for (std::uint64_t i = 0; i < 3; ++i) {
    scene.requests.push_back({.start_ns = 130, .end_ns = 99'970, .sequence = i});
  }

  const Outcome outcome = Allocated(scene);

  // One microjoule for each of the two parts.
  ExpectNear(outcome.gross[0], outcome.gross[1], 2);
  ExpectNear(outcome.gross[0], outcome.gross[2], 2);
  ExpectNear(outcome.net[0], outcome.net[2], 1);
}

TEST(AllocV1Test, AnIdleIntervalMoreChangesOnlyTheIdleEnergy) {
  Random random(6);
  for (int round = 0; round < 5'000; ++round) {
    Scene scene = RandomScene(random, 8);
    const std::int64_t end_ns = scene.intervals.back().end_ns;
    for (Presence& request : scene.requests) {
      request.end_ns = std::min(request.end_ns, end_ns);
    }
    const Outcome before = Allocated(scene);

    scene.intervals.push_back({end_ns, end_ns + 1'000, 4'321, 0, true});
    const Outcome after = Allocated(scene);

    ASSERT_EQ(before.gross, after.gross) << "round " << round;
    ASSERT_EQ(before.idle + 4'321, after.idle);
  }
}

TEST(AllocV1Test, MoreEnergyGivesNobodyLess) {
  Random random(7);
  for (int round = 0; round < 5'000; ++round) {
    Scene scene = RandomScene(random, 8);
    const Outcome before = Allocated(scene);

    scene.intervals[random.Below(scene.intervals.size())].energy += 1'000;
    const Outcome after = Allocated(scene);

    for (std::size_t i = 0; i < before.gross.size(); ++i) {
      ASSERT_GE(after.gross[i] + static_cast<Microjoules>(2 * scene.intervals.size()),
                before.gross[i])
          << "round " << round;
    }
    ASSERT_GE(after.idle, before.idle);
  }
}

}  // namespace
}  // namespace wattfleet
