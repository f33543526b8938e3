// A whole fleet in one process and one thread: the production coordinator and fifty production
// agents behind a network that delays, breaks and partitions, on machines that die. Run a failure
// again with the seed in its name.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/sim_agent.h"
#include "tests/sim/sim_coordinator.h"

namespace wattfleet::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

struct Plan {
  int agents = 50;
  std::int64_t queries = 5'000;  // of each pair
  int pairs = 4;
  double break_chance = 0.002;
  double engine_fail_chance = 0.002;
  int agent_crashes = 25;
  int coordinator_crashes = 4;
  int partitions = 2;
  std::chrono::seconds faults_for{80};
};

class Fleet {
 public:
  Fleet(std::uint64_t seed, Plan plan)
      : plan_(plan),
        world_(seed),
        network_{.break_chance = plan.break_chance},
        coordinator_(world_, {}) {
    for (int i = 0; i < plan_.agents; ++i) {
      EngineFaults engine{.fail_chance = plan_.engine_fail_chance};
      if (i % 10 == 0) {  // one in ten is ten times slower
        engine.latency_min *= 10;
        engine.latency_max *= 10;
      }
      agents_.push_back(std::make_unique<SimAgent>(
          world_, coordinator_, network_,
          SimAgentTraits{.name = absl::StrCat("agent-", i), .engine = engine}));
      world_.PostAfter(std::chrono::milliseconds(world_.random().Below(3'000)),
                       [agent = agents_.back().get()] { agent->Start(); });
    }
    Submit();
    ScheduleFaults();
  }

  // Whether the sweep finished within `limit` of virtual time.
  bool Run(std::chrono::seconds limit) {
    return world_.RunUntil([this] { return coordinator_.SweepDone(); }, limit);
  }
  // Lets everything that is still under way arrive.
  void Settle() {
    network_.break_chance = 0;
    world_.RunFor(120s);
    coordinator_.CheckStore();
  }

  SimWorld& world() { return world_; }
  SimCoordinator& coordinator() { return coordinator_; }
  std::size_t rows() const {
    return coordinator_.store().tables().sweeps.begin()->second.results.size();
  }

 private:
  void Submit() {
    coordinator::SweepSubmitted sweep;
    sweep.sweep.name = "sim";
    sweep.sweep.n_queries = plan_.queries;
    for (std::int64_t i = 0; i < plan_.queries; ++i) {
      sweep.sample.push_back(i);
    }
    for (int i = 0; i < plan_.pairs; ++i) {
      sweep.pairs.push_back({.model = absl::StrCat("model-", i),
                             .build = {.engine = "synthetic", .ref = "x"},
                             .accelerator = "any",
                             .condition = {.concurrency = i % 2 == 0 ? 0 : 4},
                             .timeouts = {.query = 10s},
                             .retry = {.errors = 10, .crashes = 20},
                             .n_units = plan_.queries,
                             .plan_hash = std::string(32, 'p')});
    }
    coordinator_.Submit(std::move(sweep));
  }

  // Every fault also stops, so that the end can be asserted.
  void ScheduleFaults() {
    const auto moment = [this] {
      const auto ms = std::chrono::milliseconds(plan_.faults_for).count();
      return std::chrono::milliseconds(world_.random().Below(static_cast<std::uint64_t>(ms)));
    };
    for (int i = 0; i < plan_.agent_crashes; ++i) {
      const auto victim = world_.random().Below(agents_.size());
      world_.PostAfter(moment(), [this, victim] {
        agents_[victim]->Crash(std::chrono::milliseconds(world_.random().Below(20'000)));
      });
    }
    for (int i = 0; i < plan_.coordinator_crashes; ++i) {
      world_.PostAfter(moment(), [this] {
        if (coordinator_.is_up()) {
          coordinator_.Crash(std::chrono::milliseconds(world_.random().Below(10'000)));
        }
      });
    }
    for (int i = 0; i < plan_.partitions; ++i) {
      world_.PostAfter(moment(), [this] {
        network_.partitioned = true;
        world_.PostAfter(std::chrono::milliseconds(world_.random().Below(8'000)),
                         [this] { network_.partitioned = false; });
      });
      world_.PostAfter(moment(), [this] { world_.StepWallClock(24h); });
    }
    world_.PostAfter(plan_.faults_for, [this] { network_.break_chance = 0; });
  }

  const Plan plan_;
  SimWorld world_;
  NetworkFaults network_;
  SimCoordinator coordinator_;
  std::vector<std::unique_ptr<SimAgent>> agents_;
};

class FleetSimTest : public ::testing::TestWithParam<std::uint64_t> {};

// I1-I10, I13, I15, I17 and L1: whatever dies, every unit is stored once and the sweep ends.
TEST_P(FleetSimTest, FinishesWithEveryUnitOnceWhateverDies) {
  Fleet fleet(GetParam(), Plan{});

  const bool done = fleet.Run(3600s);
  fleet.Settle();

  EXPECT_TRUE(done) << fleet.rows() << " rows";
  EXPECT_THAT(fleet.coordinator().violations(), IsEmpty());
  EXPECT_EQ(fleet.rows(), 20'000U);
  EXPECT_GT(fleet.coordinator().acknowledged_frames(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FleetSimTest, ::testing::Range<std::uint64_t>(1, 201));

// I12: restarts of the coordinator and broken connections cost nobody an attempt.
TEST(FleetSimChargeTest, ChargesNothingForRestartsOfTheCoordinatorAndBrokenStreams) {
  Plan plan{.engine_fail_chance = 0, .agent_crashes = 0, .coordinator_crashes = 8};
  Fleet fleet(7, plan);

  ASSERT_TRUE(fleet.Run(3600s));

  for (const auto& [id, shard] :
       fleet.coordinator().store().tables().sweeps.begin()->second.shards) {
    EXPECT_EQ(shard.crash_n + shard.error_n, 0) << "shard " << id.value;
  }
}

TEST(FleetSimReplayTest, TheSameSeedTellsTheSameStory) {
  const auto story = [] {
    Fleet fleet(11, Plan{.agents = 10, .queries = 500});
    fleet.Run(3600s);
    return absl::StrCat(fleet.world().MonotonicNow().time_since_epoch().count(), " ",
                        fleet.coordinator().acknowledged_frames(), " ",
                        fleet.coordinator().store().tables().sweeps.begin()->second.leases.size());
  };
  EXPECT_EQ(story(), story());
}

}  // namespace
}  // namespace wattfleet::testing
