#include "common/trace/trace_reader.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include <zstd.h>

#include "common/trace/byte_stream.h"
#include "common/trace/trace_format.h"
#include "common/trace/trace_limits.h"
#include "common/trace/trace_writer.h"

namespace wattfleet {

namespace {

absl::StatusOr<std::string> Decompress(std::string_view packed) {
  const unsigned long long declared = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR || declared == ZSTD_CONTENTSIZE_UNKNOWN ||
      declared > kUnpackedBytesMax) {
    return absl::InvalidArgumentError("not a trace: no zstd frame of a size that a trace can have");
  }
  std::string bytes(static_cast<std::size_t>(declared), '\0');
  const std::size_t size =
      ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != bytes.size()) {
    return absl::InvalidArgumentError("damaged trace: its zstd frame is broken");
  }
  return bytes;
}

std::optional<std::int64_t> OptionalFrom(ByteReader& in) {
  return in.Bool() ? std::optional(in.Signed()) : std::nullopt;
}

Int128 WideFrom(ByteReader& in) {
  const auto high = static_cast<Int128>(in.Signed());
  return high * (static_cast<Int128>(1) << 64) + static_cast<Int128>(in.Unsigned());
}

template <typename Enum>
Enum EnumFrom(ByteReader& in, Enum last) {
  const std::uint64_t value = in.Unsigned();
  if (value > static_cast<std::uint64_t>(last)) {
    in.Refuse();
    return Enum{};
  }
  return static_cast<Enum>(value);
}

TracedBaseline BaselineFrom(ByteReader& in) {
  TracedBaseline result;
  result.why_none = in.Unsigned();
  if (in.Bool()) {
    Baseline& baseline = result.baseline.emplace();
    baseline.idle_uw = in.Signed();
    baseline.uncertainty_uw = in.Signed();
    baseline.id = in.Signed();
  }
  return result;
}

// `texts` gets what is written there in words.
ChannelSpec SpecFrom(ByteReader& in, std::vector<std::string_view>& texts) {
  ChannelSpec spec;
  texts.push_back(in.Text());
  spec.name = texts.back();
  texts.push_back(in.Text());
  spec.device_id = texts.back();
  spec.kind = EnumFrom(in, SampleKind::kPowerAverage);
  spec.scope = EnumFrom(in, AllScopes().back().scope);
  spec.unit.numerator = in.Signed();
  spec.unit.denominator = in.Signed();
  spec.update_period = std::chrono::nanoseconds(in.Signed());
  spec.window = std::chrono::nanoseconds(in.Signed());
  const bool has_modulus = in.Bool();
  const std::uint64_t modulus = in.Unsigned();
  spec.modulus = has_modulus ? std::optional(modulus) : std::nullopt;
  spec.max_watts = in.Real();
  const std::uint64_t bits = in.Unsigned();
  spec.may_stand_still = (bits & 1) != 0;
  spec.part_time = (bits & 2) != 0;
  return spec;
}

ReducerState ReducerFrom(ByteReader& in) {
  ReducerState state;
  state.chain.edge_ns = OptionalFrom(in);
  state.chain.kept = in.Signed();
  state.chain.remainder = WideFrom(in);
  state.chain.remainder_denominator = WideFrom(in);
  state.pending = in.Unsigned();
  const std::uint64_t bits = in.Unsigned();
  state.has_last = (bits & 1) != 0;
  state.has_knot = (bits & 2) != 0;
  state.repeated = (bits & 4) != 0;
  state.last_raw = in.Unsigned();
  state.last_ns = in.Signed();
  state.first_ns = in.Signed();
  state.changes_in_a_row = static_cast<std::int32_t>(std::clamp<std::int64_t>(in.Signed(), 0, 99));
  state.last_flags = in.Unsigned();
  return state;
}

BookState::OpenRequest RequestFrom(ByteReader& in) {
  BookState::OpenRequest request;
  request.key.ledger = in.Unsigned();
  request.key.request = in.Unsigned();
  request.start_ns = in.Signed();
  request.end_ns = OptionalFrom(in);
  const std::uint64_t bits = in.Unsigned();
  if (request.end_ns) {
    request.settled = (bits & 1) != 0;
    request.fate = (bits & 2) != 0 ? RequestFate::kUncounted : RequestFate::kCounted;
  }
  request.sequence = in.Unsigned();
  request.static_carry = in.Real();
  request.dynamic_carry = in.Real();
  return request;
}

