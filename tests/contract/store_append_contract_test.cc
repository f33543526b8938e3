// What every Store promises about results, their energy, and the ledger.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "coordinator/store/append_rules.h"
#include "tests/contract/store_harness.h"

namespace wattfleet::testing {
namespace {

using coordinator::Committed;
using coordinator::EnergyRow;
using coordinator::kResultMicrojoulesMax;
using coordinator::LeaseCommit;
using coordinator::LedgerRow;
using coordinator::QuarantineMissing;
using coordinator::ResultRow;
using coordinator::StoreBatch;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;

template <typename Harness>
using StoreAppendContractTest = StoreContractTest<Harness>;
TYPED_TEST_SUITE(StoreAppendContractTest, StoreHarnesses);

ChannelEnergy EnergyOn(std::uint32_t channel, Microjoules gross) {
  return {.channel = channel,
          .status = EnergyStatus::kMeasured,
          .gross = gross,
          .net = gross / 2,
          .prefill = gross / 5,
          .samples = 12,
          .max_gap_ns = 100,
          .covered_ppm = 999'999,
          .flags = kFlagShortWindow,
          .baseline_id = 1'700'000'000'123};
}

Result ResultWithEnergy(Unit unit, Microjoules gross, std::uint64_t digest = 7) {
  Result result = SampleResult(unit, digest);
  result.energy = {EnergyOn(0, gross)};
  return result;
}

// Books that balance: 10 uJ idle, 5 unassigned.
LedgerEntry Books(std::uint32_t channel, Microjoules attributed, Microjoules uncounted = 0) {
  return {.channel = channel,
          .total = attributed + uncounted + 15,
          .attributed = attributed,
          .idle = 10,
          .uncounted = uncounted,
          .unassigned = 5,
          .baseline_uw = 80'000'000,
          .baseline_id = 1'700'000'000'123};
}

LeaseClose CloseWith(std::vector<LedgerEntry> ledger) {
  return {.outcome = LeaseOutcome::kCompleted, .ledger = std::move(ledger)};
}

TYPED_TEST(StoreAppendContractTest, StoresEveryFieldOfAResult) {
  this->SubmitAndGrant();
  Result result = SampleResult(42, 0xfedcba9876543210);
  result.status = ResultStatus::kTimeout;
  result.failure = Failure::kTimedOut;
  result.finish = Finish::kLength;
  result.cached_tokens = 17;
  result.reasoning_tokens = 99;
  result.flags = kFlagNotConcurrent | kFlagTruncated;
  result.body_zstd = std::string("\0binary\xff", 8);
  const Verdict verdict{
      .value = VerdictValue::kCorrect, .grader = "mcq", .grader_version = 3, .extracted = "C"};

  const LeaseCommit counts = this->Append({.results = {result}, .verdicts = {verdict}});
  this->Restart();

  EXPECT_EQ(counts.lease, kLease);
  EXPECT_EQ(counts.pair, kPair);
  EXPECT_EQ(counts.accepted, 1);
  const std::vector<ResultRow> rows = this->Results();
  ASSERT_THAT(rows, SizeIs(1));
  const ResultRow& row = rows[0];
  EXPECT_EQ(row.unit, 42);
  EXPECT_EQ(row.q, 1'057);  // the sample runs backwards from 1099
  EXPECT_EQ(row.status, ResultStatus::kTimeout);
  EXPECT_EQ(row.failure, Failure::kTimedOut);
  EXPECT_EQ(row.finish, Finish::kLength);
  EXPECT_EQ(row.lease, kLease);
  EXPECT_EQ(row.sent_unix_ms, result.sent_unix_ms);
  EXPECT_EQ(row.duration_ns, result.duration_ns);
  EXPECT_EQ(row.ttft_ns, result.ttft_ns);
  EXPECT_EQ(row.input_tokens, 120);
  EXPECT_EQ(row.cached_tokens, 17);
  EXPECT_EQ(row.output_tokens, result.output_tokens);
  EXPECT_EQ(row.reasoning_tokens, 99);
  EXPECT_EQ(row.flags, kFlagNotConcurrent | kFlagTruncated);
  EXPECT_EQ(row.verdict, VerdictValue::kCorrect);
  WF_ASSERT_OK_AND_ASSIGN(const std::string body, this->View()->Body(kPair, 42));
  EXPECT_EQ(body, result.body_zstd);
  WF_ASSERT_OK_AND_ASSIGN(const auto graders, this->View()->Graders());
  EXPECT_THAT(graders, ElementsAre(std::pair<std::string, std::int32_t>("mcq", 3)));
}

TYPED_TEST(StoreAppendContractTest, KeepsWhatIsNotKnownUnknown) {
  this->SubmitAndGrant();
  Result result;
  result.unit = 5;

  this->Append({.results = {result}});

  const std::vector<ResultRow> rows = this->Results();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].ttft_ns, std::nullopt);
  EXPECT_EQ(rows[0].input_tokens, std::nullopt);
  EXPECT_EQ(rows[0].output_tokens, std::nullopt);
  EXPECT_EQ(rows[0].verdict, std::nullopt);
  EXPECT_THAT(this->View()->Body(kPair, 5), StatusIs(absl::StatusCode::kNotFound, _));
}

TYPED_TEST(StoreAppendContractTest, CountsResultsThatFailedForGood) {
  this->SubmitAndGrant();
  Result failed = SampleResult(3);
  failed.status = ResultStatus::kFailed;
  failed.failure = Failure::kNoRecording;

  const LeaseCommit counts = this->Append({.results = {SampleResult(2), failed}});
  this->Restart();

  EXPECT_EQ(counts.accepted, 2);
  EXPECT_EQ(counts.failed_accepted, 1);
  EXPECT_EQ(this->LoadPair().completed, 1);
  EXPECT_EQ(this->LoadPair().failed, 1);
}

TYPED_TEST(StoreAppendContractTest, WalksResultsInUnitOrderAndStopsAtAnError) {
  this->SubmitAndGrant();
  this->Append({.results = {SampleResult(9), SampleResult(1), SampleResult(5)}});
  std::vector<Unit> units;

  const absl::Status status =
      this->View()->ForEachResult(kPair, [&](const ResultRow& row) -> absl::Status {
        units.push_back(row.unit);
        return row.unit == 5 ? absl::CancelledError("enough") : absl::OkStatus();
      });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled, "enough"));
  EXPECT_THAT(units, ElementsAre(1, 5));
}

