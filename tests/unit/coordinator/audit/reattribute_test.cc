#include "coordinator/audit/reattribute.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/store/memory_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/unit/common/trace/simulated_books.h"

namespace wattfleet::testing {
namespace {

using coordinator::MemoryStore;
using coordinator::Reattribute;
using coordinator::Reattribution;
using coordinator::StoreBatch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A store with one lease whose books were simulated, as its agent would have sent them.
class ReattributeTest : public ::testing::Test {
 protected:
  ReattributeTest() : lease_(SimulateLease(4)), trace_(lease_.packed) {}

  std::unique_ptr<coordinator::SweepView> Store() {
    Apply({.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 1'000)});
    Apply({.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 1'000})});
    SampleFrame frame;
    for (const auto& [unit, energies] : lease_.energies) {
      frame.results.push_back(SampleResult(unit));
      frame.results.back().energy = energies;
    }
    frame.close = LeaseClose{.ledger = lease_.ledger};
    if (!trace_.empty()) {
      frame.trace = TracePart{.bytes = trace_};
    }
    coordinator::AppendResults append = frame.Op();
    auto graded = std::make_shared<coordinator::GradedBatch>(*append.graded);
    graded->batch.channels.clear();
    for (const TracedChannel& channel : lease_.start.channels) {
      graded->batch.channels.push_back({.name = channel.spec.name,
                                        .source = "simulated",
                                        .scope = channel.spec.scope,
                                        .facts_json = "{}"});
    }
    append.graded = graded;
    Apply({.id = 3, .sweep = kSweep, .ops = {append}});
    auto view = store_.View("night");
    EXPECT_THAT(view, IsOk());
    return *std::move(view);
  }
  void Apply(StoreBatch batch) {
    const std::vector<StoreBatch> batches{std::move(batch)};
    WF_EXPECT_OK(store_.Apply(batches));
  }

  SimulatedLease lease_;
  std::string trace_;
  MemoryStore store_;
};

TEST_F(ReattributeTest, TheStoredFiguresComeOutToTheBit) {
  const auto view = Store();
  WF_ASSERT_OK_AND_ASSIGN(const Reattribution result,
                          Reattribute(*view, ReplayMethod::kAllocV1, "paper"));

  EXPECT_TRUE(result.IsIdentical());
  ASSERT_THAT(result.pairs, SizeIs(1));
  EXPECT_EQ(result.pairs[0].results, static_cast<std::int64_t>(lease_.energies.size()));
  EXPECT_EQ(result.pairs[0].identical, result.pairs[0].results * 4);
  EXPECT_EQ(result.pairs[0].identical_ledgers, 4);
  EXPECT_EQ(result.pairs[0].untraced, 0);
  EXPECT_EQ(result.pairs[0].energy_class, "paper");
  EXPECT_GT(result.pairs[0].class_results, 0);
  EXPECT_EQ(result.pairs[0].class_stored, result.pairs[0].class_again);
  EXPECT_THAT(RenderReattribution(result, true), HasSubstr("identical to what is stored"));
}

TEST_F(ReattributeTest, AMicrojouleThatWasChangedIsFoundAndNamed) {
  auto& [unit, energies] = *lease_.energies.begin();
  energies[0].gross = energies[0].gross.value_or(0) + 1;
  const auto view = Store();
  WF_ASSERT_OK_AND_ASSIGN(const Reattribution result,
                          Reattribute(*view, ReplayMethod::kAllocV1, "paper"));

  EXPECT_FALSE(result.IsIdentical());
  EXPECT_EQ(result.pairs[0].identical + 1, result.pairs[0].energies);
  ASSERT_THAT(result.differences, SizeIs(1));
  EXPECT_THAT(result.differences[0],
              HasSubstr("unit " + std::to_string(unit) + " on counter: stored"));
  EXPECT_THAT(RenderReattribution(result, true), HasSubstr("NOT identical"));
}

TEST_F(ReattributeTest, ADamagedTraceIsNamedAndItsResultsCountAsUntraced) {
  trace_.resize(trace_.size() / 2);
  const auto view = Store();
  WF_ASSERT_OK_AND_ASSIGN(const Reattribution result,
                          Reattribute(*view, ReplayMethod::kAllocV1, "paper"));

  EXPECT_FALSE(result.IsIdentical());
  ASSERT_THAT(result.problems, SizeIs(1));
  EXPECT_THAT(result.problems[0], HasSubstr("lease 1: damaged trace"));
  EXPECT_GT(result.pairs[0].untraced, 0);
  EXPECT_THAT(result.rows, IsEmpty());
}

TEST_F(ReattributeTest, WithoutTracesThereIsNothingToComputeFrom) {
  trace_.clear();
  const auto view = Store();
  EXPECT_THAT(Reattribute(*view, ReplayMethod::kAllocV1, "paper"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no reading traces")));
}

TEST_F(ReattributeTest, AnUnknownClassIsRefused) {
  const auto view = Store();
  EXPECT_THAT(Reattribute(*view, ReplayMethod::kAllocV1, "walls"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("wall")));
}

}  // namespace
}  // namespace wattfleet::testing
