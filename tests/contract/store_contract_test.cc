// What every Store promises about sweeps, pairs, shards, leases and cursors. Results are in
// store_append_contract_test.cc.

#include <gmock/gmock.h>

#include "tests/contract/store_harness.h"

namespace wattfleet::testing {
namespace {

using coordinator::ConsumeSeq;
using coordinator::CountMissing;
using coordinator::InsertLease;
using coordinator::InsertPair;
using coordinator::InsertShard;
using coordinator::LeaseRecord;
using coordinator::LeaseState;
using coordinator::PairSnapshot;
using coordinator::PairState;
using coordinator::PutSample;
using coordinator::PutSweep;
using coordinator::QuarantineMissing;
using coordinator::RecordEvent;
using coordinator::RecordFailures;
using coordinator::SealPair;
using coordinator::SetPairState;
using coordinator::ShardRecord;
using coordinator::ShardState;
using coordinator::StoreBatch;
using coordinator::StoreOp;
using coordinator::StoreSnapshot;
using coordinator::SweepRecord;
using coordinator::SweepState;
using coordinator::UpdateLease;
using coordinator::UpdateShard;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TYPED_TEST_SUITE(StoreContractTest, StoreHarnesses);

TYPED_TEST(StoreContractTest, StartsEmptyWithAnId) {
  const StoreSnapshot snapshot = this->Load();

  EXPECT_FALSE(snapshot.store_id.empty());
  EXPECT_THAT(snapshot.sweeps, IsEmpty());
  EXPECT_EQ(snapshot.max_sweep_id, 0);
}

TYPED_TEST(StoreContractTest, KeepsItsIdOverARestart) {
  const std::string id = this->Load().store_id;

  this->Restart();

  EXPECT_EQ(this->Load().store_id, id);
}

TYPED_TEST(StoreContractTest, GivesEachAgentNameOneIdForEver) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentId first, this->store().RegisterAgent("mac-studio"));
  WF_ASSERT_OK_AND_ASSIGN(const AgentId second, this->store().RegisterAgent("h200"));
  this->Restart();
  WF_ASSERT_OK_AND_ASSIGN(const AgentId again, this->store().RegisterAgent("mac-studio"));

  EXPECT_NE(first, second);
  EXPECT_EQ(first, again);
  const auto agents = this->Load().agents;
  ASSERT_THAT(agents, SizeIs(2));
  EXPECT_EQ(agents[0].name, "mac-studio");
  EXPECT_EQ(agents[1].id, second);
}

TYPED_TEST(StoreContractTest, LoadsWhatWasSubmitted) {
  this->Submit();
  this->Restart();

  const StoreSnapshot snapshot = this->Load();

  ASSERT_THAT(snapshot.sweeps, SizeIs(1));
  const auto& sweep = snapshot.sweeps[0];
  EXPECT_EQ(sweep.sweep, SampleSweep(kSweep, "night", 100));
  ASSERT_THAT(sweep.pairs, SizeIs(1));
  EXPECT_EQ(sweep.pairs[0].spec, SamplePair(kPair, kSweep, 100));
  EXPECT_EQ(sweep.pairs[0].state, PairState::kOpen);
  EXPECT_EQ(sweep.pairs[0].seal, std::nullopt);
  EXPECT_THAT(sweep.shards,
              ElementsAre(ShardRecord{.id = kShard, .pair = kPair, .range = {.lo = 0, .hi = 100}}));
  EXPECT_EQ(snapshot.max_sweep_id, 1);
  EXPECT_EQ(snapshot.max_pair_id, 1);
  EXPECT_EQ(snapshot.max_shard_id, 1);
  EXPECT_EQ(snapshot.max_lease_id, 0);
}