BookState BookFrom(ByteReader& in) {
  BookState state;
  const TracedBaseline baseline = BaselineFrom(in);
  state.baseline = baseline.baseline;
  state.no_baseline_flags = baseline.why_none;
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    EnergyInterval& interval = state.aging.emplace_back();
    interval.start_ns = in.Signed();
    interval.end_ns = in.Signed();
    interval.energy = in.Signed();
    interval.flags = in.Unsigned();
    interval.measured = in.Bool();
  }
  state.allocated_to_ns = OptionalFrom(in);
  state.next_sequence = in.Unsigned();
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    state.requests.push_back(RequestFrom(in));
  }
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    BookState::OpenLedger& ledger = state.ledgers.emplace_back();
    ledger.ledger = in.Unsigned();
    ledger.opened_ns = in.Signed();
  }
  return state;
}

TracedSource SourceFrom(ByteReader& in, std::int64_t opened_ns) {
  TracedSource source;
  source.poll_period = std::chrono::nanoseconds(in.Signed());
  const std::uint64_t readings = in.Unsigned();
  ByteReader stream(in.Text());
  std::uint64_t before = static_cast<std::uint64_t>(opened_ns);  // unsigned: wraps, and is refused
  while (stream.ok() && !stream.is_at_end()) {
    TracedReading& reading = source.readings.emplace_back();
    before += static_cast<std::uint64_t>(stream.Signed()) +
              static_cast<std::uint64_t>(source.poll_period.count());
    const std::uint64_t took = stream.Unsigned();
    reading.before_ns = static_cast<std::int64_t>(before);
    reading.after_ns = static_cast<std::int64_t>(before + (took >> 1));
    reading.flags = (took & 1) != 0 ? stream.Unsigned() : 0;
  }
  if (!stream.ok() || source.readings.size() != readings) {
    in.Refuse();
  }
  return source;
}

// Turns one channel's stream into events.
class EventReader {
 public:
  EventReader(std::string_view bytes, std::int64_t opened_ns)
      : in_(bytes), last_ns_(static_cast<std::uint64_t>(opened_ns)) {}

  bool ReadInto(std::vector<TraceEvent>& events) {
    while (in_.ok() && !in_.is_at_end()) {
      const std::uint64_t head = in_.Unsigned();
      const auto tag = static_cast<TraceTag>(head & ((1U << kTraceTagBits) - 1));
      events.push_back(Event(tag, head >> kTraceTagBits));
    }
    return in_.ok();
  }

 private:
  std::int64_t Time() {
    last_ns_ += static_cast<std::uint64_t>(in_.Signed());
    return static_cast<std::int64_t>(last_ns_);
  }
  RequestKey Key(std::uint64_t request) { return {.ledger = in_.Unsigned(), .request = request}; }

  TracedValue Plain(std::uint64_t zigzag) {
    last_raw_ += (zigzag >> 1) ^ (~(zigzag & 1) + 1);
    return {{.raw = last_raw_,
             .elapsed = std::chrono::nanoseconds(static_cast<std::int64_t>(last_elapsed_)),
             .flags = 0,
             .fault = ReadFault::kNone}};
  }
  TracedValue Full(std::uint64_t fault) {
    TracedValue event;
    if (fault > static_cast<std::uint64_t>(ReadFault::kLost)) {
      in_.Refuse();
      return event;
    }
    event.value.fault = static_cast<ReadFault>(fault);
    event.value.flags = in_.Unsigned();
    last_elapsed_ += static_cast<std::uint64_t>(in_.Signed());
    last_raw_ += static_cast<std::uint64_t>(in_.Signed());
    event.value.elapsed = std::chrono::nanoseconds(static_cast<std::int64_t>(last_elapsed_));
    event.value.raw = last_raw_;
    return event;
  }
  TraceEvent Event(TraceTag tag, std::uint64_t number) {
    switch (tag) {
      case TraceTag::kValue:
        return Plain(number);
      case TraceTag::kFullValue:
        return Full(number);
      case TraceTag::kStart: {
        const RequestKey key = Key(number);
        return TracedStart{.key = key, .at_ns = Time()};
      }
      case TraceTag::kFirstToken: {
        const RequestKey key = Key(number);
        return TracedFirstToken{.key = key, .at_ns = Time()};
      }
      case TraceTag::kEnd: {
        const RequestKey key = Key(number);
        const std::int64_t at_ns = Time();
        return TracedEnd{
            .key = key, .at_ns = at_ns, .fate = EnumFrom(in_, RequestFate::kUncounted)};
      }
      case TraceTag::kForce:
        return TracedForce{.key = Key(number)};
      case TraceTag::kOpen:
        return TracedOpen{.ledger = number, .at_ns = Time()};
      case TraceTag::kClose:
        return TracedClose{.ledger = number};
      case TraceTag::kBaseline:
        return BaselineFrom(in_);
    }
    in_.Refuse();
    return TracedValue{};
  }