TYPED_TEST(StoreAppendContractTest, TheFirstAnswerWins) {
  this->SubmitAndGrant();
  this->Append({.seq = 1, .results = {SampleResult(1, 11), SampleResult(2, 22)}});
  Result other_status = SampleResult(2, 22);
  other_status.status = ResultStatus::kTimeout;

  const LeaseCommit counts =
      this->Append({.seq = 2, .results = {SampleResult(1, 11), other_status, SampleResult(3, 33)}});
  const LeaseCommit later = this->Append({.seq = 3, .results = {SampleResult(3, 34)}});
  this->Restart();

  EXPECT_EQ(counts.accepted, 1);
  EXPECT_EQ(counts.duplicate, 1);
  EXPECT_EQ(counts.conflicting, 1);
  EXPECT_EQ(later.conflicting, 1);
  EXPECT_EQ(this->LoadPair().completed, 3);
  const std::vector<ResultRow> rows = this->Results();
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[1].status, ResultStatus::kCompleted);
  WF_ASSERT_OK_AND_ASSIGN(const std::string body, this->View()->Body(kPair, 3));
  EXPECT_EQ(body, SampleResult(3, 33).body_zstd);
  WF_ASSERT_OK_AND_ASSIGN(const auto events, this->View()->Events(10));
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, "CONFLICT");
}

TYPED_TEST(StoreAppendContractTest, AUnitTwiceInOneFrameCountsOnce) {
  this->SubmitAndGrant();

  const LeaseCommit counts =
      this->Append({.results = {SampleResult(1), SampleResult(1), SampleResult(1, 8)}});

  EXPECT_EQ(counts.accepted, 1);
  EXPECT_EQ(counts.duplicate, 1);
  EXPECT_EQ(counts.conflicting, 1);
  EXPECT_THAT(this->Results(), SizeIs(1));
}

