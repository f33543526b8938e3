#include "common/trace/trace_writer.h"

#include <utility>
#include <variant>

#include <zstd.h>

#include "common/check/check.h"
#include "common/trace/trace_format.h"

namespace wattfleet {

namespace {

constexpr int kLevel = 3;

std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

void PutTag(TraceTag tag, std::uint64_t number, ByteWriter& out) {
  out.Unsigned(number << kTraceTagBits | static_cast<std::uint64_t>(tag));
}

void PutKey(TraceTag tag, const RequestKey& key, ByteWriter& out) {
  PutTag(tag, key.request, out);
  out.Unsigned(key.ledger);
}

void PutOptional(const std::optional<std::int64_t>& value, ByteWriter& out) {
  out.Unsigned(value ? 1 : 0);
  if (value) {
    out.Signed(*value);
  }
}

void PutWide(Int128 value, ByteWriter& out) {
  out.Signed(static_cast<std::int64_t>(value >> 64));
  out.Unsigned(static_cast<std::uint64_t>(value));
}

void PutBaseline(const std::optional<Baseline>& baseline, Flags why_none, ByteWriter& out) {
  out.Unsigned(why_none);
  out.Unsigned(baseline ? 1 : 0);
  if (baseline) {
    out.Signed(baseline->idle_uw);
    out.Signed(baseline->uncertainty_uw);
    out.Signed(baseline->id);
  }
}

void PutSpec(const ChannelSpec& spec, ByteWriter& out) {
  out.Text(spec.name);
  out.Text(spec.device_id);
  out.Unsigned(static_cast<std::uint64_t>(spec.kind));
  out.Unsigned(static_cast<std::uint64_t>(spec.scope));
  out.Signed(spec.unit.numerator);
  out.Signed(spec.unit.denominator);
  out.Signed(spec.update_period.count());
  out.Signed(spec.window.count());
  out.Unsigned(spec.modulus ? 1 : 0);
  out.Unsigned(spec.modulus.value_or(0));
  out.Real(spec.max_watts);
  out.Unsigned((spec.may_stand_still ? 1U : 0U) | (spec.part_time ? 2U : 0U));
}

void PutReducer(const ReducerState& state, ByteWriter& out) {
  PutOptional(state.chain.edge_ns, out);
  out.Signed(state.chain.kept);
  PutWide(state.chain.remainder, out);
  PutWide(state.chain.remainder_denominator, out);
  out.Unsigned(state.pending);
  out.Unsigned((state.has_last ? 1U : 0U) | (state.has_knot ? 2U : 0U) |
               (state.repeated ? 4U : 0U));
  out.Unsigned(state.last_raw);
  out.Signed(state.last_ns);
  out.Signed(state.first_ns);
  out.Signed(state.changes_in_a_row);
  out.Unsigned(state.last_flags);
}

void PutRequest(const BookState::OpenRequest& request, ByteWriter& out) {
  out.Unsigned(request.key.ledger);
  out.Unsigned(request.key.request);
  out.Signed(request.start_ns);
  PutOptional(request.end_ns, out);
  out.Unsigned((request.settled ? 1U : 0U) | (request.fate == RequestFate::kUncounted ? 2U : 0U));
  out.Unsigned(request.sequence);
  out.Real(request.static_carry);
  out.Real(request.dynamic_carry);
}

void PutBook(const BookState& state, ByteWriter& out) {
  PutBaseline(state.baseline, state.no_baseline_flags, out);
  out.Unsigned(state.aging.size());
  for (const EnergyInterval& interval : state.aging) {
    out.Signed(interval.start_ns);
    out.Signed(interval.end_ns);
    out.Signed(interval.energy);
    out.Unsigned(interval.flags);
    out.Unsigned(interval.measured ? 1 : 0);
  }
  PutOptional(state.allocated_to_ns, out);
  out.Unsigned(state.next_sequence);
  out.Unsigned(state.requests.size());
  for (const BookState::OpenRequest& request : state.requests) {
    PutRequest(request, out);
  }
  out.Unsigned(state.ledgers.size());
  for (const BookState::OpenLedger& ledger : state.ledgers) {
    out.Unsigned(ledger.ledger);
    out.Signed(ledger.opened_ns);
  }
}

}  // namespace

std::string PackTrace(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  WF_CHECK(ZSTD_isError(size) == 0);  // the bound is the bound
  packed.resize(size);
  packed.shrink_to_fit();
  return packed;
}

struct TraceWriter::Put {
  ChannelStream& stream;

