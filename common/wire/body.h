#ifndef WF_COMMON_WIRE_BODY_H_
#define WF_COMMON_WIRE_BODY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/domain/result.h"

namespace wattfleet {

inline constexpr std::size_t kBodyBytesMax = 64U << 20;  // after decompression
inline constexpr std::size_t kBodyZstdBytesMax = 768U
                                                 << 10;  // compressed; beyond it the agent cuts

// ResponseBody <-> zstd(v1.ResponseBody). Thread-safe; each thread keeps its own zstd state.
// Text that is not UTF-8 is packed with U+FFFD in place of each bad sequence.
std::string PackBody(const ResponseBody& body);
// INVALID_ARGUMENT when the bytes are not such a body or would decompress to over `limit` bytes.
absl::StatusOr<ResponseBody> UnpackBody(std::string_view zstd, std::size_t limit = kBodyBytesMax);

// xxh3-64, as in Result::body_digest.
std::uint64_t ContentDigest(std::string_view content);

}  // namespace wattfleet

#endif  // WF_COMMON_WIRE_BODY_H_