TYPED_TEST(StoreAppendContractTest, AFrameSentAgainChangesNothingAndIsAcknowledged) {
  this->SubmitAndGrant();
  const SampleFrame frame{
      .seq = 1, .results = {ResultWithEnergy(1, 100)}, .close = CloseWith({Books(0, 100)})};
  this->Append(frame);
  this->Append({.seq = 2, .results = {SampleResult(2)}});
  this->Restart();

  WF_ASSERT_OK_AND_ASSIGN(const Committed again, this->Apply({frame.Op()}));

  ASSERT_THAT(again.leases, SizeIs(1));
  EXPECT_EQ(again.leases[0].accepted + again.leases[0].duplicate + again.leases[0].refused, 0);
  EXPECT_TRUE(again.leases[0].ledger_balances);
  ASSERT_THAT(again.cursors, SizeIs(1));
  EXPECT_EQ(again.cursors[0].seq, 2U);
  EXPECT_EQ(again.cursors[0].wire_bytes, 1'000);
  WF_ASSERT_OK_AND_ASSIGN(const auto events, this->View()->Events(10));
  EXPECT_THAT(events, IsEmpty());
  EXPECT_THAT(this->Results(), SizeIs(1));
}

TYPED_TEST(StoreAppendContractTest, AcceptsALateResultOfALeaseThatExpired) {
  this->SubmitAndGrant();
  WF_ASSERT_OK(
      this->Apply({coordinator::UpdateLease{.lease = kLease,
                                            .expect_state = coordinator::LeaseState::kActive,
                                            .state = coordinator::LeaseState::kExpired}}));

  EXPECT_EQ(this->Append({.results = {SampleResult(1)}}).accepted, 1);
}

TYPED_TEST(StoreAppendContractTest, RefusesWhatTheLeaseDoesNotCover) {
  this->Submit();
  WF_ASSERT_OK(this->Apply(GrantOps(kLease, {.lo = 10, .hi = 20})));
  SampleFrame unknown_lease{.seq = 2, .results = SampleResults({.lo = 10, .hi = 12})};
  unknown_lease.lease = {99};
  SampleFrame other_pair{.seq = 3, .results = SampleResults({.lo = 10, .hi = 13})};
  other_pair.pair = {7};
  SampleFrame other_agent{.seq = 1, .results = SampleResults({.lo = 10, .hi = 14})};
  other_agent.agent = {2};

  const LeaseCommit outside = this->Append(
      {.seq = 1,
       .results = {SampleResult(9), SampleResult(10), SampleResult(20), SampleResult(-1)}});

  EXPECT_EQ(outside.accepted, 1);
  EXPECT_EQ(outside.refused, 3);
  EXPECT_EQ(this->Append(unknown_lease).refused, 2);
  EXPECT_EQ(this->Append(other_pair).refused, 3);
  EXPECT_EQ(this->Append(other_agent).refused, 4);
  EXPECT_THAT(this->Results(), SizeIs(1));
  EXPECT_EQ(this->Append({.seq = 4, .results = {SampleResult(11)}}).accepted, 1);
}

TYPED_TEST(StoreAppendContractTest, RefusesEnergyThatCannotBe) {
  this->SubmitAndGrant();
  Result no_such_channel = SampleResult(1);
  no_such_channel.energy = {EnergyOn(2, 5)};
  Result absurd = ResultWithEnergy(2, kResultMicrojoulesMax + 1);
  Result extreme = ResultWithEnergy(3, std::numeric_limits<Microjoules>::min());

  const LeaseCommit counts = this->Append(
      {.results = {no_such_channel, absurd, extreme, ResultWithEnergy(4, kResultMicrojoulesMax)}});

  EXPECT_EQ(counts.refused, 3);
  EXPECT_EQ(counts.accepted, 1);
}

TYPED_TEST(StoreAppendContractTest, AResultLiftsTheQuarantineOfItsUnit) {
  this->SubmitAndGrant();
  this->Append({.seq = 1, .results = {SampleResult(60)}});
  WF_ASSERT_OK(
      this->Apply({QuarantineMissing{.pair = kPair, .range = {.lo = 0, .hi = 3}, .reason = "x"}}));

  const LeaseCommit counts =
      this->Append({.seq = 2, .results = {SampleResult(1), SampleResult(50)}});

  EXPECT_EQ(counts.accepted, 2);
  EXPECT_EQ(counts.unquarantined, 1);
  EXPECT_EQ(this->LoadPair().quarantined, 2);
  EXPECT_EQ(this->LoadPair().completed, 3);
}

TYPED_TEST(StoreAppendContractTest, NamesWhereResultsWereMade) {
  WF_ASSERT_OK_AND_ASSIGN(const AgentId agent, this->store().RegisterAgent("h200"));
  ASSERT_EQ(agent, kAgent);
  this->SubmitAndGrant();

  this->Append({.seq = 1, .results = SampleResults({.lo = 0, .hi = 3})});
  this->Append({.seq = 2, .results = SampleResults({.lo = 2, .hi = 5})});
  this->Restart();

  WF_ASSERT_OK_AND_ASSIGN(const auto environments, this->View()->Environments(kPair));
  ASSERT_THAT(environments, SizeIs(1));
  EXPECT_EQ(environments[0].agent, kAgent);
  EXPECT_EQ(environments[0].agent_name, "h200");
  EXPECT_EQ(environments[0].instance, "gpu0");
  EXPECT_EQ(environments[0].environment.seal.engine_kind, "ollama");
  EXPECT_EQ(environments[0].environment.facts_json, "{\"driver\":\"550.54\"}");
  EXPECT_EQ(environments[0].results, 5);
  EXPECT_EQ(this->Results()[0].environment_id, environments[0].environment_id);
}

TYPED_TEST(StoreAppendContractTest, StoresEnergyPerChannel) {
  this->SubmitAndGrant();
  Result result = SampleResult(8);
  ChannelEnergy unknown{.channel = 1, .status = EnergyStatus::kInvalid, .flags = kFlagGap};
  result.energy = {EnergyOn(0, 1'000), unknown, EnergyOn(0, 2'000)};

  this->Append({.results = {result}});
  this->Restart();

  const std::vector<EnergyRow> rows = this->Energies();
  ASSERT_THAT(rows, SizeIs(2));  // the second word on a channel does not count
  EXPECT_EQ(rows[0].unit, 8);
  EXPECT_EQ(rows[0].gross, 1'000);
  EXPECT_EQ(rows[0].status, EnergyStatus::kMeasured);
  EXPECT_EQ(rows[0].flags, kFlagShortWindow);
  EXPECT_EQ(rows[1].gross, std::nullopt);
  EXPECT_EQ(rows[1].status, EnergyStatus::kInvalid);
  WF_ASSERT_OK_AND_ASSIGN(const auto channels, this->View()->Channels());
  ASSERT_THAT(channels, SizeIs(2));
  EXPECT_EQ(channels[0].channel_id, rows[0].channel_id);
  EXPECT_EQ(channels[0].facts, SampleChannel("gpu"));
  EXPECT_EQ(channels[0].agent, kAgent);
  WF_ASSERT_OK_AND_ASSIGN(const auto detail, this->View()->Detail(kPair, 8));
  ASSERT_THAT(detail.energies, SizeIs(2));
  EXPECT_EQ(detail.energies[0].second.net, 500);
  EXPECT_EQ(detail.energies[0].second.random, std::nullopt);
  EXPECT_EQ(detail.energies[0].second.prefill, 200);
  EXPECT_EQ(detail.energies[1].second.prefill, std::nullopt);
}

TYPED_TEST(StoreAppendContractTest, StoresALedgerThatBalances) {
  this->SubmitAndGrant();
  this->Append({.seq = 1, .results = {ResultWithEnergy(1, 100), ResultWithEnergy(2, 50)}});
  this->Restart();

  const LeaseCommit counts = this->Append({.seq = 2,
                                           .results = {ResultWithEnergy(3, 7)},
                                           .close = CloseWith({Books(0, 157), Books(1, 0)})});

  EXPECT_TRUE(counts.ledger_balances);
  WF_ASSERT_OK_AND_ASSIGN(const std::vector<LedgerRow> ledger, this->View()->Ledger());
  ASSERT_THAT(ledger, SizeIs(2));
  EXPECT_EQ(ledger[0].lease, kLease);
  EXPECT_EQ(ledger[0].pair, kPair);
  EXPECT_EQ(ledger[0].entry.attributed, 157);
  EXPECT_EQ(ledger[0].entry.total, 172);
  EXPECT_EQ(ledger[0].entry.baseline_uw, 80'000'000);
  EXPECT_EQ(ledger[0].entry.baseline_id, 1'700'000'000'123);
}

TYPED_TEST(StoreAppendContractTest, MovesEnergyOfUncountedAnswersOutOfTheAttributedSum) {
  this->SubmitAndGrant();
  WF_ASSERT_OK(this->Apply(
      {coordinator::UpdateLease{.lease = kLease,
                                .expect_state = coordinator::LeaseState::kActive,
                                .state = coordinator::LeaseState::kExpired},
       coordinator::UpdateShard{
           .shard = {.id = kShard, .pair = kPair, .range = {.lo = 0, .hi = 100}, .epoch = 1},
           .expect_epoch = 1,
           .expect_state = coordinator::ShardState::kLeased}}));
  WF_ASSERT_OK(this->Apply(GrantOps({2}, {.lo = 0, .hi = 50}, 2, {2})));
  SampleFrame second{.seq = 1, .results = {ResultWithEnergy(1, 100)}};
  second.lease = {2};
  second.agent = {2};
  this->Append(second);

  const LeaseCommit counts =
      this->Append({.seq = 1,
                    .results = {ResultWithEnergy(1, 40), ResultWithEnergy(1, 3, 8),
                                ResultWithEnergy(2, 60), ResultWithEnergy(100, 5)},
                    .close = CloseWith({Books(0, 108, 9)})});

  EXPECT_EQ(counts.accepted, 1);
  EXPECT_EQ(counts.duplicate, 1);
  EXPECT_EQ(counts.conflicting, 1);
  EXPECT_EQ(counts.refused, 1);
  EXPECT_TRUE(counts.ledger_balances);
  WF_ASSERT_OK_AND_ASSIGN(const std::vector<LedgerRow> ledger, this->View()->Ledger());
  ASSERT_THAT(ledger, SizeIs(1));
  EXPECT_EQ(ledger[0].entry.attributed, 60);
  EXPECT_EQ(ledger[0].entry.uncounted, 57);
  EXPECT_TRUE(ledger[0].entry.Balances());
}

TYPED_TEST(StoreAppendContractTest, StoresNoLedgerWhoseBooksAreWrong) {
  LedgerEntry unbalanced = Books(0, 100);
  unbalanced.total += 1;
  LedgerEntry no_channel = Books(2, 0);
  LedgerEntry extreme{.total = std::numeric_limits<Microjoules>::max(),
                      .attributed = 100,
                      .idle = std::numeric_limits<Microjoules>::max()};
  const std::vector<std::vector<LedgerEntry>> wrong{
      {unbalanced},  {Books(0, 99)}, {Books(0, 100), no_channel},   {},
      {Books(1, 0)}, {extreme},      {Books(0, 100), Books(0, 100)}};
  for (const auto& ledger : wrong) {
    TypeParam harness;
    const std::vector<StoreBatch> granted{
        {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", 100)},
        {.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = 100})}};
    WF_ASSERT_OK(harness.store().Apply(granted));
    const SampleFrame frame{.results = {ResultWithEnergy(1, 100)}, .close = CloseWith(ledger)};

    const std::vector<StoreBatch> closing{{.id = 3, .sweep = kSweep, .ops = {frame.Op()}}};
    WF_ASSERT_OK_AND_ASSIGN(const auto committed, harness.store().Apply(closing));

    EXPECT_FALSE(committed[0].leases.at(0).ledger_balances);
    EXPECT_EQ(committed[0].leases.at(0).accepted, 1);
    WF_ASSERT_OK_AND_ASSIGN(const auto stored, harness.View("night")->Ledger());
    EXPECT_THAT(stored, IsEmpty());
    WF_ASSERT_OK_AND_ASSIGN(const auto events, harness.View("night")->Events(10));
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].kind, "LEDGER_IMBALANCE");
    ASSERT_THAT(committed[0].events, SizeIs(1));
    EXPECT_EQ(committed[0].events[0].text, events[0].text);
    WF_ASSERT_OK_AND_ASSIGN(const auto refused, harness.View("night")->RefusedLedgers());
    EXPECT_THAT(refused, ElementsAre(Key(kLease)));
  }
}