TYPED_TEST(StoreContractTest, LoadsEveryFieldOfAPair) {
  PairSpec pair = SamplePair({5}, kSweep, 200);
  pair.parameters_active = 3.1e9;
  pair.price->cached_input_per_million = 0.01;
  pair.location = Location::kCloud;
  pair.build = {.engine = "openai",
                .ref = "gpt\"x",
                .revision = "r1",
                .quantization = "",
                .base_url = "https://e.example/v1",
                .api_key_file = "/k"};
  pair.condition.concurrency = 0;
  pair.generation = {.temperature = 0,
                     .top_p = 0.95,
                     .top_k = 20,
                     .seed = -1,
                     .max_output_tokens = 5,
                     .context_tokens = 4096,
                     .thinking = Thinking::kHigh,
                     .stop = {}};
  pair.repetitions = 2;
  this->Submit();

  WF_ASSERT_OK(this->Apply({InsertPair{pair}}));
  this->Restart();

  EXPECT_EQ(this->Load().sweeps.at(0).pairs.at(1).spec, pair);
}

TYPED_TEST(StoreContractTest, PuttingASweepAgainReplacesItsRecord) {
  this->Submit();
  SweepRecord paused = SampleSweep(kSweep, "night", 100);
  paused.state = SweepState::kPaused;
  paused.reason = "by ada";

  WF_ASSERT_OK(this->Apply({PutSweep{paused}}));

  EXPECT_EQ(this->Load().sweeps.at(0).sweep, paused);
  EXPECT_THAT(this->Load().sweeps.at(0).pairs, SizeIs(1));
}

