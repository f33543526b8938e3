#include "common/wire/session_wire.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include "wattfleet/v1/fleet.pb.h"

#include "common/wire/body.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::StatusIs;

// Names of the fields of `message`, at any depth, that are unset or have their default value.
void FindUnset(const google::protobuf::Message& message, const std::string& prefix,
               std::vector<std::string>& unset) {
  const auto& reflection = *message.GetReflection();
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto& field = *descriptor.field(i);
    const std::string name = prefix + field.name();
    if (field.is_repeated()) {
      if (reflection.FieldSize(message, &field) == 0) {
        unset.push_back(name);
      } else if (field.message_type() != nullptr) {
        FindUnset(reflection.GetRepeatedMessage(message, &field, 0), name + ".", unset);
      }
    } else if (!reflection.HasField(message, &field)) {
      if (field.real_containing_oneof() == nullptr) {
        unset.push_back(name);
      }
    } else if (field.message_type() != nullptr) {
      FindUnset(reflection.GetMessage(message, &field), name + ".", unset);
    }
  }
}

template <typename Wire, typename Message>
std::vector<std::string> UnsetFields(const Message& message) {
  Wire wire;
  ToWire(message, wire);
  std::vector<std::string> unset;
  FindUnset(wire, "", unset);
  return unset;
}

// Through bytes, as on the wire.
template <typename Wire, typename Message>
absl::StatusOr<std::optional<Message>> RoundTrip(const Message& message) {
  Wire wire;
  ToWire(message, wire);
  Wire parsed;
  EXPECT_TRUE(parsed.ParseFromString(wire.SerializeAsString()));
  return FromWire(parsed);
}

SpoolId ExampleSpoolId() {
  SpoolId id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(0xF0 + i);
  }
  return id;
}

PairSpec ExamplePair() {
  PairSpec pair;
  pair.id = {11};
  pair.sweep = {12};
  pair.model = "llama";
  pair.build = {.engine = "vllm",
                .ref = "meta/llama",
                .revision = "abc",
                .quantization = "bf16",
                .base_url = "http://127.0.0.1:1",
                .api_key_file = "/etc/key"};
  pair.accelerator = "nvidia-h200";
  pair.location = Location::kCloud;
  pair.condition = {.concurrency = 16};
  pair.generation = {.temperature = 0.6,
                     .top_p = 0.95,
                     .top_k = 20,
                     .seed = 3,
                     .max_output_tokens = 100,
                     .context_tokens = 4096,
                     .thinking = Thinking::kHigh,
                     .stop = {"a", "b"},
                     .cache_as_served = true};
  pair.timeouts = {.connect = milliseconds(1),
                   .first_token = milliseconds(2),
                   .idle = milliseconds(3),
                   .query = milliseconds(4)};
  pair.retry = {.errors = 5, .crashes = 6};
  pair.repetitions = 2;
  pair.n_units = 2000;
  pair.plan_hash = std::string(31, '\xFE') + '\0';
  return pair;
}

Result BareResult(Unit unit) {
  Result result;
  result.unit = unit;
  return result;
}

Result ExampleResult() {
  Result result;
  result.unit = 77;
  result.status = ResultStatus::kTimeout;
  result.failure = Failure::kTimedOut;
  result.finish = Finish::kLength;
  result.sent_unix_ms = 1'700'000'000'000;
  result.duration_ns = 12'345;
  result.ttft_ns = 1;
  result.ttfo_ns = 2;
  result.queue_ns = 3;
  result.input_tokens = 4;
  result.cached_tokens = 5;
  result.output_tokens = 6;
  result.reasoning_tokens = 7;
  result.token_source = TokenSource::kRecorded;
  result.in_flight_mean = 1.5;
  result.flags = kFlagTruncated | kFlagNotConcurrent;
  result.body_digest = 0xFFFF'FFFF'FFFF'FFFEULL;
  result.body_zstd = PackBody({.content = "A", .reasoning = "B", .chunks = {}});
  result.energy = {{.channel = 1,
                    .status = EnergyStatus::kPartial,
                    .gross = 100,
                    .net = -3,
                    .random = 4,
                    .prefill = 40,
                    .samples = 9,
                    .max_gap_ns = 10,
                    .covered_ppm = 999'999,
                    .flags = kFlagGap,
                    .baseline_id = 1'700'000'000'123}};
  return result;
}

