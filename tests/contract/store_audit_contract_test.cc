// What every Store promises about the audit of energy: one result's details, traces, and what other
// methods make of them.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/contract/store_harness.h"

namespace wattfleet::testing {
namespace {

using coordinator::EnergyRow;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

template <typename Harness>
using StoreAuditContractTest = StoreContractTest<Harness>;
TYPED_TEST_SUITE(StoreAuditContractTest, StoreHarnesses);

ChannelEnergy EnergyOn(std::uint32_t channel, Microjoules gross) {
  return {.channel = channel,
          .status = EnergyStatus::kMeasured,
          .gross = gross,
          .net = gross / 2,
          .random = 3,
          .samples = 12,
          .max_gap_ns = 100,
          .covered_ppm = 999'999,
          .flags = kFlagShortWindow,
          .baseline_id = 1'700'000'000'123};
}

Result ResultWithEnergy(Unit unit, Microjoules gross) {
  Result result = SampleResult(unit);
  result.energy = {EnergyOn(0, gross)};
  return result;
}

TYPED_TEST(StoreAuditContractTest, ShowsOneResultWithAllThatIsKnownOfIt) {
  this->SubmitAndGrant();
  Result result = ResultWithEnergy(8, 1'000);
  result.ttfo_ns = 60'000'000;
  result.queue_ns = 5;
  result.in_flight_mean = 3.5;
  const Verdict verdict{.value = VerdictValue::kNoAnswer,
                        .grader = "mcq",
                        .grader_version = 3,
                        .reason = "refused",
                        .extracted = "?"};
  this->Append({.results = {result}, .verdicts = {verdict}});
  this->Restart();

  WF_ASSERT_OK_AND_ASSIGN(const coordinator::ResultDetail detail, this->View()->Detail(kPair, 8));

  EXPECT_EQ(detail.row.unit, 8);
  EXPECT_EQ(detail.row.q, this->Results()[0].q);
  EXPECT_EQ(detail.row.lease, kLease);
  EXPECT_EQ(detail.row.ttft_ns, 50'000'000);
  EXPECT_EQ(detail.row.verdict, VerdictValue::kNoAnswer);
  EXPECT_EQ(detail.ttfo_ns, 60'000'000);
  EXPECT_EQ(detail.queue_ns, 5);
  EXPECT_EQ(detail.in_flight_mean, 3.5);
  EXPECT_EQ(detail.token_source, TokenSource::kEngine);
  EXPECT_EQ(detail.body_digest, 7U);
  EXPECT_EQ(detail.verdict, verdict);
  ASSERT_THAT(detail.energies, SizeIs(1));
  EXPECT_EQ(detail.energies[0].first, 1);
  EXPECT_EQ(detail.energies[0].second, EnergyOn(0, 1'000));
  EXPECT_THAT(this->View()->Detail(kPair, 9), StatusIs(absl::StatusCode::kNotFound, _));
}

TYPED_TEST(StoreAuditContractTest, KeepsATraceInPartsAndGivesItBackWhole) {
  this->SubmitAndGrant();
  SampleFrame first{.seq = 1};
  first.trace = TracePart{.part = 0, .parts = 2, .bytes = std::string("a\0b", 3)};
  this->Append(first);
  this->Restart();
  EXPECT_THAT(this->View()->Trace(kLease),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("part of its trace")));
  SampleFrame second{.seq = 2};
  second.trace = TracePart{.part = 1, .parts = 2, .bytes = "c"};

  EXPECT_TRUE(this->Append(second).ledger_balances);
  this->Append(second);  // sent again: changes nothing

  EXPECT_EQ(this->Load().cursors.at(0).seq, 2U);
  const auto view = this->View();
  WF_ASSERT_OK_AND_ASSIGN(const auto rows, view->Traces());
  EXPECT_THAT(rows, ElementsAre(coordinator::TraceRow{
                        .lease = kLease, .pair = kPair, .agent = kAgent, .parts = 2, .stored = 2}));
  WF_ASSERT_OK_AND_ASSIGN(const std::string bytes, view->Trace(kLease));
  EXPECT_EQ(bytes, std::string("a\0bc", 4));
  EXPECT_THAT(view->Trace({2}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no trace")));
}

TYPED_TEST(StoreAuditContractTest, KeepsReattributedEnergyBesideTheStoredOne) {
  this->SubmitAndGrant();
  this->Append({.results = {ResultWithEnergy(1, 100)}});
  coordinator::ReattributedEnergy row{
      .pair = kPair, .unit = 1, .channel_id = 1, .energy = EnergyOn(0, 90)};
  WF_ASSERT_OK(this->Apply({coordinator::PutReattributed{.method = "linear", .rows = {row}}}));
  row.energy.gross = 91;
  WF_ASSERT_OK(this->Apply({coordinator::PutReattributed{.method = "linear", .rows = {row}}}));
  this->Restart();

  EXPECT_EQ(this->Energies().at(0).gross, 100);
  const auto view = this->View();
  WF_ASSERT_OK_AND_ASSIGN(const auto methods, view->ReattributedMethods());
  EXPECT_THAT(methods, ElementsAre("linear"));
  std::vector<EnergyRow> rows;
  WF_ASSERT_OK(view->ForEachReattributed(kPair, "linear", [&](const EnergyRow& found) {
    rows.push_back(found);
    return absl::OkStatus();
  }));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].unit, 1);
  EXPECT_EQ(rows[0].gross, 91);
}

Verdict VerdictOf(const char* grader, VerdictValue value) {
  return {.value = value, .grader = grader, .grader_version = 2, .extracted = "B"};
}

TYPED_TEST(StoreAuditContractTest, KeepsAddedVerdictsBesideTheOneInForce) {
  this->SubmitAndGrant();
  const Verdict mine = VerdictOf("mcq", VerdictValue::kCorrect);
  this->Append({.results = {SampleResult(1), SampleResult(2)}, .verdicts = {mine, std::nullopt}});
  const auto add = [this](Unit unit, const char* grader, VerdictValue value) {
    return this->Apply({coordinator::PutVerdicts{
        {{.pair = kPair, .unit = unit, .verdict = VerdictOf(grader, value)}}}});
  };
  WF_ASSERT_OK(add(1, "exact", VerdictValue::kNoAnswer));
  WF_ASSERT_OK(add(1, "exact", VerdictValue::kWrong));  // said again: replaces its own
  WF_ASSERT_OK(add(2, "exact", VerdictValue::kCorrect));
  WF_ASSERT_OK(add(1, "mcq", VerdictValue::kWrong));  // the grader in force: nothing
  EXPECT_THAT(add(3, "exact", VerdictValue::kWrong),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("no result to grade")));
  this->Restart();

  EXPECT_EQ(this->Results().at(0).verdict, VerdictValue::kCorrect);
  EXPECT_EQ(this->Results().at(1).verdict, std::nullopt);
  const auto view = this->View();
  WF_ASSERT_OK_AND_ASSIGN(const coordinator::ResultDetail detail, view->Detail(kPair, 1));
  EXPECT_EQ(detail.verdict, mine);
  const auto of = [&](const char* grader, std::int32_t version) {
    std::vector<std::pair<Unit, VerdictValue>> verdicts;
    WF_EXPECT_OK(
        view->ForEachVerdict(kPair, grader, version, [&](const coordinator::VerdictRow& row) {
          EXPECT_EQ(row.extracted, "B");
          verdicts.emplace_back(row.unit, row.value);
          return absl::OkStatus();
        }));
    return verdicts;
  };
  EXPECT_THAT(of("exact", 2), ElementsAre(std::pair(Unit{1}, VerdictValue::kWrong),
                                          std::pair(Unit{2}, VerdictValue::kCorrect)));
  EXPECT_THAT(of("mcq", 2), ElementsAre(std::pair(Unit{1}, VerdictValue::kCorrect)));
  EXPECT_THAT(of("exact", 1), SizeIs(0));
  WF_ASSERT_OK_AND_ASSIGN(const auto graders, view->Graders());
  EXPECT_THAT(graders,
              ElementsAre(std::pair(std::string("mcq"), 2), std::pair(std::string("exact"), 2)));
}

}  // namespace
}  // namespace wattfleet::testing