TYPED_TEST(StoreContractTest, KeepsTheSampleInOrder) {
  this->Submit();

  WF_ASSERT_OK_AND_ASSIGN(const auto sample, this->View()->Sample());

  ASSERT_THAT(sample, SizeIs(100));
  EXPECT_EQ(sample.front(), 1'099);
  EXPECT_EQ(sample.back(), 1'000);
}

TYPED_TEST(StoreContractTest, SealsAPairOnce) {
  const Seal seal{.model_digest = "sha256:aa", .engine_kind = "vllm", .quantization = ""};
  this->Submit();

  WF_ASSERT_OK(this->Apply({SealPair{.pair = kPair, .seal = seal}}));
  WF_ASSERT_OK(this->Apply({SealPair{.pair = kPair, .seal = seal}}));

  EXPECT_EQ(this->LoadPair().seal, seal);
  EXPECT_THAT(this->Apply({SealPair{.pair = kPair, .seal = {.model_digest = "sha256:bb"}}}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("sealed otherwise")));
}

TYPED_TEST(StoreContractTest, KeepsThePairsStateAndReason) {
  this->Submit();

  WF_ASSERT_OK(this->Apply(
      {SetPairState{.pair = kPair, .state = PairState::kBlocked, .reason = "quota of openai"}}));
  this->Restart();

  const PairSnapshot pair = this->LoadPair();
  EXPECT_EQ(pair.state, PairState::kBlocked);
  EXPECT_EQ(pair.reason, "quota of openai");
}

TYPED_TEST(StoreContractTest, GrantsAndClosesALease) {
  this->SubmitAndGrant();
  this->Restart();
  const auto granted = this->Load().sweeps.at(0);

  WF_ASSERT_OK(this->Apply({UpdateLease{.lease = kLease,
                                        .expect_state = LeaseState::kActive,
                                        .state = LeaseState::kExpired,
                                        .closed_unix_ms = 9,
                                        .reason = "silent"},
                            UpdateShard{.shard = {.id = kShard,
                                                  .pair = kPair,
                                                  .range = {.lo = 0, .hi = 100},
                                                  .state = ShardState::kPending,
                                                  .epoch = 1,
                                                  .crash_n = 1,
                                                  .error_n = 2,
                                                  .not_before_ms = 77},
                                        .expect_epoch = 1,
                                        .expect_state = ShardState::kLeased}}));
  const auto closed = this->Load().sweeps.at(0);

  ASSERT_THAT(granted.open_leases, SizeIs(1));
  EXPECT_EQ(granted.open_leases[0],
            std::get<InsertLease>(GrantOps(kLease, {.lo = 0, .hi = 100})[1]).lease);
  EXPECT_EQ(granted.shards.at(0).state, ShardState::kLeased);
  EXPECT_THAT(closed.open_leases, IsEmpty());
  EXPECT_THAT(closed.shards, ElementsAre(ShardRecord{.id = kShard,
                                                     .pair = kPair,
                                                     .range = {.lo = 0, .hi = 100},
                                                     .state = ShardState::kPending,
                                                     .epoch = 1,
                                                     .crash_n = 1,
                                                     .error_n = 2}));
  EXPECT_EQ(this->Load().max_lease_id, 1);
}

TYPED_TEST(StoreContractTest, LoadsShardsInOrderOfPairAndPlace) {
  this->Submit();

  WF_ASSERT_OK(this->Apply(
      {UpdateShard{.shard = {.id = kShard,
                             .pair = kPair,
                             .range = {.lo = 0, .hi = 100},
                             .state = ShardState::kSplit},
                   .expect_epoch = 0,
                   .expect_state = ShardState::kPending},
       InsertShard{{.id = {3}, .pair = kPair, .range = {.lo = 40, .hi = 100}, .parent = kShard}},
       InsertShard{{.id = {4}, .pair = kPair, .range = {.lo = 0, .hi = 40}, .parent = kShard}}}));
  this->Restart();

  const auto shards = this->Load().sweeps.at(0).shards;
  ASSERT_THAT(shards, SizeIs(3));
  EXPECT_EQ(shards[0].id, kShard);
  EXPECT_EQ(shards[1].id, ShardId{4});
  EXPECT_EQ(shards[1].parent, kShard);
  EXPECT_EQ(shards[2].id, ShardId{3});
}

// Each is a batch whose last op breaks a guard; nothing of it may stay.
struct BrokenGuard {
  const char* what;
  StoreOp op;
};

std::vector<BrokenGuard> BrokenGuards() {
  const ShardRecord shard{.id = kShard,
                          .pair = kPair,
                          .range = {.lo = 0, .hi = 100},
                          .state = ShardState::kDone,
                          .epoch = 1};
  LeaseRecord lease = std::get<InsertLease>(GrantOps({2}, {.lo = 0, .hi = 100}, 2)[1]).lease;
  LeaseRecord same_epoch = lease;
  same_epoch.epoch = 1;
  same_epoch.state = LeaseState::kReleased;
  LeaseRecord no_shard = lease;
  no_shard.shard = {9};
  LeaseRecord same_id = lease;
  same_id.id = kLease;
  same_id.state = LeaseState::kReleased;
  SampleFrame gap;
  gap.seq = 2;
  return {
      {"shard in another epoch", UpdateShard{shard, 0, ShardState::kLeased}},
      {"shard in another state", UpdateShard{shard, 1, ShardState::kPending}},
      {"unknown shard", UpdateShard{{.id = {9}, .pair = kPair}, 0, ShardState::kPending}},
      {"second open lease on a shard", InsertLease{lease}},
      {"second lease of an epoch", InsertLease{same_epoch}},
      {"lease on an unknown shard", InsertLease{no_shard}},
      {"lease id used before", InsertLease{same_id}},
      {"lease in another state", UpdateLease{kLease, LeaseState::kOffered, LeaseState::kActive}},
      {"unknown lease", UpdateLease{{9}, LeaseState::kActive, LeaseState::kFailed}},
      {"pair id used before", InsertPair{SamplePair(kPair, kSweep, 100)}},
      {"pair of another sweep", InsertPair{SamplePair({2}, {2}, 100)}},
      {"shard id used before", InsertShard{shard}},
      {"shard of an unknown pair", InsertShard{{.id = {2}, .pair = {9}, .range = {0, 1}}}},
      {"second sample", PutSample{{1, 2}}},
      {"sweep of another batch", PutSweep{SampleSweep({2}, "other", 1)}},
      {"unknown pair", SetPairState{.pair = {9}, .state = PairState::kPaused}},
      {"frames left out", gap.Op()},
  };
}

TYPED_TEST(StoreContractTest, AFailedGuardIsInternalAndLeavesNothingOfItsTransaction) {
  for (const BrokenGuard& broken : BrokenGuards()) {
    SCOPED_TRACE(broken.what);
    TypeParam harness;
    const std::vector<StoreBatch> submitted{
        {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 100)},
        {.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 100})}};
    WF_ASSERT_OK(harness.store().Apply(submitted));
    SampleFrame other_spool{.results = SampleResults({.lo = 0, .hi = 3})};
    other_spool.spool = SampleSpool(2);

    const std::vector<StoreBatch> batches{
        {.id = 3,
         .sweep = kSweep,
         .ops = {PutSweep{SampleSweep(kSweep, "night", 77)}, other_spool.Op(),
                 RecordEvent{.kind = "X"},
                 QuarantineMissing{.pair = kPair, .range = {.lo = 50, .hi = 60}},
                 SetPairState{.pair = kPair, .state = PairState::kPaused}}},
        {.id = 4, .sweep = kSweep, .ops = {broken.op}}};
    EXPECT_THAT(harness.store().Apply(batches), StatusIs(absl::StatusCode::kInternal, _));

    WF_ASSERT_OK_AND_ASSIGN(const StoreSnapshot snapshot, harness.store().Load());
    ASSERT_THAT(snapshot.sweeps, SizeIs(1));
    EXPECT_EQ(snapshot.sweeps[0].sweep.n_queries, 100);
    EXPECT_THAT(snapshot.sweeps[0].pairs, SizeIs(1));
    EXPECT_EQ(snapshot.sweeps[0].pairs[0].state, PairState::kOpen);
    EXPECT_EQ(snapshot.sweeps[0].pairs[0].completed, 0);
    EXPECT_EQ(snapshot.sweeps[0].pairs[0].quarantined, 0);
    EXPECT_THAT(snapshot.sweeps[0].shards, SizeIs(1));
    EXPECT_THAT(snapshot.sweeps[0].open_leases, SizeIs(1));
    for (const auto& cursor : snapshot.cursors) {
      EXPECT_EQ(cursor.seq, 0U);
    }
    WF_ASSERT_OK_AND_ASSIGN(const auto events, harness.View("night")->Events(10));
    EXPECT_THAT(events, IsEmpty());
    const std::vector<StoreBatch> again{{.id = 5, .sweep = kSweep, .ops = {other_spool.Op()}}};
    WF_ASSERT_OK_AND_ASSIGN(const auto committed, harness.store().Apply(again));
    EXPECT_EQ(committed[0].leases.at(0).accepted, 3);
    WF_ASSERT_OK_AND_ASSIGN(const auto pairs, harness.View("night")->Pairs());
    EXPECT_EQ(pairs.at(0).completed, 3);
  }
}