  void Time(std::int64_t at_ns) const {
    stream.bytes.Signed(at_ns - stream.last_ns);
    stream.last_ns = at_ns;
  }
  void operator()(const TracedValue& event) const {
    const ChannelValue& value = event.value;
    const auto step = static_cast<std::int64_t>(value.raw - stream.last_raw);
    const bool is_plain = value.fault == ReadFault::kNone && value.flags == 0 &&
                          value.elapsed.count() == stream.last_elapsed_ns &&
                          ZigZag(step) >> (64 - kTraceTagBits) == 0;
    if (is_plain) {
      PutTag(TraceTag::kValue, ZigZag(step), stream.bytes);
    } else {
      PutTag(TraceTag::kFullValue, static_cast<std::uint64_t>(value.fault), stream.bytes);
      stream.bytes.Unsigned(value.flags);
      stream.bytes.Signed(value.elapsed.count() - stream.last_elapsed_ns);
      stream.bytes.Signed(step);
    }
    stream.last_raw = value.raw;
    stream.last_elapsed_ns = value.elapsed.count();
  }
  void operator()(const TracedStart& event) const {
    PutKey(TraceTag::kStart, event.key, stream.bytes);
    Time(event.at_ns);
  }
  void operator()(const TracedFirstToken& event) const {
    PutKey(TraceTag::kFirstToken, event.key, stream.bytes);
    Time(event.at_ns);
  }
  void operator()(const TracedEnd& event) const {
    PutKey(TraceTag::kEnd, event.key, stream.bytes);
    Time(event.at_ns);
    stream.bytes.Unsigned(static_cast<std::uint64_t>(event.fate));
  }
  void operator()(const TracedForce& event) const {
    PutKey(TraceTag::kForce, event.key, stream.bytes);
  }
  void operator()(const TracedOpen& event) const {
    PutTag(TraceTag::kOpen, event.ledger, stream.bytes);
    Time(event.at_ns);
  }
  void operator()(const TracedClose& event) const {
    PutTag(TraceTag::kClose, event.ledger, stream.bytes);
  }
  void operator()(const TracedBaseline& event) const {
    PutTag(TraceTag::kBaseline, 0, stream.bytes);
    PutBaseline(event.baseline, event.why_none, stream.bytes);
  }
};

TraceWriter::TraceWriter(const LeaseTrace& start, std::size_t limit)
    : start_(start),
      limit_(limit),
      sources_(start.sources.size()),
      channels_(start.channels.size()) {
  for (SourceStream& source : sources_) {
    source.last_before_ns = start.opened_ns;
  }
  for (ChannelStream& channel : channels_) {
    channel.last_ns = start.opened_ns;
  }
}

bool TraceWriter::MayGrow() {
  is_cut_ = is_cut_ || size_ >= limit_;
  return !is_cut_;
}

void TraceWriter::AddReading(std::size_t source, const TracedReading& reading) {
  if (!MayGrow()) {
    return;
  }
  SourceStream& stream = sources_[source];
  const std::size_t before = stream.bytes.size();
  const std::int64_t period_ns = start_.sources[source].poll_period.count();
  stream.bytes.Signed(reading.before_ns - stream.last_before_ns - period_ns);
  const auto took = static_cast<std::uint64_t>(reading.after_ns - reading.before_ns);
  stream.bytes.Unsigned(took << 1 | (reading.flags != 0 ? 1 : 0));
  if (reading.flags != 0) {
    stream.bytes.Unsigned(reading.flags);
  }
  stream.last_before_ns = reading.before_ns;
  ++stream.readings;
  size_ += stream.bytes.size() - before;
}

void TraceWriter::Add(std::size_t channel, const TraceEvent& event) {
  // The values of a reading that was written are written too: a cut is between readings.
  if (!std::holds_alternative<TracedValue>(event) ? !MayGrow() : is_cut_) {
    return;
  }
  ChannelStream& stream = channels_[channel];
  const std::size_t before = stream.bytes.size();
  std::visit(Put{stream}, event);
  ++stream.events;
  size_ += stream.bytes.size() - before;
}

void TraceWriter::AddUnit(const TracedUnit& unit) {
  if (MayGrow()) {
    units_.push_back(unit);
    size_ += sizeof(unit);
  }
}

std::string TraceWriter::Pack() {
  ByteWriter out;
  for (const char c : kTraceMagic) {
    out.Unsigned(static_cast<unsigned char>(c));
  }
  out.Unsigned(start_.ledger);
  out.Signed(start_.opened_ns);
  out.Signed(start_.opened_unix_ms);
  out.Unsigned(is_cut_ ? 1 : 0);
  out.Unsigned(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    out.Signed(start_.sources[i].poll_period.count());
    out.Unsigned(sources_[i].readings);
    out.Text(std::exchange(sources_[i].bytes, {}).bytes());
  }
  out.Unsigned(channels_.size());
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const TracedChannel& channel = start_.channels[i];
    PutSpec(channel.spec, out);
    out.Unsigned(channel.source);
    out.Unsigned(channel.is_partial ? 1 : 0);
    PutReducer(channel.reducer, out);
    PutBook(channel.book, out);
    out.Unsigned(channels_[i].events);
    out.Text(std::exchange(channels_[i].bytes, {}).bytes());
  }
  out.Unsigned(units_.size());
  TracedUnit last;
  for (const TracedUnit& unit : units_) {
    out.Signed(static_cast<std::int64_t>(unit.request - last.request));
    out.Signed(unit.unit - last.unit);
    last = unit;
  }
  return PackTrace(out.bytes());
}

}  // namespace wattfleet
