#include "common/wire/result_wire.h"

#include <algorithm>
#include <optional>

#include "wattfleet/v1/fleet.pb.h"
#include "wattfleet/v1/types.pb.h"

#include "common/wire/body.h"
#include "common/wire/pair_wire.h"
#include "common/wire/utf8.h"

namespace wattfleet::wire {

namespace {

// Sets an optional protobuf field, or leaves it absent.
#define WF_SET_OPTIONAL(wire, field, value)  \
  do {                                       \
    if (value) (wire).set_##field(*(value)); \
  } while (false)
#define WF_GET_OPTIONAL(wire, field) \
  ((wire).has_##field() ? std::optional((wire).field()) : std::nullopt)

void ToWire(const ChannelEnergy& energy, v1::ChannelEnergy& wire) {
  wire.set_channel(energy.channel);
  wire.set_status(static_cast<std::int32_t>(energy.status));
  WF_SET_OPTIONAL(wire, gross_uj, energy.gross);
  WF_SET_OPTIONAL(wire, net_uj, energy.net);
  WF_SET_OPTIONAL(wire, random_uj, energy.random);
  wire.set_samples(energy.samples);
  WF_SET_OPTIONAL(wire, max_gap_ns, energy.max_gap_ns);
  WF_SET_OPTIONAL(wire, covered_ppm, energy.covered_ppm);
  wire.set_flags(energy.flags);
  WF_SET_OPTIONAL(wire, baseline_id, energy.baseline_id);
  WF_SET_OPTIONAL(wire, prefill_uj, energy.prefill);
}

ChannelEnergy FromWire(const v1::ChannelEnergy& wire, Checks& checks) {
  checks.AtLeast(wire.samples(), 0, "energy.samples");
  checks.AtLeast(wire.max_gap_ns(), 0, "energy.max_gap_ns");
  checks.AtLeast(wire.covered_ppm(), 0, "energy.covered_ppm");
  return {.channel = wire.channel(),
          .status = checks.Closed(wire.status(), EnergyStatus::kImported, "energy.status"),
          .gross = WF_GET_OPTIONAL(wire, gross_uj),
          .net = WF_GET_OPTIONAL(wire, net_uj),
          .random = WF_GET_OPTIONAL(wire, random_uj),
          .prefill = WF_GET_OPTIONAL(wire, prefill_uj),
          .samples = wire.samples(),
          .max_gap_ns = WF_GET_OPTIONAL(wire, max_gap_ns),
          .covered_ppm = WF_GET_OPTIONAL(wire, covered_ppm),
          .flags = wire.flags(),
          .baseline_id = WF_GET_OPTIONAL(wire, baseline_id)};
}

void ToWire(const LedgerEntry& entry, v1::LedgerEntry& wire) {
  wire.set_channel(entry.channel);
  wire.set_total_uj(entry.total);
  wire.set_attributed_uj(entry.attributed);
  wire.set_idle_uj(entry.idle);
  wire.set_uncounted_uj(entry.uncounted);
  wire.set_unassigned_uj(entry.unassigned);
  WF_SET_OPTIONAL(wire, baseline_uw, entry.baseline_uw);
  WF_SET_OPTIONAL(wire, baseline_id, entry.baseline_id);
}

LedgerEntry FromWire(const v1::LedgerEntry& wire) {
  return {.channel = wire.channel(),
          .total = wire.total_uj(),
          .attributed = wire.attributed_uj(),
          .idle = wire.idle_uj(),
          .uncounted = wire.uncounted_uj(),
          .unassigned = wire.unassigned_uj(),
          .baseline_uw = WF_GET_OPTIONAL(wire, baseline_uw),
          .baseline_id = WF_GET_OPTIONAL(wire, baseline_id)};
}

void ToWire(const Result& result, v1::Result& wire) {
  wire.set_unit(result.unit);
  wire.set_status(static_cast<std::int32_t>(result.status));
  wire.set_failure(static_cast<std::int32_t>(result.failure));
  wire.set_finish(static_cast<std::int32_t>(result.finish));
  wire.set_sent_unix_ms(result.sent_unix_ms);
  wire.set_duration_ns(result.duration_ns);
  WF_SET_OPTIONAL(wire, ttft_ns, result.ttft_ns);
  WF_SET_OPTIONAL(wire, ttfo_ns, result.ttfo_ns);
  WF_SET_OPTIONAL(wire, queue_ns, result.queue_ns);
  WF_SET_OPTIONAL(wire, input_tokens, result.input_tokens);
  WF_SET_OPTIONAL(wire, cached_tokens, result.cached_tokens);
  WF_SET_OPTIONAL(wire, output_tokens, result.output_tokens);
  WF_SET_OPTIONAL(wire, reasoning_tokens, result.reasoning_tokens);
  wire.set_token_source(static_cast<std::int32_t>(result.token_source));
  WF_SET_OPTIONAL(wire, in_flight_mean, result.in_flight_mean);
  wire.set_flags(result.flags);
  wire.set_body_digest(result.body_digest);
  wire.set_body_zstd(result.body_zstd);
  for (const ChannelEnergy& energy : result.energy) {
    ToWire(energy, *wire.add_energy());
  }
}

void CheckResult(const v1::Result& wire, Checks& checks) {
  checks.AtLeast(wire.unit(), 0, "result.unit");
  checks.AtLeast(wire.duration_ns(), 0, "result.duration_ns");
  checks.AtLeast(wire.ttft_ns(), 0, "result.ttft_ns");
  checks.AtLeast(wire.ttfo_ns(), 0, "result.ttfo_ns");
  checks.AtLeast(wire.queue_ns(), 0, "result.queue_ns");
  checks.AtLeast(wire.input_tokens(), 0, "result.input_tokens");
  checks.AtLeast(wire.cached_tokens(), 0, "result.cached_tokens");
  checks.AtLeast(wire.output_tokens(), 0, "result.output_tokens");
  checks.AtLeast(wire.reasoning_tokens(), 0, "result.reasoning_tokens");
  checks.Finite(wire.in_flight_mean(), "result.in_flight_mean");
  checks.Require(wire.body_zstd().size() <= kBodyZstdBytesMax, "result.body_zstd: over 768 KiB");
}

Result FromWire(const v1::Result& wire, Checks& checks) {
  CheckResult(wire, checks);
  Result result;
  result.unit = wire.unit();
  result.status = checks.Closed(wire.status(), ResultStatus::kFailed, "result.status");
  result.failure = checks.Closed(wire.failure(), Failure::kEngineDown, "result.failure");
  result.finish = OpenEnum(wire.finish(), Finish::kCancelled, Finish::kUnknown);
  result.sent_unix_ms = wire.sent_unix_ms();
  result.duration_ns = wire.duration_ns();
  result.ttft_ns = WF_GET_OPTIONAL(wire, ttft_ns);
  result.ttfo_ns = WF_GET_OPTIONAL(wire, ttfo_ns);
  result.queue_ns = WF_GET_OPTIONAL(wire, queue_ns);
  result.input_tokens = WF_GET_OPTIONAL(wire, input_tokens);
  result.cached_tokens = WF_GET_OPTIONAL(wire, cached_tokens);
  result.output_tokens = WF_GET_OPTIONAL(wire, output_tokens);
  result.reasoning_tokens = WF_GET_OPTIONAL(wire, reasoning_tokens);
  result.token_source = OpenEnum(wire.token_source(), TokenSource::kRecorded, TokenSource::kNone);
  result.in_flight_mean = WF_GET_OPTIONAL(wire, in_flight_mean);
  result.flags = wire.flags();
  result.body_digest = wire.body_digest();
  result.body_zstd = wire.body_zstd();
  result.energy.reserve(static_cast<std::size_t>(wire.energy_size()));
  for (const v1::ChannelEnergy& energy : wire.energy()) {
    result.energy.push_back(FromWire(energy, checks));
  }
  return result;
}

void ToWire(const LeaseClose& close, v1::LeaseClose& wire) {
  wire.set_outcome(static_cast<std::int32_t>(close.outcome));
  wire.set_message(ToUtf8(close.message));
  for (const UnitFailure& failure : close.failures) {
    v1::UnitFailure& entry = *wire.add_failures();
    entry.set_unit(failure.unit);
    entry.set_failure(static_cast<std::int32_t>(failure.failure));
    entry.set_message(ToUtf8(failure.message));
  }
  for (const LedgerEntry& entry : close.ledger) {
    ToWire(entry, *wire.add_ledger());
  }
}

LeaseClose FromWire(const v1::LeaseClose& wire, Checks& checks) {
  LeaseClose close;
  close.outcome = checks.Closed(wire.outcome(), LeaseOutcome::kNotConcurrent, "close.outcome");
  close.message = wire.message();
  for (const v1::UnitFailure& failure : wire.failures()) {
    checks.AtLeast(failure.unit(), 0, "close.failures.unit");
    close.failures.push_back(
        {.unit = failure.unit(),
         .failure = checks.Closed(failure.failure(), Failure::kEngineDown, "close.failures"),
         .message = failure.message()});
  }
  for (const v1::LedgerEntry& entry : wire.ledger()) {
    close.ledger.push_back(FromWire(entry));
  }
  return close;
}

TracePart FromWire(const v1::TracePart& wire, Checks& checks) {
  checks.Require(wire.parts() >= 1 && wire.parts() <= kTracePartsMax, "trace.parts");
  checks.Require(wire.part() >= 0 && wire.part() < wire.parts(), "trace.part");
  checks.Require(wire.bytes().size() <= kTracePartBytesMax, "trace.bytes: over 192 KiB");
  return {.part = wire.part(), .parts = wire.parts(), .bytes = wire.bytes()};
}

#undef WF_SET_OPTIONAL
#undef WF_GET_OPTIONAL

// Every energy entry names a channel of the batch, at most once per result.
bool ChannelsAreKnown(const ResultBatch& batch) {
  const std::size_t channels = batch.channels.size();
  const auto known = [channels](const auto& entries) {
    std::vector<bool> seen(channels, false);
    return std::ranges::all_of(entries, [&](const auto& entry) {
      const bool good = entry.channel < channels && !seen[entry.channel];
      if (good) {
        seen[entry.channel] = true;
      }
      return good;
    });
  };
  const bool results = std::ranges::all_of(batch.results, [&](const Result& result) {
    return result.energy.empty() || known(result.energy);
  });
  return results && (!batch.close || known(batch.close->ledger));
}

}  // namespace

void ToWire(const ResultBatch& batch, v1::ResultBatch& wire) {
  wire.set_spool_id(SpoolIdBytes(batch.spool_id));
  wire.set_seq(batch.seq);
  wire.set_lease_id(batch.lease.value);
  wire.set_pair_id(batch.pair.value);
  wire.set_sweep_id(batch.sweep.value);
  wire.set_epoch(batch.epoch);
  ToWire(batch.environment.seal, *wire.mutable_environment()->mutable_seal());
  wire.mutable_environment()->set_facts_json(batch.environment.facts_json);
  for (const ChannelFacts& channel : batch.channels) {
    v1::ChannelFacts& entry = *wire.add_channels();
    entry.set_name(channel.name);
    entry.set_source(channel.source);
    entry.set_scope(static_cast<std::int32_t>(channel.scope));
    entry.set_facts_json(channel.facts_json);
  }
  wire.mutable_results()->Reserve(static_cast<int>(batch.results.size()));
  for (const Result& result : batch.results) {
    ToWire(result, *wire.add_results());
  }
  if (batch.close) {
    ToWire(*batch.close, *wire.mutable_close());
  }
  if (batch.trace) {
    wire.mutable_trace()->set_part(batch.trace->part);
    wire.mutable_trace()->set_parts(batch.trace->parts);
    wire.mutable_trace()->set_bytes(batch.trace->bytes);
  }
}

ResultBatch FromWire(const v1::ResultBatch& wire, Checks& checks) {
  checks.Require(wire.seq() >= 1, "batch.seq");
  checks.AtLeast(wire.lease_id(), 1, "batch.lease_id");
  checks.AtLeast(wire.pair_id(), 1, "batch.pair_id");
  checks.AtLeast(wire.sweep_id(), 1, "batch.sweep_id");
  checks.AtLeast(wire.epoch(), 1, "batch.epoch");
  ResultBatch batch;
  batch.spool_id = SpoolIdFromBytes(wire.spool_id(), checks);
  batch.seq = wire.seq();
  batch.lease = {wire.lease_id()};
  batch.pair = {wire.pair_id()};
  batch.sweep = {wire.sweep_id()};
  batch.epoch = wire.epoch();
  batch.environment = {.seal = FromWire(wire.environment().seal()),
                       .facts_json = wire.environment().facts_json()};
  for (const v1::ChannelFacts& channel : wire.channels()) {
    batch.channels.push_back(
        {.name = channel.name(),
         .source = channel.source(),
         .scope = checks.Closed(channel.scope(), AllScopes().back().scope, "channel.scope"),
         .facts_json = channel.facts_json()});
  }
  batch.results.reserve(static_cast<std::size_t>(wire.results_size()));
  for (const v1::Result& result : wire.results()) {
    batch.results.push_back(FromWire(result, checks));
  }
  if (wire.has_close()) {
    batch.close = FromWire(wire.close(), checks);
  }
  if (wire.has_trace()) {
    batch.trace = FromWire(wire.trace(), checks);
  }
  checks.Require(ChannelsAreKnown(batch), "energy.channel: not a channel of the batch, or twice");
  return batch;
}

std::string SpoolIdBytes(const SpoolId& id) {
  return {id.begin(), id.end()};
}

SpoolId SpoolIdFromBytes(const std::string& bytes, Checks& checks) {
  SpoolId id{};
  checks.Require(bytes.size() == id.size(), "spool_id: not 16 bytes");
  if (bytes.size() == id.size()) {
    std::ranges::transform(bytes, id.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
  }
  return id;
}

}  // namespace wattfleet::wire
