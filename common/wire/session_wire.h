#ifndef WF_COMMON_WIRE_SESSION_WIRE_H_
#define WF_COMMON_WIRE_SESSION_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/domain/session.h"

namespace wattfleet::v1 {
class AgentMsg;
class CoordMsg;
}  // namespace wattfleet::v1

namespace wattfleet {

// The versions of the Session protocol that this build speaks.
inline constexpr std::uint32_t kProtocolMin = 1;
inline constexpr std::uint32_t kProtocolMax = 1;

// Of one SpooledBatch. An agent flushes at 256 KiB; a single result may reach 768 KiB.
inline constexpr std::size_t kBatchBytesMax = 1U << 20;

// Domain <-> wire, the one place. Parsing checks what a peer could get wrong (ids, sizes, enum
// values kept as they are when unknown where the domain allows it) and fails with INVALID_ARGUMENT,
// never aborts. A Hello or Welcome without a common protocol version is FAILED_PRECONDITION, naming
// both ranges. nullopt: an arm this version does not know, to be ignored.
void ToWire(const AgentMessage& message, v1::AgentMsg& wire);
absl::StatusOr<std::optional<AgentMessage>> FromWire(const v1::AgentMsg& wire);
void ToWire(const CoordinatorMessage& message, v1::CoordMsg& wire);
absl::StatusOr<std::optional<CoordinatorMessage>> FromWire(const v1::CoordMsg& wire);

// A spool frame: serialised v1.ResultBatch.
std::string SerializeBatch(const ResultBatch& batch);
absl::StatusOr<ResultBatch> ParseBatch(std::string_view bytes);
// The same batch as frame `seq` of another spool. Reads nothing of it: the last value of a field
// that occurs twice is the one that counts.
std::string ReaddressBatch(std::string_view bytes, const SpoolId& spool, std::uint64_t seq);

}  // namespace wattfleet

#endif  // WF_COMMON_WIRE_SESSION_WIRE_H_