ResultBatch ExampleBatch() {
  ResultBatch batch;
  batch.spool_id = ExampleSpoolId();
  batch.seq = 9;
  batch.lease = {21};
  batch.pair = {22};
  batch.sweep = {23};
  batch.epoch = 24;
  batch.environment = {
      .seal = {.model_digest = "sha256:1", .engine_kind = "vllm", .quantization = "q"},
      .facts_json = R"({"a":1})"};
  batch.channels = {
      {.name = "c0", .source = "rapl", .scope = Scope::kDram, .facts_json = "{}"},
      {.name = "c1", .source = "nvml", .scope = Scope::kModelled, .facts_json = "{}"}};
  batch.results = {ExampleResult(), BareResult(78)};
  batch.close = LeaseClose{.outcome = LeaseOutcome::kEngineBlocked,
                           .message = "quota",
                           .failures = {{.unit = 79, .failure = Failure::kQuota, .message = "402"}},
                           .ledger = {{.channel = 1,
                                       .total = 10,
                                       .attributed = 4,
                                       .idle = 3,
                                       .uncounted = 2,
                                       .unassigned = 1,
                                       .baseline_uw = 55,
                                       .baseline_id = 1'700'000'000'123}}};
  batch.trace = TracePart{.part = 1, .parts = 2, .bytes = std::string("\0\xFF", 2)};
  return batch;
}

std::vector<AgentMessage> AgentExamples() {
  AgentHello hello;
  hello.agent_name = "mac";
  hello.agent_version = "0.1.0";
  hello.incarnation = 1ULL << 63;
  hello.spool_id = ExampleSpoolId();
  hello.spool_retained_from = 5;
  hello.spool_next = 8;
  hello.instances = {{.name = "gpu0",
                      .accelerator = "nvidia-h200",
                      .location = Location::kCloud,
                      .device_ids = {"GPU-1"},
                      .engines = {{.kind = "vllm", .refs = {"*"}, .base_url = "http://h"}}}};
  hello.held = {{.lease = {4}, .epoch = 2, .finished = true}};
  hello.power_channels = {"nvml/GPU-1/energy"};
  return {
      hello, WorkRequest{.request_id = 3, .instance = "gpu0"},
      SpooledBatch{.seq = 9, .bytes = SerializeBatch(ExampleBatch())},
      Heartbeat{.seq = 2,
                .leases = {{.lease = {4}, .epoch = 2, .units_done = 10, .units_per_second = 1.5}},
                .health = "engine slow"},
      Goodbye{.reason = "drain"}};
}

std::vector<CoordinatorMessage> CoordinatorExamples() {
  LeaseGrant grant;
  grant.lease = {31};
  grant.shard = {32};
  grant.epoch = 33;
  grant.pair = ExamplePair();
  grant.instance = "gpu0";
  grant.units = {{.lo = 1, .hi = 5}, {.lo = 7, .hi = 9}};
  grant.seal = Seal{.model_digest = "d", .engine_kind = "vllm", .quantization = "bf16"};
  grant.ttl = milliseconds(120'000);
  grant.request_id = 34;
  grant.alone = true;
  return {
      Welcome{.agent = 1,
              .store_id = "store",
              .ack_through_seq = 7,
              .heartbeat = milliseconds(1000),
              .session_dead = milliseconds(9000),
              .credit_bytes = 65'536,
              .held = {{LeaseId{4}, LeaseVerdict::kStop}}},
      Refuse{
          .code = "DRAINING", .reason = "later", .retry_after = milliseconds(7), .permanent = true},
      grant,
      LeaseQueries{.lease = {31},
                   .epoch = 33,
                   .queries = {{.unit = 1, .query_id = "q1", .system = "s", .prompt = "p"}},
                   .last = true},
      ResultAck{.spool_id = ExampleSpoolId(),
                .through_seq = 9,
                .accepted = 1,
                .duplicate = 2,
                .refused = 3,
                .credit_bytes = 4},
      HeartbeatAck{.seq = 2},
      LeaseOrder{.lease = {31}, .verdict = LeaseVerdict::kFinishAndReport},
      FleetOrder{.kind = FleetOrderKind::kShutdown}};
}

TEST(SessionWireTest, EveryFieldOfEveryAgentMessageSurvives) {
  for (const AgentMessage& message : AgentExamples()) {
    EXPECT_THAT(UnsetFields<v1::AgentMsg>(message), IsEmpty());
    WF_ASSERT_OK_AND_ASSIGN(const auto back, RoundTrip<v1::AgentMsg>(message));
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(*back == message) << "arm " << message.index();
  }
}

TEST(SessionWireTest, EveryFieldOfEveryCoordinatorMessageSurvives) {
  for (const CoordinatorMessage& message : CoordinatorExamples()) {
    EXPECT_THAT(UnsetFields<v1::CoordMsg>(message), IsEmpty());
    WF_ASSERT_OK_AND_ASSIGN(const auto back, RoundTrip<v1::CoordMsg>(message));
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(*back == message) << "arm " << message.index();
  }
}

TEST(SessionWireTest, APartOfATraceThatCannotBeIsRefused) {
  const auto parsed = [](const TracePart& trace) {
    ResultBatch batch = ExampleBatch();
    batch.trace = trace;
    return ParseBatch(SerializeBatch(batch)).status();
  };
  const auto is_bad = [](const char* what) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what));
  };
  EXPECT_THAT(parsed({.part = 2, .parts = 2}), is_bad("trace.part"));
  EXPECT_THAT(parsed({.part = -1, .parts = 2}), is_bad("trace.part"));
  EXPECT_THAT(parsed({.part = 0, .parts = kTracePartsMax + 1}), is_bad("trace.parts"));
  EXPECT_THAT(parsed({.bytes = std::string(kTracePartBytesMax + 1, 'x')}), is_bad("trace.bytes"));
}

