#include "common/wire/session_wire.h"

#include <chrono>
#include <utility>
#include <variant>

#include <google/protobuf/arena.h>

#include "wattfleet/v1/fleet.pb.h"
#include "wattfleet/v1/types.pb.h"

#include "common/status/status_macros.h"
#include "common/wire/pair_wire.h"
#include "common/wire/result_wire.h"
#include "common/wire/utf8.h"
#include "common/wire/wire_checks.h"

namespace wattfleet {

namespace {

using wire::Checks;

std::chrono::milliseconds Millis(std::int64_t value, std::string_view what, Checks& checks) {
  checks.AtLeast(value, 0, what);
  return std::chrono::milliseconds(value);
}

void Put(const AgentHello& hello, v1::AgentMsg& message) {
  v1::Hello& wire = *message.mutable_hello();
  wire.set_proto_min(kProtocolMin);
  wire.set_proto_max(kProtocolMax);
  wire.set_agent_name(hello.agent_name);
  wire.set_agent_version(hello.agent_version);
  wire.set_incarnation(hello.incarnation);
  wire.set_spool_id(wire::SpoolIdBytes(hello.spool_id));
  wire.set_spool_retained_from(hello.spool_retained_from);
  wire.set_spool_next(hello.spool_next);
  for (const InstanceOffer& offer : hello.instances) {
    wire::ToWire(offer, *wire.add_instances());
  }
  for (const HeldLease& held : hello.held) {
    v1::HeldLease& entry = *wire.add_held();
    entry.set_lease_id(held.lease.value);
    entry.set_epoch(held.epoch);
    entry.set_finished(held.finished);
  }
  for (const std::string& channel : hello.power_channels) {
    wire.add_power_channels(channel);
  }
}

AgentHello Take(const v1::Hello& wire, Checks& checks) {
  checks.Require(!wire.agent_name().empty(), "hello.agent_name: empty");
  checks.Require(wire.spool_next() >= wire.spool_retained_from(), "hello.spool_next");
  AgentHello hello;
  hello.agent_name = wire.agent_name();
  hello.agent_version = wire.agent_version();
  hello.incarnation = wire.incarnation();
  hello.spool_id = wire::SpoolIdFromBytes(wire.spool_id(), checks);
  hello.spool_retained_from = wire.spool_retained_from();
  hello.spool_next = wire.spool_next();
  for (const v1::InstanceOffer& offer : wire.instances()) {
    hello.instances.push_back(wire::FromWire(offer, checks));
  }
  for (const v1::HeldLease& held : wire.held()) {
    checks.AtLeast(held.lease_id(), 1, "hello.held.lease_id");
    hello.held.push_back(
        {.lease = {held.lease_id()}, .epoch = held.epoch(), .finished = held.finished()});
  }
  hello.power_channels.assign(wire.power_channels().begin(), wire.power_channels().end());
  return hello;
}

void Put(const WorkRequest& request, v1::AgentMsg& message) {
  v1::WorkRequest& wire = *message.mutable_work_request();
  wire.set_request_id(request.request_id);
  wire.set_instance(request.instance);
}

WorkRequest Take(const v1::WorkRequest& wire, Checks&) {
  return {.request_id = wire.request_id(), .instance = wire.instance()};
}

void Put(const SpooledBatch& batch, v1::AgentMsg& message) {
  v1::SpooledBatch& wire = *message.mutable_batch();
  wire.set_seq(batch.seq);
  wire.set_bytes(batch.bytes);
}

SpooledBatch Take(const v1::SpooledBatch& wire, Checks& checks) {
  checks.Require(wire.seq() >= 1, "batch.seq");
  checks.Require(wire.bytes().size() <= kBatchBytesMax, "batch.bytes: over 1 MiB");
  return {.seq = wire.seq(), .bytes = wire.bytes()};
}

void Put(const Heartbeat& heartbeat, v1::AgentMsg& message) {
  v1::Heartbeat& wire = *message.mutable_heartbeat();
  wire.set_seq(heartbeat.seq);
  for (const LeaseProgress& progress : heartbeat.leases) {
    v1::LeaseProgress& entry = *wire.add_leases();
    entry.set_lease_id(progress.lease.value);
    entry.set_epoch(progress.epoch);
    entry.set_units_done(progress.units_done);
    entry.set_units_per_second(progress.units_per_second);
  }
  wire.set_health(ToUtf8(heartbeat.health));
}

Heartbeat Take(const v1::Heartbeat& wire, Checks& checks) {
  Heartbeat heartbeat{.seq = wire.seq(), .leases = {}, .health = wire.health()};
  for (const v1::LeaseProgress& entry : wire.leases()) {
    checks.AtLeast(entry.lease_id(), 1, "heartbeat.leases.lease_id");
    checks.AtLeast(entry.units_done(), 0, "heartbeat.leases.units_done");
    checks.Finite(entry.units_per_second(), "heartbeat.leases.units_per_second");
    heartbeat.leases.push_back({.lease = {entry.lease_id()},
                                .epoch = entry.epoch(),
                                .units_done = entry.units_done(),
                                .units_per_second = entry.units_per_second()});
  }
  return heartbeat;
}

void Put(const Goodbye& goodbye, v1::AgentMsg& message) {
  message.mutable_goodbye()->set_reason(ToUtf8(goodbye.reason));
}

Goodbye Take(const v1::Goodbye& wire, Checks&) {
  return {.reason = wire.reason()};
}

void Put(const Welcome& welcome, v1::CoordMsg& message) {
  v1::Welcome& wire = *message.mutable_welcome();
  wire.set_proto(kProtocolMax);
  wire.set_agent_id(welcome.agent);
  wire.set_store_id(welcome.store_id);
  wire.set_ack_through_seq(welcome.ack_through_seq);
  wire.set_heartbeat_ms(welcome.heartbeat.count());
  wire.set_session_dead_ms(welcome.session_dead.count());
  wire.set_credit_bytes(welcome.credit_bytes);
  for (const auto& [lease, verdict] : welcome.held) {
    v1::LeaseVerdictEntry& entry = *wire.add_held();
    entry.set_lease_id(lease.value);
    entry.set_verdict(static_cast<std::int32_t>(verdict));
  }
}

Welcome Take(const v1::Welcome& wire, Checks& checks) {
  checks.AtLeast(wire.heartbeat_ms(), 1, "welcome.heartbeat_ms");
  checks.AtLeast(wire.credit_bytes(), 0, "welcome.credit_bytes");
  Welcome welcome;
  welcome.agent = wire.agent_id();
  welcome.store_id = wire.store_id();
  welcome.ack_through_seq = wire.ack_through_seq();
  welcome.heartbeat = Millis(wire.heartbeat_ms(), "welcome.heartbeat_ms", checks);
  welcome.session_dead = Millis(wire.session_dead_ms(), "welcome.session_dead_ms", checks);
  welcome.credit_bytes = wire.credit_bytes();
  for (const v1::LeaseVerdictEntry& entry : wire.held()) {
    welcome.held.emplace_back(
        LeaseId{entry.lease_id()},
        wire::OpenEnum(entry.verdict(), LeaseVerdict::kUnknown, LeaseVerdict::kUnknown));
  }
  return welcome;
}

void Put(const Refuse& refuse, v1::CoordMsg& message) {
  v1::Refuse& wire = *message.mutable_refuse();
  wire.set_code(refuse.code);
  wire.set_reason(ToUtf8(refuse.reason));
  wire.set_retry_after_ms(refuse.retry_after.count());
  wire.set_permanent(refuse.permanent);
}

Refuse Take(const v1::Refuse& wire, Checks& checks) {
  return {.code = wire.code(),
          .reason = wire.reason(),
          .retry_after = Millis(wire.retry_after_ms(), "refuse.retry_after_ms", checks),
          .permanent = wire.permanent()};
}

void Put(const LeaseGrant& grant, v1::CoordMsg& message) {
  wire::ToWire(grant, *message.mutable_grant());
}

LeaseGrant Take(const v1::LeaseGrant& wire, Checks& checks) {
  return wire::FromWire(wire, checks);
}

void Put(const LeaseQueries& queries, v1::CoordMsg& message) {
  v1::LeaseQueries& wire = *message.mutable_queries();
  wire.set_lease_id(queries.lease.value);
  wire.set_epoch(queries.epoch);
  for (const LeaseQuery& query : queries.queries) {
    v1::LeaseQuery& entry = *wire.add_queries();
    entry.set_unit(query.unit);
    entry.set_query_id(query.query_id);
    entry.set_system(query.system);
    entry.set_prompt(query.prompt);
  }
  wire.set_last(queries.last);
}

LeaseQueries Take(const v1::LeaseQueries& wire, Checks& checks) {
  checks.AtLeast(wire.lease_id(), 1, "queries.lease_id");
  LeaseQueries queries;
  queries.lease = {wire.lease_id()};
  queries.epoch = wire.epoch();
  queries.queries.reserve(static_cast<std::size_t>(wire.queries_size()));
  for (const v1::LeaseQuery& query : wire.queries()) {
    checks.AtLeast(query.unit(), 0, "queries.unit");
    queries.queries.push_back({.unit = query.unit(),
                               .query_id = query.query_id(),
                               .system = query.system(),
                               .prompt = query.prompt()});
  }
  queries.last = wire.last();
  return queries;
}

void Put(const ResultAck& ack, v1::CoordMsg& message) {
  v1::ResultAck& wire = *message.mutable_ack();
  wire.set_spool_id(wire::SpoolIdBytes(ack.spool_id));
  wire.set_through_seq(ack.through_seq);
  wire.set_accepted(ack.accepted);
  wire.set_duplicate(ack.duplicate);
  wire.set_refused(ack.refused);
  wire.set_credit_bytes(ack.credit_bytes);
}

ResultAck Take(const v1::ResultAck& wire, Checks& checks) {
  checks.AtLeast(wire.credit_bytes(), 0, "ack.credit_bytes");
  return {.spool_id = wire::SpoolIdFromBytes(wire.spool_id(), checks),
          .through_seq = wire.through_seq(),
          .accepted = wire.accepted(),
          .duplicate = wire.duplicate(),
          .refused = wire.refused(),
          .credit_bytes = wire.credit_bytes()};
}

void Put(const HeartbeatAck& ack, v1::CoordMsg& message) {
  message.mutable_heartbeat_ack()->set_seq(ack.seq);
}

HeartbeatAck Take(const v1::HeartbeatAck& wire, Checks&) {
  return {.seq = wire.seq()};
}

void Put(const LeaseOrder& order, v1::CoordMsg& message) {
  v1::LeaseOrder& wire = *message.mutable_lease_order();
  wire.set_lease_id(order.lease.value);
  wire.set_verdict(static_cast<std::int32_t>(order.verdict));
}

LeaseOrder Take(const v1::LeaseOrder& wire, Checks& checks) {
  return {.lease = {wire.lease_id()},
          .verdict = checks.Closed(wire.verdict(), LeaseVerdict::kUnknown, "lease_order.verdict")};
}

void Put(const FleetOrder& order, v1::CoordMsg& message) {
  message.mutable_fleet_order()->set_kind(static_cast<std::int32_t>(order.kind));
}

FleetOrder Take(const v1::FleetOrder& wire, Checks& checks) {
  return {.kind = checks.Closed(wire.kind(), FleetOrderKind::kShutdown, "fleet_order.kind")};
}

template <typename Message, typename Wire>
absl::StatusOr<std::optional<Message>> Parsed(const Wire& wire) {
  Checks checks;
  auto message = Take(wire, checks);
  WF_RETURN_IF_ERROR(checks.status());
  return std::optional<Message>(std::move(message));
}

absl::Status CheckVersions(std::uint32_t lo, std::uint32_t hi) {
  if (lo <= kProtocolMax && hi >= kProtocolMin) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("the peer speaks versions %d to %d of the protocol, this build %d to %d", lo,
                      hi, kProtocolMin, kProtocolMax));
}

}  // namespace

