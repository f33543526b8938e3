#ifndef WF_COMMON_DOMAIN_RESULT_H_
#define WF_COMMON_DOMAIN_RESULT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/energy.h"
#include "common/domain/flags.h"
#include "common/domain/ids.h"
#include "common/domain/unit.h"

namespace wattfleet {

// How one answered unit ended. Stored; values are never reused.
enum class ResultStatus {
  kCompleted = 0,  // the engine answered, perhaps with nothing
  kTimeout = 1,    // over the declared time limit: no_answer
  kFailed = 2,     // will never be answered here: see Failure; counts as pending
};

// Why a unit has no answer. Permanent ones become a kFailed (or, where metrics.md counts them as
// no_answer, a kCompleted) result; transient ones never leave the agent as results.
enum class Failure {
  kNone = 0,
  kNoRecording = 1,      // permanent: a recording lacks the query
  kContextOverflow = 2,  // completed, no_answer
  kRefused = 3,          // completed, no_answer: content filter
  kInvalidRequest = 4,   // permanent: the engine says the request can never work
  kConnection = 5,       // transient: refused, reset, closed mid-stream
  kServer = 6,           // transient: 5xx or an error object
  kRateLimited = 7,      // transient: 429; Retry-After honoured
  kQuota = 8,            // blocks the engine: quota or billing
  kAuthentication = 9,   // blocks the engine: 401, 403
  kProtocol = 10,        // transient: HTML, garbage, no stream
  kTimedOut = 11,        // a time limit; becomes kTimeout
  kCancelled = 12,
  kEngineDown = 13,  // transient: the engine process died or hangs
};

enum class Finish {
  kUnknown = 0,
  kStop = 1,
  kLength = 2,
  kFiltered = 3,
  kTimeout = 4,
  kCancelled = 5
};

enum class TokenSource { kNone = 0, kEngine = 1, kEstimated = 2, kRecorded = 3 };

// What kind of text a chunk brought.
enum class ChunkKind { kContent = 0, kReasoning = 1 };

struct ChunkStamp {
  std::int64_t since_sent_ns = 0;
  ChunkKind kind = ChunkKind::kContent;
  bool operator==(const ChunkStamp&) const = default;
};

// What is compressed into Result::body_zstd (common/wire/body.h packs and unpacks it).
struct ResponseBody {
  std::string content;
  std::string reasoning;
  std::vector<ChunkStamp> chunks;
  bool operator==(const ResponseBody&) const = default;
};

// One answered unit. Durations are of one host's monotonic clock.
struct Result {
  Unit unit = 0;
  ResultStatus status = ResultStatus::kCompleted;
  Failure failure = Failure::kNone;
  Finish finish = Finish::kUnknown;
  std::int64_t sent_unix_ms = 0;         // wall clock, to show to people only
  std::int64_t duration_ns = 0;          // last token received - request sent
  std::optional<std::int64_t> ttft_ns;   // first content or reasoning chunk - sent
  std::optional<std::int64_t> ttfo_ns;   // first content chunk - sent
  std::optional<std::int64_t> queue_ns;  // sent - scheduled
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  TokenSource token_source = TokenSource::kNone;
  std::optional<double> in_flight_mean;
  Flags flags = 0;
  std::uint64_t body_digest =
      0;                  // xxh3-64 of the uncompressed content: equal answers, equal digest
  std::string body_zstd;  // the same bytes in spool, wire and store
  std::vector<ChannelEnergy> energy;
  bool operator==(const Result&) const = default;
};

// Who exactly answers for a pair; set by its first accepted result.
struct Seal {
  std::string model_digest;
  std::string engine_kind;
  std::string quantization;
  bool operator==(const Seal&) const = default;
};

// Under what results were made. `facts_json` is canonical JSON (sorted keys); equal facts, one row.
// Reports read of it, where given: accelerator (the id of the instance that answered; decides which
// sensors make an energy class when the pair says "any"), engine_version, power_mode (texts), ac
// (true on mains).
struct Environment {
  Seal seal;
  std::string facts_json;
  bool operator==(const Environment&) const = default;
};

enum class LeaseOutcome {
  kCompleted = 0,      // every unit asked for was reported
  kReleased = 1,       // handed back unfinished: drain, stop; nothing is charged
  kFailed = 2,         // units are missing: see `failures`; one error is charged
  kBuildMismatch = 3,  // would serve other weights than the seal says; nothing is charged, pair
                       // blocked for this agent
  kEngineBlocked = 4,  // quota or authentication; nothing is charged
  kNotConcurrent = 5,  // the engine did not overlap as many requests as the condition says; nothing
                       // is charged, pair barred from this instance
};

struct UnitFailure {
  Unit unit = 0;
  Failure failure = Failure::kNone;
  std::string message;  // one line, shown to people
  bool operator==(const UnitFailure&) const = default;
};

struct LeaseClose {
  LeaseOutcome outcome = LeaseOutcome::kCompleted;
  std::string message;
  std::vector<UnitFailure> failures;
  std::vector<LedgerEntry> ledger;
  bool operator==(const LeaseClose&) const = default;
};

// Random 128-bit identity of one spool directory's life.
using SpoolId = std::array<std::uint8_t, 16>;

// A piece of a lease's reading trace (common/trace): the parts together, in order, are the trace's
// bytes.
struct TracePart {
  std::int32_t part = 0;  // from 0
  std::int32_t parts = 1;
  std::string bytes;  // at most kTracePartBytesMax
  bool operator==(const TracePart&) const = default;
};
inline constexpr std::int32_t kTracePartsMax = 4'096;
inline constexpr std::size_t kTracePartBytesMax = 192U << 10;

// What one agent says about one lease: some results or a part of its trace and, at the end, the
// close. One frame of the spool, so one sequence number.
struct ResultBatch {
  SpoolId spool_id{};
  std::uint64_t seq = 0;  // from 1, contiguous within a spool
  LeaseId lease;
  PairId pair;
  SweepId sweep;
  std::int64_t epoch = 0;
  Environment environment;
  std::vector<ChannelFacts> channels;  // ChannelEnergy::channel and LedgerEntry::channel index it
  std::vector<Result> results;
  std::optional<LeaseClose> close;
  std::optional<TracePart> trace;
  bool operator==(const ResultBatch&) const = default;
};

enum class VerdictValue { kWrong = 0, kCorrect = 1, kNoAnswer = 2 };

// A grader's word on one result. Absent = pending.
struct Verdict {
  VerdictValue value = VerdictValue::kNoAnswer;
  std::string grader;
  std::int32_t grader_version = 1;
  std::string reason;     // why there is no answer; empty otherwise
  std::string extracted;  // what was taken as the answer
  bool operator==(const Verdict&) const = default;
};

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_RESULT_H_