TEST(SessionWireTest, EveryFieldOfABatchSurvives) {
  v1::ResultBatch wire;
  ASSERT_TRUE(wire.ParseFromString(SerializeBatch(ExampleBatch())));
  std::vector<std::string> unset;
  FindUnset(wire, "", unset);
  EXPECT_THAT(unset, IsEmpty());

  WF_ASSERT_OK_AND_ASSIGN(const ResultBatch back, ParseBatch(SerializeBatch(ExampleBatch())));

  EXPECT_TRUE(back == ExampleBatch());
}

TEST(SessionWireTest, AReaddressedBatchDiffersInItsAddressOnly) {
  ResultBatch expected = ExampleBatch();
  expected.spool_id.fill(7);
  expected.seq = 1234;

  WF_ASSERT_OK_AND_ASSIGN(
      const ResultBatch back,
      ParseBatch(ReaddressBatch(SerializeBatch(ExampleBatch()), expected.spool_id, 1234)));

  EXPECT_TRUE(back == expected);
}

TEST(SessionWireTest, AbsentOptionalsStayAbsent) {
  ResultBatch batch = ExampleBatch();
  batch.close.reset();
  batch.results = {BareResult(0)};
  batch.results[0].energy.resize(1);

  WF_ASSERT_OK_AND_ASSIGN(const ResultBatch back, ParseBatch(SerializeBatch(batch)));

  EXPECT_TRUE(back == batch);
}

TEST(SessionWireTest, AnUnknownArmIsIgnored) {
  const auto agent = FromWire(v1::AgentMsg());
  const auto coordinator = FromWire(v1::CoordMsg());

  ASSERT_TRUE(agent.ok() && coordinator.ok());
  EXPECT_FALSE(agent->has_value());
  EXPECT_FALSE(coordinator->has_value());
}

TEST(SessionWireTest, AHelloWithoutACommonVersionIsRefusedNamingBothRanges) {
  v1::AgentMsg wire;
  ToWire(AgentExamples()[0], wire);
  wire.mutable_hello()->set_proto_min(kProtocolMax + 1);
  wire.mutable_hello()->set_proto_max(kProtocolMax + 2);

  EXPECT_THAT(FromWire(wire),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("versions 2 to 3 of the protocol, this build 1 to 1")));
}

struct BadBatch {
  const char* wrong;
  void (*spoil)(v1::ResultBatch&);
};

const BadBatch kBadBatches[] = {
    {"spool_id: not 16 bytes", [](v1::ResultBatch& b) { b.set_spool_id("short"); }},
    {"batch.seq", [](v1::ResultBatch& b) { b.set_seq(0); }},
    {"batch.lease_id", [](v1::ResultBatch& b) { b.set_lease_id(-1); }},
    {"batch.pair_id", [](v1::ResultBatch& b) { b.set_pair_id(0); }},
    {"batch.sweep_id", [](v1::ResultBatch& b) { b.set_sweep_id(0); }},
    {"batch.epoch", [](v1::ResultBatch& b) { b.set_epoch(0); }},
    {"result.unit", [](v1::ResultBatch& b) { b.mutable_results(0)->set_unit(-1); }},
    {"result.status", [](v1::ResultBatch& b) { b.mutable_results(0)->set_status(3); }},
    {"result.failure", [](v1::ResultBatch& b) { b.mutable_results(0)->set_failure(99); }},
    {"result.duration_ns", [](v1::ResultBatch& b) { b.mutable_results(0)->set_duration_ns(-1); }},
    {"result.ttft_ns", [](v1::ResultBatch& b) { b.mutable_results(0)->set_ttft_ns(-1); }},
    {"result.output_tokens",
     [](v1::ResultBatch& b) { b.mutable_results(0)->set_output_tokens(-1); }},
    {"result.in_flight_mean",
     [](v1::ResultBatch& b) { b.mutable_results(0)->set_in_flight_mean(1.0 / 0.0); }},
    {"result.body_zstd: over 768 KiB",
     [](v1::ResultBatch& b) {
       b.mutable_results(0)->set_body_zstd(std::string(kBodyZstdBytesMax + 1, 'x'));
     }},
    {"energy.status",
     [](v1::ResultBatch& b) { b.mutable_results(0)->mutable_energy(0)->set_status(6); }},
    {"energy.channel",
     [](v1::ResultBatch& b) { b.mutable_results(0)->mutable_energy(0)->set_channel(2); }},
    {"energy.channel",
     [](v1::ResultBatch& b) { *b.mutable_results(0)->add_energy() = b.results(0).energy(0); }},
    {"energy.channel",
     [](v1::ResultBatch& b) { b.mutable_close()->mutable_ledger(0)->set_channel(9); }},
    {"channel.scope", [](v1::ResultBatch& b) { b.mutable_channels(0)->set_scope(99); }},
    {"close.outcome", [](v1::ResultBatch& b) { b.mutable_close()->set_outcome(6); }},
    {"close.failures",
     [](v1::ResultBatch& b) { b.mutable_close()->mutable_failures(0)->set_failure(-1); }},
};