TYPED_TEST(StoreContractTest, TakesNothingForASweepThatIsNotStored) {
  EXPECT_THAT(this->Apply({RecordEvent{.kind = "X"}}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("sweep 1 is not stored")));
  EXPECT_THAT(this->Load().sweeps, IsEmpty());
}

TYPED_TEST(StoreContractTest, ASweepIsItsName) {
  this->Submit();

  EXPECT_THAT(this->Apply(SubmitOps({2}, "night", 10), {2}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("night is taken by sweep 1")));
  WF_EXPECT_OK(this->Apply(SubmitOps({2}, "day", 10), {2}));
}

TYPED_TEST(StoreContractTest, DoesNotMixSweepsInOneTransaction) {
  const std::vector<StoreBatch> batches{{.id = 1, .sweep = {1}, .ops = SubmitOps({1}, "night", 10)},
                                        {.id = 2, .sweep = {2}, .ops = SubmitOps({2}, "day", 10)}};

  EXPECT_THAT(this->store().Apply(batches), StatusIs(absl::StatusCode::kInternal, _));
  EXPECT_THAT(this->Load().sweeps, IsEmpty());
}

TYPED_TEST(StoreContractTest, KeepsSweepsApart) {
  this->SubmitAndGrant();
  WF_ASSERT_OK(this->Apply(SubmitOps({2}, "day", 10), {2}));
  WF_ASSERT_OK(this->Apply(GrantOps({2}, {.lo = 0, .hi = 10}, 1, kAgent, {2}), {2}));
  this->Append({.seq = 1, .results = SampleResults({.lo = 0, .hi = 5})});
  SampleFrame of_day{.seq = 2, .results = SampleResults({.lo = 0, .hi = 7})};
  of_day.lease = {2};
  of_day.pair = {2};
  of_day.sweep = {2};

  WF_ASSERT_OK_AND_ASSIGN(const auto committed, this->Apply({of_day.Op()}, {2}));
  this->Restart();

  EXPECT_EQ(committed.leases.at(0).accepted, 7);
  const StoreSnapshot snapshot = this->Load();
  ASSERT_THAT(snapshot.sweeps, SizeIs(2));
  EXPECT_EQ(snapshot.sweeps[0].pairs.at(0).completed, 5);
  EXPECT_EQ(snapshot.sweeps[1].pairs.at(0).completed, 7);
  ASSERT_THAT(snapshot.cursors, SizeIs(1));
  EXPECT_EQ(snapshot.cursors[0].seq, 2U);
  EXPECT_EQ(snapshot.max_pair_id, 2);
  EXPECT_EQ(snapshot.max_sweep_id, 2);
}