void ToWire(const AgentMessage& message, v1::AgentMsg& wire) {
  std::visit([&wire](const auto& arm) { Put(arm, wire); }, message);
}

absl::StatusOr<std::optional<AgentMessage>> FromWire(const v1::AgentMsg& wire) {
  switch (wire.kind_case()) {
    case v1::AgentMsg::kHello:
      WF_RETURN_IF_ERROR(CheckVersions(wire.hello().proto_min(), wire.hello().proto_max()));
      return Parsed<AgentMessage>(wire.hello());
    case v1::AgentMsg::kWorkRequest:
      return Parsed<AgentMessage>(wire.work_request());
    case v1::AgentMsg::kBatch:
      return Parsed<AgentMessage>(wire.batch());
    case v1::AgentMsg::kHeartbeat:
      return Parsed<AgentMessage>(wire.heartbeat());
    case v1::AgentMsg::kGoodbye:
      return Parsed<AgentMessage>(wire.goodbye());
    case v1::AgentMsg::KIND_NOT_SET:
      break;
  }
  return std::optional<AgentMessage>();
}

void ToWire(const CoordinatorMessage& message, v1::CoordMsg& wire) {
  std::visit([&wire](const auto& arm) { Put(arm, wire); }, message);
}

absl::StatusOr<std::optional<CoordinatorMessage>> FromWire(const v1::CoordMsg& wire) {
  switch (wire.kind_case()) {
    case v1::CoordMsg::kWelcome:
      WF_RETURN_IF_ERROR(CheckVersions(wire.welcome().proto(), wire.welcome().proto()));
      return Parsed<CoordinatorMessage>(wire.welcome());
    case v1::CoordMsg::kRefuse:
      return Parsed<CoordinatorMessage>(wire.refuse());
    case v1::CoordMsg::kGrant:
      return Parsed<CoordinatorMessage>(wire.grant());
    case v1::CoordMsg::kQueries:
      return Parsed<CoordinatorMessage>(wire.queries());
    case v1::CoordMsg::kAck:
      return Parsed<CoordinatorMessage>(wire.ack());
    case v1::CoordMsg::kHeartbeatAck:
      return Parsed<CoordinatorMessage>(wire.heartbeat_ack());
    case v1::CoordMsg::kLeaseOrder:
      return Parsed<CoordinatorMessage>(wire.lease_order());
    case v1::CoordMsg::kFleetOrder:
      return Parsed<CoordinatorMessage>(wire.fleet_order());
    case v1::CoordMsg::KIND_NOT_SET:
      break;
  }
  return std::optional<CoordinatorMessage>();
}

std::string SerializeBatch(const ResultBatch& batch) {
  google::protobuf::Arena arena;
  auto* wire = google::protobuf::Arena::CreateMessage<v1::ResultBatch>(&arena);
  wire::ToWire(batch, *wire);
  return wire->SerializeAsString();
}

absl::StatusOr<ResultBatch> ParseBatch(std::string_view bytes) {
  google::protobuf::Arena arena;
  auto* wire = google::protobuf::Arena::CreateMessage<v1::ResultBatch>(&arena);
  if (bytes.size() > kBatchBytesMax ||
      !wire->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d bytes are not a ResultBatch", bytes.size()));
  }
  Checks checks;
  ResultBatch batch = wire::FromWire(*wire, checks);
  WF_RETURN_IF_ERROR(checks.status());
  return batch;
}

std::string ReaddressBatch(std::string_view bytes, const SpoolId& spool, std::uint64_t seq) {
  v1::ResultBatch address;
  address.set_spool_id(wire::SpoolIdBytes(spool));
  address.set_seq(seq);
  return std::string(bytes) + address.SerializeAsString();
}

}  // namespace wattfleet