  ByteReader in_;
  // Unsigned: sums of hostile differences wrap instead of overflowing.
  std::uint64_t last_ns_;
  std::uint64_t last_raw_ = 0;
  std::uint64_t last_elapsed_ = 0;
};

TracedChannel ChannelFrom(ByteReader& in, std::int64_t opened_ns,
                          std::vector<std::string_view>& texts) {
  TracedChannel channel;
  channel.spec = SpecFrom(in, texts);
  channel.source = static_cast<std::size_t>(in.Unsigned());
  channel.is_partial = in.Bool();
  channel.reducer = ReducerFrom(in);
  channel.book = BookFrom(in);
  const std::uint64_t events = in.Unsigned();
  EventReader stream(in.Text(), opened_ns);
  if (!stream.ReadInto(channel.events) || channel.events.size() != events) {
    in.Refuse();
  }
  return channel;
}

void ReadUnits(ByteReader& in, std::vector<TracedUnit>& units) {
  std::uint64_t request = 0;
  std::uint64_t unit = 0;
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    request += static_cast<std::uint64_t>(in.Signed());
    unit += static_cast<std::uint64_t>(in.Signed());
    units.push_back({.request = request, .unit = static_cast<Unit>(unit)});
  }
}

absl::Status CheckMagic(std::string_view bytes) {
  const std::string_view magic = bytes.substr(0, kTraceMagic.size());
  if (magic == kTraceMagic) {
    return absl::OkStatus();
  }
  if (magic.size() == kTraceMagic.size() && magic.starts_with("WFT")) {
    return absl::UnimplementedError("a trace of a version that this program does not know");
  }
  return absl::InvalidArgumentError("not a trace");
}

// Of unpacked bytes; `texts` are the channels' names and devices, views into them.
absl::StatusOr<LeaseTrace> Parse(std::string_view bytes, std::vector<std::string_view>& texts) {
  if (absl::Status status = CheckMagic(bytes); !status.ok()) {
    return status;
  }
  ByteReader in(bytes.substr(kTraceMagic.size()));
  LeaseTrace trace;
  trace.ledger = in.Unsigned();
  trace.opened_ns = in.Signed();
  trace.opened_unix_ms = in.Signed();
  trace.is_cut = in.Bool();
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    trace.sources.push_back(SourceFrom(in, trace.opened_ns));
  }
  for (std::size_t left = in.Count(); left > 0 && in.ok(); --left) {
    trace.channels.push_back(ChannelFrom(in, trace.opened_ns, texts));
  }
  ReadUnits(in, trace.units);
  if (!in.ok() || !in.is_at_end()) {
    return absl::InvalidArgumentError("damaged trace: it ends too early or too late");
  }
  if (absl::Status status = CheckTraceLimits(trace); !status.ok()) {
    return status;
  }
  return trace;
}

}  // namespace

absl::StatusOr<LeaseTrace> ReadTrace(std::string_view packed) {
  const absl::StatusOr<std::string> bytes = Decompress(packed);
  if (!bytes.ok()) {
    return bytes.status();
  }
  std::vector<std::string_view> texts;
  return Parse(*bytes, texts);
}

absl::StatusOr<std::string> RewriteTraceTexts(
    std::string_view packed, const std::function<std::string(std::string_view)>& rewrite) {
  const absl::StatusOr<std::string> bytes = Decompress(packed);
  if (!bytes.ok()) {
    return bytes.status();
  }
  std::vector<std::string_view> texts;
  if (const auto trace = Parse(*bytes, texts); !trace.ok()) {
    return trace.status();
  }
  std::string rewritten;
  const char* copied_to = bytes->data();
  for (const std::string_view text : texts) {
    const auto length = [](std::string_view of) {
      ByteWriter out;
      out.Unsigned(of.size());
      return out.bytes();
    };
    const char* length_at = text.data() - length(text).size();
    rewritten.append(copied_to, length_at);
    const std::string other = rewrite(text);
    rewritten.append(length(other)).append(other);
    copied_to = text.data() + text.size();
  }
  rewritten.append(copied_to, bytes->data() + bytes->size());
  return PackTrace(rewritten);
}

}  // namespace wattfleet