TYPED_TEST(StoreAppendContractTest, TakesNoResultsAndNoSecondLedgerAfterTheLedger) {
  this->SubmitAndGrant();
  this->Append(
      {.seq = 1, .results = {ResultWithEnergy(1, 100)}, .close = CloseWith({Books(0, 100)})});
  this->Restart();

  const LeaseCommit late = this->Append(
      {.seq = 2, .results = {ResultWithEnergy(2, 10)}, .close = CloseWith({Books(0, 110)})});

  EXPECT_EQ(late.refused, 1);
  EXPECT_FALSE(late.ledger_balances);
  WF_ASSERT_OK_AND_ASSIGN(const auto ledger, this->View()->Ledger());
  ASSERT_THAT(ledger, SizeIs(1));
  EXPECT_EQ(ledger[0].entry.attributed, 100);
}

// Two leases settled with one baseline, the next with one that is 10 % higher, the last as that.
TYPED_TEST(StoreAppendContractTest, TellsOnceThatTheIdlePowerHasDrifted) {
  this->SubmitAndGrant();
  const std::vector<std::pair<std::int64_t, std::int64_t>> baselines{
      {1'000, 80'000'000}, {1'000, 80'000'000}, {2'000, 88'000'000}, {3'000, 88'100'000}};
  for (std::size_t i = 0; i < baselines.size(); ++i) {
    const auto number = static_cast<std::int64_t>(i) + 1;
    if (number > 1) {
      WF_ASSERT_OK(this->Apply(
          {coordinator::UpdateLease{.lease = {number - 1},
                                    .expect_state = coordinator::LeaseState::kActive,
                                    .state = coordinator::LeaseState::kReleased},
           coordinator::UpdateShard{.shard = {.id = kShard,
                                              .pair = kPair,
                                              .range = {.lo = 0, .hi = 100},
                                              .epoch = number - 1},
                                    .expect_epoch = number - 1,
                                    .expect_state = coordinator::ShardState::kLeased}}));
      WF_ASSERT_OK(this->Apply(GrantOps({number}, {.lo = 0, .hi = 100}, number)));
    }
    LedgerEntry books = Books(0, 100);
    std::tie(books.baseline_id, books.baseline_uw) = baselines[i];
    SampleFrame frame{
        .seq = i + 1, .results = {ResultWithEnergy(number, 100)}, .close = CloseWith({books})};
    frame.lease = {number};
    EXPECT_TRUE(this->Append(frame).ledger_balances);
    this->Restart();
  }

  WF_ASSERT_OK_AND_ASSIGN(const auto events, this->View()->Events(10));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, "BASELINE_DRIFT");
  EXPECT_THAT(events[0].text, HasSubstr("from 80 W to 88 W"));
}

TYPED_TEST(StoreAppendContractTest, ACloseWithoutEnergyNeedsNoLedger) {
  this->SubmitAndGrant();

  EXPECT_TRUE(this->Append({.seq = 1, .results = {SampleResult(1)}, .close = CloseWith({})})
                  .ledger_balances);
  EXPECT_EQ(this->Append({.seq = 2, .results = {SampleResult(2)}}).accepted, 1);
}

TYPED_TEST(StoreAppendContractTest, CountsOfAFrameSurviveARestartBetweenFrames) {
  this->SubmitAndGrant();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    const auto lo = static_cast<Unit>(seq) * 10;
    EXPECT_EQ(
        this->Append({.seq = seq, .results = SampleResults({.lo = lo, .hi = lo + 10})}).accepted,
        10);
    this->Restart();
  }

  EXPECT_EQ(this->LoadPair().completed, 50);
  EXPECT_EQ(this->Load().cursors.at(0).seq, 5U);
}

}  // namespace
}  // namespace wattfleet::testing