TYPED_TEST(StoreContractTest, AnswersEachBatchInOrder) {
  const std::vector<StoreBatch> batches{
      {.id = 7, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 10)},
      {.id = 8,
       .sweep = kSweep,
       .ops = {CountMissing{.shard = kShard, .pair = kPair, .range = {.lo = 0, .hi = 10}}}},
      {.id = 9, .sweep = kSweep, .ops = {}}};

  WF_ASSERT_OK_AND_ASSIGN(const auto committed, this->store().Apply(batches));

  ASSERT_THAT(committed, SizeIs(3));
  EXPECT_EQ(committed[0].batch_id, 7U);
  EXPECT_THAT(committed[0].missing, IsEmpty());
  EXPECT_EQ(committed[1].batch_id, 8U);
  EXPECT_EQ(committed[1].sweep, kSweep);
  EXPECT_THAT(committed[1].missing, SizeIs(1));
  EXPECT_EQ(committed[2].batch_id, 9U);
}

TYPED_TEST(StoreContractTest, NamesTheMissingUnitsAfterTheOpsBefore) {
  this->SubmitAndGrant();
  SampleFrame frame{.results = {SampleResult(0), SampleResult(3), SampleResult(4), SampleResult(7),
                                SampleResult(9), SampleResult(10)}};

  WF_ASSERT_OK_AND_ASSIGN(
      const auto committed,
      this->Apply({frame.Op(),
                   QuarantineMissing{.pair = kPair, .range = {.lo = 0, .hi = 10}, .units = {5}},
                   CountMissing{.shard = kShard, .pair = kPair, .range = {.lo = 1, .hi = 10}},
                   CountMissing{.shard = kShard, .pair = kPair, .range = {.lo = 3, .hi = 6}},
                   CountMissing{.shard = kShard, .pair = kPair, .range = {.lo = 20, .hi = 30}}}));

  ASSERT_THAT(committed.missing, SizeIs(3));
  EXPECT_EQ(committed.missing[0].shard, kShard);
  EXPECT_THAT(committed.missing[0].ranges,
              ElementsAre(UnitRange{1, 3}, UnitRange{6, 7}, UnitRange{8, 9}));
  EXPECT_THAT(committed.missing[1].ranges, IsEmpty());
  EXPECT_THAT(committed.missing[2].ranges, ElementsAre(UnitRange{20, 30}));
}

TYPED_TEST(StoreContractTest, QuarantinesOnlyUnitsWithoutAResult) {
  this->SubmitAndGrant();
  this->Append({.results = SampleResults({.lo = 0, .hi = 4})});
  const QuarantineMissing op{
      .pair = kPair, .range = {.lo = 2, .hi = 8}, .lease = kLease, .reason = "crashes"};

  WF_ASSERT_OK_AND_ASSIGN(const auto first, this->Apply({op}));
  WF_ASSERT_OK_AND_ASSIGN(const auto again, this->Apply({op}));
  this->Restart();

  EXPECT_EQ(first.quarantined, 4);
  EXPECT_EQ(again.quarantined, 0);
  EXPECT_EQ(this->LoadPair().quarantined, 4);
  WF_ASSERT_OK_AND_ASSIGN(const auto rows, this->View()->Quarantined(kPair));
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0].unit, 4);
  EXPECT_EQ(rows[0].reason, "crashes");
}