TEST(SessionWireTest, ABadBatchIsRefusedNamingTheField) {
  for (const BadBatch& bad : kBadBatches) {
    v1::ResultBatch wire;
    ASSERT_TRUE(wire.ParseFromString(SerializeBatch(ExampleBatch())));
    bad.spoil(wire);

    EXPECT_THAT(ParseBatch(wire.SerializeAsString()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.wrong)));
  }
}

TEST(SessionWireTest, ABatchOverTheSizeLimitIsRefusedUnread) {
  EXPECT_THAT(ParseBatch(std::string(kBatchBytesMax + 1, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1048577 bytes")));

  v1::AgentMsg wire;
  wire.mutable_batch()->set_seq(1);
  wire.mutable_batch()->set_bytes(std::string(kBatchBytesMax + 1, '\0'));
  EXPECT_THAT(FromWire(wire), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 MiB")));
}

TEST(SessionWireTest, AnUnknownFinishIsUnknownNotAnError) {
  v1::ResultBatch wire;
  ASSERT_TRUE(wire.ParseFromString(SerializeBatch(ExampleBatch())));
  wire.mutable_results(0)->set_finish(42);
  wire.mutable_results(0)->set_token_source(42);

  WF_ASSERT_OK_AND_ASSIGN(const ResultBatch batch, ParseBatch(wire.SerializeAsString()));

  EXPECT_EQ(batch.results[0].finish, Finish::kUnknown);
  EXPECT_EQ(batch.results[0].token_source, TokenSource::kNone);
}

struct BadGrant {
  const char* wrong;
  void (*spoil)(v1::LeaseGrant&);
};

const BadGrant kBadGrants[] = {
    {"grant.lease_id", [](v1::LeaseGrant& g) { g.set_lease_id(0); }},
    {"grant.epoch", [](v1::LeaseGrant& g) { g.set_epoch(0); }},
    {"grant.ttl_ms", [](v1::LeaseGrant& g) { g.set_ttl_ms(-1); }},
    {"grant.units", [](v1::LeaseGrant& g) { g.mutable_units(1)->set_lo(4); }},
    {"grant.units", [](v1::LeaseGrant& g) { g.mutable_units(0)->set_hi(1); }},
    {"pair.plan_hash", [](v1::LeaseGrant& g) { g.mutable_pair()->set_plan_hash("x"); }},
    {"pair.concurrency", [](v1::LeaseGrant& g) { g.mutable_pair()->set_concurrency(-1); }},
    {"generation.max_output_tokens",
     [](v1::LeaseGrant& g) { g.mutable_pair()->mutable_generation()->set_max_output_tokens(0); }},
    {"generation.thinking",
     [](v1::LeaseGrant& g) { g.mutable_pair()->mutable_generation()->set_thinking(9); }},
    {"timeouts.query_ms",
     [](v1::LeaseGrant& g) { g.mutable_pair()->mutable_timeouts()->set_query_ms(-1); }},
};

TEST(SessionWireTest, ABadGrantIsRefusedNamingTheField) {
  for (const BadGrant& bad : kBadGrants) {
    v1::CoordMsg wire;
    ToWire(CoordinatorExamples()[2], wire);
    bad.spoil(*wire.mutable_grant());

    EXPECT_THAT(FromWire(wire), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.wrong)));
  }
}

TEST(SessionWireTest, TextThatIsNotUtf8IsMendedBeforeItIsSent) {
  ResultBatch batch = ExampleBatch();
  batch.close->message = "engine printed \xFF";
  batch.close->failures[0].message = "\xC3";

  WF_ASSERT_OK_AND_ASSIGN(const ResultBatch back, ParseBatch(SerializeBatch(batch)));

  EXPECT_EQ(back.close->message, "engine printed \xEF\xBF\xBD");
  EXPECT_EQ(back.close->failures[0].message, "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace wattfleet
