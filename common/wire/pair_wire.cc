#include "common/wire/pair_wire.h"

#include <chrono>

#include "wattfleet/v1/fleet.pb.h"
#include "wattfleet/v1/types.pb.h"

#include "common/wire/utf8.h"

namespace wattfleet::wire {

namespace {

constexpr std::size_t kPlanHashBytes = 32;

v1::Location ToWire(Location location) {
  return location == Location::kCloud ? v1::LOCATION_CLOUD : v1::LOCATION_LOCAL;
}

Location FromWire(v1::Location wire, Checks& checks) {
  return checks.Closed(static_cast<std::int32_t>(wire), Location::kCloud, "location");
}

std::chrono::milliseconds Millis(std::int64_t value, std::string_view what, Checks& checks) {
  checks.AtLeast(value, 0, what);
  return std::chrono::milliseconds(value);
}

void ToWire(const Build& build, v1::Build& wire) {
  wire.set_engine(build.engine);
  wire.set_ref(build.ref);
  wire.set_revision(build.revision);
  wire.set_quantization(build.quantization);
  wire.set_base_url(build.base_url);
  wire.set_api_key_file(build.api_key_file);
}

Build FromWire(const v1::Build& wire) {
  return {.engine = wire.engine(),
          .ref = wire.ref(),
          .revision = wire.revision(),
          .quantization = wire.quantization(),
          .base_url = wire.base_url(),
          .api_key_file = wire.api_key_file()};
}

void ToWire(const Generation& generation, v1::Generation& wire) {
  if (generation.temperature) wire.set_temperature(*generation.temperature);
  if (generation.top_p) wire.set_top_p(*generation.top_p);
  if (generation.top_k) wire.set_top_k(*generation.top_k);
  if (generation.seed) wire.set_seed(*generation.seed);
  wire.set_max_output_tokens(generation.max_output_tokens);
  if (generation.context_tokens) wire.set_context_tokens(*generation.context_tokens);
  wire.set_thinking(static_cast<std::int32_t>(generation.thinking));
  for (const std::string& stop : generation.stop) {
    wire.add_stop(stop);
  }
  wire.set_cache_as_served(generation.cache_as_served);
}

Generation FromWire(const v1::Generation& wire, Checks& checks) {
  Generation generation;
  if (wire.has_temperature()) generation.temperature = wire.temperature();
  if (wire.has_top_p()) generation.top_p = wire.top_p();
  if (wire.has_top_k()) generation.top_k = wire.top_k();
  if (wire.has_seed()) generation.seed = wire.seed();
  generation.max_output_tokens = wire.max_output_tokens();
  checks.AtLeast(wire.max_output_tokens(), 1, "generation.max_output_tokens");
  if (wire.has_context_tokens()) generation.context_tokens = wire.context_tokens();
  checks.Finite(wire.temperature(), "generation.temperature");
  checks.Finite(wire.top_p(), "generation.top_p");
  generation.thinking = checks.Closed(wire.thinking(), Thinking::kHigh, "generation.thinking");
  generation.stop.assign(wire.stop().begin(), wire.stop().end());
  generation.cache_as_served = wire.cache_as_served();
  return generation;
}

void ToWire(const Timeouts& timeouts, v1::Timeouts& wire) {
  wire.set_connect_ms(timeouts.connect.count());
  wire.set_first_token_ms(timeouts.first_token.count());
  wire.set_idle_ms(timeouts.idle.count());
  wire.set_query_ms(timeouts.query.count());
}

Timeouts FromWire(const v1::Timeouts& wire, Checks& checks) {
  return {.connect = Millis(wire.connect_ms(), "timeouts.connect_ms", checks),
          .first_token = Millis(wire.first_token_ms(), "timeouts.first_token_ms", checks),
          .idle = Millis(wire.idle_ms(), "timeouts.idle_ms", checks),
          .query = Millis(wire.query_ms(), "timeouts.query_ms", checks)};
}

}  // namespace

void ToWire(const PairSpec& pair, v1::Pair& wire) {
  wire.set_pair_id(pair.id.value);
  wire.set_sweep_id(pair.sweep.value);
  wire.set_model(pair.model);
  ToWire(pair.build, *wire.mutable_build());
  wire.set_accelerator(pair.accelerator);
  wire.set_location(ToWire(pair.location));
  wire.set_concurrency(pair.condition.concurrency);
  ToWire(pair.generation, *wire.mutable_generation());
  ToWire(pair.timeouts, *wire.mutable_timeouts());
  wire.set_retry_errors(pair.retry.errors);
  wire.set_retry_crashes(pair.retry.crashes);
  wire.set_plan_hash(pair.plan_hash);
  wire.set_repetitions(pair.repetitions);
  wire.set_n_units(pair.n_units);
}

PairSpec FromWire(const v1::Pair& wire, Checks& checks) {
  checks.AtLeast(wire.pair_id(), 1, "pair.pair_id");
  checks.AtLeast(wire.sweep_id(), 1, "pair.sweep_id");
  checks.AtLeast(wire.concurrency(), 0, "pair.concurrency");
  checks.AtLeast(wire.retry_errors(), 0, "pair.retry_errors");
  checks.AtLeast(wire.retry_crashes(), 0, "pair.retry_crashes");
  checks.AtLeast(wire.repetitions(), 1, "pair.repetitions");
  checks.AtLeast(wire.n_units(), 0, "pair.n_units");
  checks.Require(wire.plan_hash().size() == kPlanHashBytes, "pair.plan_hash: not 32 bytes");
  PairSpec pair;
  pair.id = {wire.pair_id()};
  pair.sweep = {wire.sweep_id()};
  pair.model = wire.model();
  pair.build = FromWire(wire.build());
  pair.accelerator = wire.accelerator();
  pair.location = FromWire(wire.location(), checks);
  pair.condition.concurrency = wire.concurrency();
  pair.generation = FromWire(wire.generation(), checks);
  pair.timeouts = FromWire(wire.timeouts(), checks);
  pair.retry = {.errors = wire.retry_errors(), .crashes = wire.retry_crashes()};
  pair.repetitions = wire.repetitions();
  pair.n_units = wire.n_units();
  pair.plan_hash = wire.plan_hash();
  return pair;
}

void ToWire(const Seal& seal, v1::Seal& wire) {
  wire.set_model_digest(ToUtf8(seal.model_digest));
  wire.set_engine_kind(seal.engine_kind);
  wire.set_quantization(ToUtf8(seal.quantization));
}

Seal FromWire(const v1::Seal& wire) {
  return {.model_digest = wire.model_digest(),
          .engine_kind = wire.engine_kind(),
          .quantization = wire.quantization()};
}

void ToWire(const InstanceOffer& offer, v1::InstanceOffer& wire) {
  wire.set_name(offer.name);
  wire.set_accelerator(offer.accelerator);
  wire.set_location(ToWire(offer.location));
  for (const std::string& device : offer.device_ids) {
    wire.add_device_ids(device);
  }
  for (const EngineOffer& engine : offer.engines) {
    v1::EngineOffer& entry = *wire.add_engines();
    entry.set_kind(engine.kind);
    for (const std::string& ref : engine.refs) {
      entry.add_refs(ToUtf8(ref));
    }
    entry.set_base_url(engine.base_url);
  }
}

InstanceOffer FromWire(const v1::InstanceOffer& wire, Checks& checks) {
  checks.Require(!wire.name().empty(), "instance.name: empty");
  InstanceOffer offer{.name = wire.name(),
                      .accelerator = wire.accelerator(),
                      .location = FromWire(wire.location(), checks),
                      .device_ids = {wire.device_ids().begin(), wire.device_ids().end()},
                      .engines = {}};
  for (const v1::EngineOffer& engine : wire.engines()) {
    offer.engines.push_back({.kind = engine.kind(),
                             .refs = {engine.refs().begin(), engine.refs().end()},
                             .base_url = engine.base_url()});
  }
  return offer;
}

void ToWire(const LeaseGrant& grant, v1::LeaseGrant& wire) {
  wire.set_lease_id(grant.lease.value);
  wire.set_shard_id(grant.shard.value);
  wire.set_epoch(grant.epoch);
  ToWire(grant.pair, *wire.mutable_pair());
  wire.set_instance(grant.instance);
  for (const UnitRange& range : grant.units) {
    v1::UnitRange& entry = *wire.add_units();
    entry.set_lo(range.lo);
    entry.set_hi(range.hi);
  }
  if (grant.seal) {
    ToWire(*grant.seal, *wire.mutable_seal());
  }
  wire.set_ttl_ms(grant.ttl.count());
  wire.set_request_id(grant.request_id);
  wire.set_alone(grant.alone);
}

LeaseGrant FromWire(const v1::LeaseGrant& wire, Checks& checks) {
  checks.AtLeast(wire.lease_id(), 1, "grant.lease_id");
  checks.AtLeast(wire.shard_id(), 1, "grant.shard_id");
  checks.AtLeast(wire.epoch(), 1, "grant.epoch");
  LeaseGrant grant;
  grant.lease = {wire.lease_id()};
  grant.shard = {wire.shard_id()};
  grant.epoch = wire.epoch();
  grant.pair = FromWire(wire.pair(), checks);
  grant.instance = wire.instance();
  Unit after = 0;
  for (const v1::UnitRange& range : wire.units()) {
    checks.Require(after <= range.lo() && range.lo() < range.hi(), "grant.units: not ascending");
    grant.units.push_back({.lo = range.lo(), .hi = range.hi()});
    after = range.hi();
  }
  if (wire.has_seal()) {
    grant.seal = FromWire(wire.seal());
  }
  grant.ttl = Millis(wire.ttl_ms(), "grant.ttl_ms", checks);
  grant.request_id = wire.request_id();
  grant.alone = wire.alone();
  return grant;
}

}  // namespace wattfleet::wire