TYPED_TEST(StoreContractTest, QuarantinesTheNamedUnitsOfTheRangeAlone) {
  this->SubmitAndGrant();

  WF_ASSERT_OK_AND_ASSIGN(
      const auto committed,
      this->Apply({QuarantineMissing{
          .pair = kPair, .range = {.lo = 0, .hi = 10}, .units = {3, 9, 10, 3}, .reason = "x"}}));

  EXPECT_EQ(committed.quarantined, 2);
}

TYPED_TEST(StoreContractTest, KeepsTheLastEventsInOrder) {
  this->Submit();
  WF_ASSERT_OK(this->Apply({RecordEvent{.kind = "A", .text = "first", .at_unix_ms = 1},
                            RecordEvent{.kind = "B", .text = "second", .at_unix_ms = 2},
                            RecordEvent{.kind = "C", .text = "third", .at_unix_ms = 3}}));
  this->Restart();

  WF_ASSERT_OK_AND_ASSIGN(const auto events, this->View()->Events(2));

  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, "B");
  EXPECT_EQ(events[1].text, "third");
  EXPECT_EQ(events[1].at_unix_ms, 3);
}

TYPED_TEST(StoreContractTest, TakesFailuresOfUnits) {
  this->SubmitAndGrant();

  WF_EXPECT_OK(this->Apply({RecordFailures{
      .shard = kShard,
      .lease = kLease,
      .failures = {{.unit = 3, .failure = Failure::kServer, .message = "HTTP 500"}}}}));
}

TYPED_TEST(StoreContractTest, ConsumingASequenceMovesTheCursorForwardOnly) {
  this->SubmitAndGrant();
  const ConsumeSeq jump{.agent = kAgent, .spool = SampleSpool(), .seq = 7, .wire_bytes = 55};
  ConsumeSeq back = jump;
  back.seq = 3;

  WF_ASSERT_OK_AND_ASSIGN(const auto first, this->Apply({jump}));
  WF_ASSERT_OK_AND_ASSIGN(const auto second, this->Apply({back}));
  this->Restart();

  ASSERT_THAT(first.cursors, SizeIs(1));
  EXPECT_EQ(first.cursors[0].agent, kAgent);
  EXPECT_EQ(first.cursors[0].spool, SampleSpool());
  EXPECT_EQ(first.cursors[0].seq, 7U);
  EXPECT_EQ(first.cursors[0].wire_bytes, 55);
  EXPECT_EQ(second.cursors.at(0).seq, 7U);
  EXPECT_EQ(this->Append({.seq = 8, .results = SampleResults({.lo = 0, .hi = 1})}).accepted, 1);
}

TYPED_TEST(StoreContractTest, ABatchOfNoSweepMovesCursorsToo) {
  WF_ASSERT_OK_AND_ASSIGN(
      const auto committed,
      this->Apply({ConsumeSeq{.agent = kAgent, .spool = SampleSpool(), .seq = 4},
                   RecordEvent{.kind = "REFUSED", .text = "results of an unknown sweep"}},
                  SweepId{}));
  this->Restart();

  EXPECT_EQ(committed.cursors.at(0).seq, 4U);
  const auto cursors = this->Load().cursors;
  ASSERT_THAT(cursors, SizeIs(1));
  EXPECT_EQ(cursors[0].seq, 4U);
  EXPECT_THAT(this->Apply({PutSample{{1}}}, SweepId{}), StatusIs(absl::StatusCode::kInternal, _));
}

TYPED_TEST(StoreContractTest, IdlingChangesNothing) {
  this->SubmitAndGrant();
  this->Append({.results = SampleResults({.lo = 0, .hi = 4})});

  WF_ASSERT_OK(this->store().Idle());

  EXPECT_EQ(this->LoadPair().completed, 4);
}

}  // namespace
}  // namespace wattfleet::testing
